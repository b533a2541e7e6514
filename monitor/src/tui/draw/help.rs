//! The help: made from the table of keys and the query language's own table.

use super::style::{Look, style};
use crate::print::words::wrapped;
use crate::tui::cell::width;
use crate::tui::commands::COMMANDS;
use crate::tui::config::SETTINGS;
use crate::tui::keys::{Binding, KEYS, Place};
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::query::Key;

/// Columns of the keys' names.
const KEYS_WIDTH: usize = 19;

/// ```text
///  Keys
///    q               quit
///    ?, F1           this help
///  ...
///  While a filter is typed
///  ...
///  Filters
///    ...
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let lines = lines(area.width);
    let height = usize::from(area.height);
    let top = ui.help.unwrap_or(0).min(lines.len().saturating_sub(height));
    let shown = lines.into_iter().skip(top).take(height);
    let styled: Vec<Line<'_>> = shown
        .map(|(is_title, text)| {
            let look = if is_title { style(ui, Look::Strong) } else { Style::new() };
            Line::from(Span::styled(text, look))
        })
        .collect();
    frame.render_widget(Paragraph::new(styled), area);
}

/// Its lines, and whether each is a title.
pub(in crate::tui) fn lines(room: u16) -> Vec<(bool, String)> {
    let room = usize::from(room);
    let is_typing = |binding: &&Binding| matches!(binding.places, [Place::Typing | Place::Prompt, ..]);
    let (typing, other): (Vec<_>, Vec<_>) = KEYS.iter().partition(is_typing);
    let (question, other): (Vec<_>, Vec<_>) =
        other.into_iter().partition(|binding| binding.places == [Place::Question]);
    let mut lines = vec![(true, " Keys".to_owned())];
    lines.extend(other.into_iter().flat_map(|binding| binding_lines(binding, room)));
    lines.push((true, " While a task is about to be cancelled".to_owned()));
    lines.extend(question.into_iter().flat_map(|binding| binding_lines(binding, room)));
    lines.push((true, " While a filter or a command is typed".to_owned()));
    lines.extend(typing.into_iter().flat_map(|binding| binding_lines(binding, room)));
    lines.push((true, " Commands, behind :".to_owned()));
    lines.extend(COMMANDS.iter().flat_map(|entry| two_columns(&entry.usage(), entry.help, room)));
    lines.push((true, " Config file: taskscope/config.toml, or what TASKSCOPE_CONFIG names".to_owned()));
    for setting in SETTINGS {
        lines.extend(two_columns(setting.key, &format!("{}: {}", setting.values, setting.help), room));
    }
    lines.push((true, " Filters".to_owned()));
    for (left, right) in [
        ("jobs.rs 42", "words: each stands in name, future or location, or is the id"),
        ("busy>5ms", "also : = < <= >=; durations have a unit"),
        ("-state:idle", "- turns a term round"),
        ("\"two words\"", "quotes keep blanks together"),
        ("keys", &Key::list()),
    ] {
        lines.extend(two_columns(left, right, room));
    }
    lines
}

fn binding_lines(binding: &Binding, room: usize) -> Vec<(bool, String)> {
    let keys: Vec<String> = binding.labels().collect();
    two_columns(&keys.join(", "), binding.help, room)
}

/// The right side goes on below itself where it is too long for one line.
fn two_columns(left: &str, right: &str, room: usize) -> Vec<(bool, String)> {
    let room = room.saturating_sub(KEYS_WIDTH + 4).max(10);
    let pad = |text: &str| " ".repeat(KEYS_WIDTH.saturating_sub(width(text)));
    let lines = wrapped(right, room).into_iter().enumerate();
    lines
        .map(|(at, piece)| {
            let left = if at == 0 { left } else { "" };
            (false, format!("   {left}{} {piece}", pad(left)))
        })
        .collect()
}
