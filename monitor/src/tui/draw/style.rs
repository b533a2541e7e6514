//! What things look like: in colours for a dark or a light background, in the terminal's 16, and in none.

use crate::tui::looks::Palette;
use crate::tui::ui::Ui;
use ratatui::style::{Color, Modifier, Style};
use taskscope_model::State;

/// Something that is to be told apart by its looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The name of what one looks at, titles of columns, keys.
    Strong,
    /// What is there to be looked up, not to be read.
    Quiet,
    /// All is well.
    Good,
    /// Look here.
    Warning,
    /// Something is wrong.
    Bad,
    /// The selected row.
    Selected,
}

/// How it looks.
pub(super) fn style(ui: &Ui, look: Look) -> Style {
    let plain = match look {
        Look::Strong => Style::new().add_modifier(Modifier::BOLD),
        Look::Quiet => Style::new().add_modifier(Modifier::DIM),
        Look::Good => Style::new(),
        Look::Warning | Look::Bad => Style::new().add_modifier(Modifier::BOLD),
        Look::Selected => Style::new().add_modifier(Modifier::REVERSED),
    };
    match colour(ui.looks.palette, look) {
        Some(colour) => plain.fg(colour),
        None => plain,
    }
}

/// On a light background yellow and cyan cannot be read.
fn colour(palette: Palette, look: Look) -> Option<Color> {
    let colour = match (palette, look) {
        (Palette::None, _) | (_, Look::Quiet | Look::Selected) => return None,
        (Palette::Ansi, Look::Strong) => Color::Cyan,
        (Palette::Ansi, Look::Good) => Color::Green,
        (Palette::Ansi, Look::Warning) => Color::Yellow,
        (Palette::Ansi, Look::Bad) => Color::Red,
        (Palette::Dark, Look::Strong) => Color::Indexed(80),
        (Palette::Dark, Look::Good) => Color::Indexed(114),
        (Palette::Dark, Look::Warning) => Color::Indexed(221),
        (Palette::Dark, Look::Bad) => Color::Indexed(203),
        (Palette::Light, Look::Strong) => Color::Indexed(25),
        (Palette::Light, Look::Good) => Color::Indexed(28),
        (Palette::Light, Look::Warning) => Color::Indexed(130),
        (Palette::Light, Look::Bad) => Color::Indexed(160),
    };
    Some(colour)
}

/// How a row looks whose task is in that state.
pub(super) fn of_state(ui: &Ui, state: Option<State>) -> Style {
    match state {
        _ if ui.is_old() => style(ui, Look::Quiet),
        Some(State::Running) => style(ui, Look::Good),
        Some(State::Scheduled) => style(ui, Look::Warning),
        Some(State::Ended) => style(ui, Look::Quiet),
        Some(State::Idle) | None => Style::new(),
    }
}
