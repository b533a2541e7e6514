//! What things look like: with colours, and where there are none (`NO_COLOR`).

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
    match (ui.colour, look) {
        (true, Look::Strong) => plain.fg(Color::Cyan),
        (true, Look::Good) => plain.fg(Color::Green),
        (true, Look::Warning) => plain.fg(Color::Yellow),
        (true, Look::Bad) => plain.fg(Color::Red),
        _ => plain,
    }
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
