//! The line in which a filter or a command is typed, and what there is to say of it below.

use super::style::{Look, style};
use crate::print::words::{harmless, wrapped};
use crate::tui::cell::{cut_end, width};
use crate::tui::typing::Typing;
use crate::tui::ui::Ui;
use crate::tui::update;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::World;
use taskscope_model::query::QueryError;

/// ```text
///  : canc 42
///    cancel TASK...: ask tasks to stop
/// ```
///
/// ```text
///  / jobs buzy>5ms
///         ^^^^^^^^ `buzy` is no key; there are id, name, state, outcome ...
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, typing: &Typing, ui: &Ui, world: &World) {
    let line = typing.line();
    let sign = if matches!(typing, Typing::Command(_)) { " : " } else { " / " };
    let prompt = width(sign);
    let room = usize::from(area.width).saturating_sub(prompt + 1);
    let cursor = width(&line.before_cursor());
    // A text that is too long is moved to the left until its cursor is in sight.
    let hidden = cursor.saturating_sub(room);
    let text = after(&line.text(), hidden);
    let spans = vec![Span::styled(sign, style(ui, Look::Strong)), Span::raw(text)];
    frame.render_widget(Line::from(spans), Rect { height: 1, ..area });
    let x = u16::try_from(prompt + cursor - hidden).unwrap_or(u16::MAX);
    frame.set_cursor_position(Position { x: area.x + x.min(area.width.saturating_sub(1)), y: area.y });
    if area.height < 2 {
        return;
    }
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if let Some(error) = typing.wrong_filter() {
        wrong(frame, below, &line.text(), &error, (prompt, hidden), ui);
    }
    if let Some((is_wrong, text)) = update::prompt_help(ui, world) {
        let look = if is_wrong { Look::Bad } else { Look::Quiet };
        let lines = wrapped(&harmless(&text), usize::from(area.width).saturating_sub(4).max(1)).into_iter();
        let lines: Vec<_> = lines.map(|line| Line::from(format!("   {line}"))).collect();
        frame.render_widget(Paragraph::new(lines).style(style(ui, look)), below);
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
