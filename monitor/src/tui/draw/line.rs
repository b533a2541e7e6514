//! The line above the keys: the filter that is being typed, or a notice, or what part of all tasks one sees.

use super::style::{Look, style};
use crate::print::fate;
use crate::print::words::wrapped;
use crate::rows::Arrangement;
use crate::tui::cell::{cut_end, grouped, width};
use crate::tui::filter::FilterLine;
use crate::tui::keys::{self, Command, Place};
use crate::tui::ui::{Front, Ui};
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::TaskId;
use taskscope_model::query::QueryError;

/// ```text
///  filter: busy>5ms                                            1-18 of 312 by busy
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, body: Rect, ui: &Ui) {
    if area.height == 0 {
        return;
    }
    if let Some((line, _)) = &ui.typing {
        typing(frame, area, line, ui);
    } else if let Some(task) = ui.to_cancel {
        question(frame, area, task, ui);
    } else if ui.notice.is_some() {
        let room = usize::from(area.width);
        let lines = layout::notice(frame.area().as_size(), ui);
        let lines: Vec<_> = lines.iter().map(|line| Line::from(cut_end(&format!(" {line}"), room))).collect();
        frame.render_widget(Paragraph::new(lines).style(style(ui, Look::Warning)), area);
    } else if ui.front == Front::Tasks && ui.help.is_none() && ui.target.is_some() {
        part(frame, area, body, ui);
    }
}

/// ```text
///  cancel task 4711 of echo_server (pid 4711)? It is dropped at its next await
/// ```
fn question(frame: &mut Frame<'_>, area: Rect, task: TaskId, ui: &Ui) {
    let target = ui.target.as_ref();
    let program = target.map(|it| format!(" of {} (pid {})", it.program, it.pid)).unwrap_or_default();
    let (yes, no) = (keys::label_of(Command::Yes), keys::label_in(Place::Question, Command::Back));
    let text = format!(" cancel {}{program}? {yes} yes, {no} no", fate::called(task));
    let text = cut_end(&text, usize::from(area.width));
    frame.render_widget(Line::from(Span::styled(text, style(ui, Look::Bad))), area);
}

/// ```text
///  / jobs buzy>5ms
///         ^^^^^^^^ `buzy` is no key; there are id, name, state, outcome ...
/// ```
fn typing(frame: &mut Frame<'_>, area: Rect, line: &FilterLine, ui: &Ui) {
    const PROMPT: &str = " / ";
    let prompt = width(PROMPT);
    let room = usize::from(area.width).saturating_sub(prompt + 1);
    let cursor = width(&line.before_cursor());
    // A text that is too long is moved to the left until its cursor is in sight.
    let hidden = cursor.saturating_sub(room);
    let text = after(&line.text(), hidden);
    let spans = vec![Span::styled(PROMPT, style(ui, Look::Strong)), Span::raw(text)];
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
    let x = u16::try_from(prompt + cursor - hidden).unwrap_or(u16::MAX);
    frame.set_cursor_position(Position { x: area.x + x.min(area.width.saturating_sub(1)), y: area.y });
    if let (Err(error), true) = (line.query(), area.height > 1) {
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        wrong(frame, below, &line.text(), &error, (prompt, hidden), ui);
    }
}

/// The marks stand below the part that is wrong; the message behind them, or below if it is too long for that.
fn wrong(
    frame: &mut Frame<'_>,
    area: Rect,
    text: &str,
    error: &QueryError,
    (prompt, hidden): (usize, usize),
    ui: &Ui,
) {
    let columns = |chars: usize| width(&text.chars().take(chars).collect::<String>());
    let start = (prompt + columns(error.place.start)).saturating_sub(hidden);
    let end = (prompt + columns(error.place.end)).saturating_sub(hidden).max(start + 1);
    let room = usize::from(area.width);
    let marks = format!("{}{}", " ".repeat(start.min(room)), "^".repeat((end - start).min(room)));
    let bad = style(ui, Look::Bad);
    if area.height == 1 {
        let message = cut_end(&format!(" {}", error.message), room);
        frame.render_widget(Line::from(Span::styled(message, bad)), area);
        return;
    }
    let beside = width(&marks) + 1 + width(&error.message) <= room;
    let mut lines = vec![Line::from(Span::styled(marks, bad))];
    if beside {
        lines[0].push_span(Span::raw(format!(" {}", error.message)));
    } else {
        let message = wrapped(&error.message, room.saturating_sub(1));
        lines.extend(message.into_iter().map(|line| Line::from(format!(" {line}"))));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// The text behind its first columns.
fn after(text: &str, columns: usize) -> String {
    let mut used = 0;
    text.chars()
        .skip_while(|c| {
            let skip = used < columns;
            used += width(c.encode_utf8(&mut [0; 4]));
            skip
        })
        .collect()
}

fn part(frame: &mut Frame<'_>, area: Rect, body: Rect, ui: &Ui) {
    let (rows, height) = (ui.view.placed.len(), layout::rows(body));
    let selected = ui.selected.and_then(|id| ui.view.row(id));
    let top = scroll::top(ui.top, selected, rows, height);
    let mut right = match rows {
        0 => String::new(),
        _ => format!("{}-{} of {}", top + 1, (top + height).min(rows), grouped(rows as u64)),
    };
    right += &format!(" by {}", ui.wanted.order.key());
    for (is, word) in [
        (ui.wanted.order.reverse(), ", reversed"),
        (ui.wanted.shape().arrangement == Arrangement::BySpawner, ", tree"),
        (ui.wanted.shape().ended, ", with ended"),
    ] {
        right += if is { word } else { "" };
    }
    if ui.view.not_shown > 0 {
        right += &format!("; not shown: {}", grouped(ui.view.not_shown));
    }
    right.push(' ');
    let room = usize::from(area.width);
    let right = cut_end(&right, room);
    let only = ui.wanted.only.as_ref().map(|only| format!(" {}", only.of));
    let filter = Some(format!(" filter: {}", ui.wanted.text)).filter(|_| !ui.wanted.text.trim().is_empty());
    let left = [only, filter].into_iter().flatten().collect::<String>();
    let left = cut_end(&left, room.saturating_sub(width(&right) + 1));
    let fill = " ".repeat(room.saturating_sub(width(&left) + width(&right)));
    let spans =
        vec![Span::styled(left, style(ui, Look::Strong)), Span::raw(fill), Span::styled(right, Style::new())];
    frame.render_widget(Line::from(spans), area);
}
