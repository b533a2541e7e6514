//! The tab bar: every screen, with the key that leads to it.

use super::style::{Look, style};
use crate::rows::findings::Health;
use crate::tui::cell::width;
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// ```text
///  1 Overview  2 Tasks  3 Task  4 Findings:2  5 Runtime  6 Ended  7 Events  8 Resources
/// ```
/// Where there is no room for all names, the gaps become small, then all names but that of the screen in front go.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let mut spans = Vec::new();
    for (screen, _, text) in tabs(area.width, ui) {
        let look = match screen {
            it if Some(it) == ui.front() => style(ui, Look::Selected),
            Screen::Findings => style(ui, of_findings(ui)),
            _ => style(ui, Look::Quiet),
        };
        spans.push(Span::styled(text, look));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The screen whose tab is there.
pub(in crate::tui) fn hit(area: Rect, ui: &Ui, at: Position) -> Option<Screen> {
    if !area.contains(at) {
        return None;
    }
    let mut tabs = tabs(area.width, ui).into_iter();
    tabs.find(|(_, left, text)| (*left..*left + width(text)).contains(&usize::from(at.x))).map(|(it, ..)| it)
}

/// Each tab, the column where it begins, and its text.
fn tabs(room: u16, ui: &Ui) -> Vec<(Screen, usize, String)> {
    let title = |screen: Screen| match (screen, health(ui).ills()) {
        (Screen::Findings, ills @ 1..) => format!("{} {}:{ills}", screen.number() + 1, screen.title()),
        _ => format!("{} {}", screen.number() + 1, screen.title()),
    };
    let short = |screen: Screen| match ui.front() {
        Some(front) if front == screen => title(screen),
        _ => (screen.number() + 1).to_string(),
    };
    let wide = placed(Screen::ALL.map(|it| (it, format!(" {} ", title(it)))));
    let tight = placed(Screen::ALL.map(|it| (it, format!(" {}", title(it)))));
    let narrow = placed(Screen::ALL.map(|it| (it, format!(" {}", short(it)))));
    let fits = |tabs: &[(Screen, usize, String)]| {
        tabs.last().is_none_or(|(_, left, text)| left + width(text) <= usize::from(room))
    };
    [wide, tight].into_iter().find(|tabs| fits(tabs)).unwrap_or(narrow)
}

fn placed(texts: [(Screen, String); 8]) -> Vec<(Screen, usize, String)> {
    let mut left = 0;
    let place = |(screen, text): (Screen, String)| {
        let at = left;
        left += width(&text);
        (screen, at, text)
    };
    texts.into_iter().map(place).collect()
}

fn health(ui: &Ui) -> Health {
    Health::of(ui.findings.rows.iter().map(|row| row.severity))
}

fn of_findings(ui: &Ui) -> Look {
    match health(ui) {
        Health { errors: 1.., .. } => Look::Bad,
        Health { warnings: 1.., .. } => Look::Warning,
        _ => Look::Quiet,
    }
}
