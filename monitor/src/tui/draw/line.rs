//! The line above the keys: what is being typed, or a notice, or what part of all tasks one sees.

use super::style::{Look, style};
use super::typing;
use crate::print::fate;
use crate::rows::Arrangement;
use crate::rows::groups::Grouping;
use crate::tui::cell::{cut_end, grouped, width};
use crate::tui::keys::{self, Command, Place};
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::World;

/// ```text
///  filter: busy>5ms                                            1-18 of 312 by busy
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, body: Rect, ui: &Ui, world: &World) {
    if area.height == 0 {
        return;
    }
    if let Some(typing) = &ui.typing {
        typing::draw(frame, area, typing, ui, world);
    } else if !ui.to_cancel.is_empty() {
        question(frame, area, ui);
    } else if ui.notice.is_some() {
        let room = usize::from(area.width);
        let lines = layout::notice(frame.area().as_size(), ui);
        let lines: Vec<_> = lines.iter().map(|line| Line::from(cut_end(&format!(" {line}"), room))).collect();
        frame.render_widget(Paragraph::new(lines).style(style(ui, Look::Warning)), area);
    } else if ui.front().is_some_and(Screen::is_table) && ui.help.is_none() && ui.target.is_some() {
        part(frame, area, body, ui);
    }
}

/// ```text
///  cancel task 4711 of echo_server (pid 4711)? It is dropped at its next await
/// ```
fn question(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let target = ui.target.as_ref();
    let program = target.map(|it| format!(" of {} (pid {})", it.program, it.pid)).unwrap_or_default();
    let (yes, no) = (keys::label_of(Command::Yes), keys::label_in(Place::Question, Command::Back));
    let what = match ui.to_cancel[..] {
        [task] => fate::called(task),
        _ => format!("{} tasks", ui.to_cancel.len()),
    };
    let text = format!(" cancel {what}{program}? {yes} yes, {no} no");
    let text = cut_end(&text, usize::from(area.width));
    frame.render_widget(Line::from(Span::styled(text, style(ui, Look::Bad))), area);
}

fn part(frame: &mut Frame<'_>, area: Rect, body: Rect, ui: &Ui) {
    let mut right = if ui.shows_groups() { of_groups(body, ui) } else { of_tasks(body, ui) };
    right.push(' ');
    let table = ui.table();
    let room = usize::from(area.width);
    let right = cut_end(&right, room);
    let only = table.wanted.only.as_ref().map(|only| format!(" {}", only.of));
    let filter =
        Some(format!(" filter: {}", table.wanted.text)).filter(|_| !table.wanted.text.trim().is_empty());
    let left = [only, filter].into_iter().flatten().collect::<String>();
    let left = cut_end(&left, room.saturating_sub(width(&right) + 1));
    let fill = " ".repeat(room.saturating_sub(width(&left) + width(&right)));
    let spans =
        vec![Span::styled(left, style(ui, Look::Strong)), Span::raw(fill), Span::styled(right, Style::new())];
    frame.render_widget(Line::from(spans), area);
}

fn of_tasks(body: Rect, ui: &Ui) -> String {
    let table = ui.table();
    let (rows, height) = (table.view.placed.len(), layout::rows(body));
    let selected = table.selected.and_then(|id| table.view.row(id));
    let top = scroll::top(table.top, selected, rows, height);
    let mut text = match rows {
        0 => String::new(),
        _ => format!("{}-{} of {}", top + 1, (top + height).min(rows), grouped(rows as u64)),
    };
    text += &format!(" by {}", table.wanted.order_key());
    let arrangement = table.wanted.shape().arrangement;
    for (is, word) in [
        (table.wanted.order.reverse(), ", reversed"),
        (arrangement == Arrangement::BySpawner, ", tree"),
        (arrangement == Arrangement::ByWaits, ", tree of waits"),
        (table.wanted.shape().ended && !table.wanted.only_ended, ", with ended"),
    ] {
        text += if is { word } else { "" };
    }
    if table.view.pinned > 0 {
        text += &format!(", {} pinned", table.view.pinned);
    }
    if table.view.not_shown > 0 {
        text += &format!("; not shown: {}", grouped(table.view.not_shown));
    }
    text
}

fn of_groups(body: Rect, ui: &Ui) -> String {
    let (rows, height) = (ui.groups.rows.len(), layout::rows(body));
    let top = scroll::top(ui.groups.top, ui.groups.row(), rows, height);
    let by = if ui.tasks.wanted.group == Some(Grouping::Stack) { "await stack" } else { "spawn location" };
    match rows {
        0 => format!("groups by {by}"),
        _ => format!("{}-{} of {} groups by {by}", top + 1, (top + height).min(rows), grouped(rows as u64)),
    }
}
