//! The time line of a recording.

use super::style::{Look, style};
use crate::print::words;
use crate::replay::{End, TimeLine};
use crate::tui::cell::{cut_end, width};
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use taskscope_model::{At, Nanos, Severity};

/// The least room in which a line says something.
const LEAST: usize = 8;
/// The longest that is of use.
const MOST: usize = 120;

/// ```text
///  ▶ 2×  1m23s of 5m  ███████●░░░░░░▲░░░░░░░  14:32:10 UTC  cut off at its end
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, line: &TimeLine) {
    let room = usize::from(area.width);
    let state = if line.playing { "▶" } else { "■" };
    let mut head =
        format!(" {state} {}  {} of {}  ", line.speed, coarse(line.elapsed()), coarse(line.length()));
    let mut tail = vec![format!("  {} UTC", clock(line.wall()))];
    match &line.end {
        None => tail.push(format!("  reading it: {}%", line.scanned)),
        Some(End::Whole) => {}
        Some(End::Cut) => tail.push("  cut off at its end".to_owned()),
        Some(End::Unreadable(why)) => tail.push(format!("  unreadable at its end: {}", words::harmless(why))),
    }
    if let Some(notice) = &line.notice {
        tail.push(format!("  {notice}"));
    }
    // What was said last goes first where there is no room, but a notice.
    let fits =
        |tail: &[String]| width(&head) + tail.iter().map(|text| width(text)).sum::<usize>() + LEAST < room;
    while !fits(&tail) && tail.len() > usize::from(line.notice.is_some()) {
        tail.remove(0);
    }
    if !fits(&tail) {
        head.push_str(tail.concat().trim_start());
        let text = cut_end(head.trim_end(), room);
        return frame.render_widget(Line::from(Span::styled(text, style(ui, Look::Strong))), area);
    }
    let tail = tail.concat();
    let bar = room.saturating_sub(width(&head) + width(&tail) + 1).min(MOST);
    let mut spans = vec![Span::styled(head, style(ui, Look::Strong))];
    spans.extend(cells(line, bar).into_iter().map(|(sign, look)| Span::styled(sign, style(ui, look))));
    spans.push(Span::raw(tail));
    frame.render_widget(Line::from(spans), area);
}

/// One sign a column: where it is, what has been, what was found, what comes.
fn cells(line: &TimeLine, room: usize) -> Vec<(&'static str, Look)> {
    let here = column(line, line.at, room);
    let mut cells: Vec<_> =
        (0..room).map(|at| if at < here { ("█", Look::Quiet) } else { ("░", Look::Quiet) }).collect();
    for mark in line.marks.iter() {
        let look = if mark.severity == Severity::Error { Look::Bad } else { Look::Warning };
        if let Some(cell) = cells.get_mut(column(line, mark.at, room)).filter(|cell| cell.1 != Look::Bad) {
            *cell = ("▲", look);
        }
    }
    if let Some(cell) = cells.get_mut(here) {
        cell.0 = "●";
        cell.1 = if cell.1 == Look::Quiet { Look::Strong } else { cell.1 };
    }
    cells
}

fn column(line: &TimeLine, at: At, room: usize) -> usize {
    let (elapsed, length) = (at.since(line.start).0, line.length().0.max(1));
    let last = room.saturating_sub(1);
    let column = u128::from(elapsed) * last as u128 / u128::from(length);
    usize::try_from(column).unwrap_or(last).min(last)
}

/// Whole seconds, or tenths of the first ten.
fn coarse(span: Nanos) -> Nanos {
    const TENTH: u64 = 100_000_000;
    let unit = if span.0 < 100 * TENTH { TENTH } else { 10 * TENTH };
    Nanos(span.0 / unit * unit)
}

/// The time of day.
fn clock(wall_ns: u64) -> String {
    let seconds = wall_ns / 1_000_000_000 % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
