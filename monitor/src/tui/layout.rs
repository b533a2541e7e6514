//! Where things stand on the screen. Asked by [`update`](super::update), which scrolls, and by
//! [`draw`](super::draw), so that both mean the same lines.

use super::typing::Typing;
use super::ui::{Link, Ui};
use crate::print::words::wrapped;
use ratatui::layout::{Rect, Size};

/// The screen's areas, from the top. An area without room has no height.
///
/// ```text
/// header     echo_server  pid 4711            1,204 live  33 ended   ● live
/// tabs       1 Overview  2 Tasks  3 Task  4 Findings:2  5 Runtime ...
/// coverage   mode on   seen: tasks, polls   not: outcomes, names, scheduled
/// banner     (only while something is the matter)
/// body       table, details, list or help
/// footnotes  no SCHEDULED: wakes are not measured; to see it: ...
/// line       / busy>5ms                       what is shown of how many
/// keys       q quit  ? help  / filter ...
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) tabs: Rect,
    pub(super) coverage: Rect,
    pub(super) banner: Rect,
    pub(super) body: Rect,
    pub(super) footnotes: Rect,
    pub(super) line: Rect,
    pub(super) keys: Rect,
}

/// A command with the help below it.
const PROMPT: u16 = 3;
/// What a filter that is wrong takes: itself, the marks below it, and three lines of message.
const WRONG_FILTER: u16 = 5;
/// Most lines of a notice.
const NOTICE: usize = 3;
/// Most lines of footnotes.
const FOOTNOTES: u16 = 3;

/// Gives every area its lines. What matters most gets its line first: where there is one line only, it is the
/// one in which something is typed, else the body.
pub(super) fn areas(size: Size, ui: &Ui) -> Areas {
    let wants = wants(size, ui);
    // In the order in which they get their lines; `body` takes the rest.
    let mut left = size.height;
    let mut take = |wanted: u16, least_left: u16| {
        let given = wanted.min(left.saturating_sub(least_left));
        left -= given;
        given
    };
    let line = take(1, u16::from(ui.typing.is_none()));
    let header = take(1, 2);
    let banner = take(wants.banner, 2);
    let keys = take(1, 4);
    let more_line = take(wants.line - 1, 3);
    let tabs = take(wants.tabs, 5);
    let coverage = take(wants.coverage, 6);
    let footnotes = take(wants.footnotes, 10);
    let heights = [header, tabs, coverage, banner, left, footnotes, line + more_line, keys];
    let mut y = 0;
    let [header, tabs, coverage, banner, body, footnotes, line, keys] = heights.map(|height| {
        let area = Rect { x: 0, y, width: size.width, height };
        y += height;
        area
    });
    Areas { header, tabs, coverage, banner, body, footnotes, line, keys }
}

/// A list, and a panel below that says all about the selected one of it. Where there is little room, the list
/// has it.
pub(super) fn list_and_panel(body: Rect) -> (Rect, Rect) {
    let panel = if body.height < 8 { 0 } else { (body.height / 2).min(10) };
    let list = Rect { height: body.height - panel, ..body };
    (list, Rect { y: body.y + list.height, height: panel, ..body })
}

/// How many rows of a table with a head fit into the body.
pub(super) fn rows(body: Rect) -> usize {
    usize::from(body.height - head(body))
}

/// How many lines of it the head takes.
pub(super) fn head(body: Rect) -> u16 {
    u16::from(body.height > 1)
}

/// The notice in lines, if it is what stands above the keys.
pub(super) fn notice(size: Size, ui: &Ui) -> Vec<String> {
    let above_all = ui.typing.is_none() && ui.to_cancel.is_empty();
    let Some(notice) = ui.notice.as_ref().filter(|_| above_all) else { return Vec::new() };
    let mut lines = wrapped(notice, usize::from(size.width).saturating_sub(2).max(1));
    lines.truncate(NOTICE);
    lines
}

struct Wants {
    banner: u16,
    line: u16,
    tabs: u16,
    coverage: u16,
    footnotes: u16,
}

fn wants(size: Size, ui: &Ui) -> Wants {
    let is_wrong = ui.typing.as_ref().is_some_and(|typing| typing.wrong_filter().is_some());
    let in_table = !ui.picking && ui.screen.is_table() && !ui.shows_groups() && ui.help.is_none();
    let footnotes = u16::try_from(ui.table().view.footnotes.len()).unwrap_or(u16::MAX).min(FOOTNOTES);
    let on_program = !ui.picking && ui.target.is_some();
    Wants {
        banner: u16::from(matches!(ui.link, Link::Lost { .. } | Link::Played)),
        line: match &ui.typing {
            Some(Typing::Command(_)) => PROMPT,
            Some(Typing::Filter { .. }) if is_wrong => WRONG_FILTER,
            _ => u16::try_from(notice(size, ui).len()).unwrap_or(1).max(1),
        },
        tabs: u16::from(!ui.picking),
        coverage: u16::from(on_program),
        footnotes: if in_table { footnotes } else { 0 },
    }
}
