//! The mouse: a click on a tab, on the head of a column, on a row; the wheel.

use super::{command, finding_rows, moves, open, resource_rows, table};
use crate::tui::action::{Effect, Mouse, Press};
use crate::tui::draw::{overview, tabs};
use crate::tui::keys::Step;
use crate::tui::layout;
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use crate::tui::view::GAP;
use ratatui::layout::{Position, Rect};
use taskscope_model::World;

/// Lines that one notch of the wheel moves.
const NOTCH: usize = 3;

/// Does what the mouse asks for.
pub(super) fn take(ui: &mut Ui, world: &World, mouse: Mouse) -> Effect {
    // A question wants an answer, and a line its text, from the keys.
    if ui.typing.is_some() || !ui.to_cancel.is_empty() {
        return Effect::None;
    }
    let at = Position { x: mouse.x, y: mouse.y };
    let areas = layout::areas(ui.size, ui);
    match mouse.what {
        Press::WheelUp => (0..NOTCH).for_each(|_| moves::go(ui, world, Step::Up)),
        Press::WheelDown => (0..NOTCH).for_each(|_| moves::go(ui, world, Step::Down)),
        Press::Button => {
            ui.notice = None;
            if let Some(screen) = tabs::hit(areas.tabs, ui, at) {
                return command::show(ui, world, screen);
            }
            if areas.body.contains(at) && ui.help.is_none() {
                return click(ui, world, areas.body, at);
            }
        }
    }
    Effect::None
}

fn click(ui: &mut Ui, world: &World, body: Rect, at: Position) -> Effect {
    if ui.front().is_some_and(Screen::is_table) && !ui.shows_groups() && at.y < body.y + layout::head(body) {
        return sort(ui, world, at.x);
    }
    let list = match ui.front() {
        Some(Screen::Findings | Screen::Resources) => layout::list_and_panel(body).0,
        Some(Screen::Overview) => overview::findings(body, ui),
        _ => body,
    };
    let head = layout::head(list);
    let Some(line) = at.y.checked_sub(list.y + head).filter(|_| list.contains(at)) else {
        return Effect::None;
    };
    let line = usize::from(line);
    match select(ui, line, layout::rows(list)) {
        Some(true) => open::open(ui, world),
        _ => Effect::None,
    }
}

/// Selects what stands on that line of the list; says whether it was selected already. `None`: nothing is there.
fn select(ui: &mut Ui, line: usize, height: usize) -> Option<bool> {
    match ui.front() {
        None => {
            let row = ui.picker.top + line;
            let was = ui.picker.row() == Some(row);
            (row < ui.picker.list().len()).then(|| ui.picker.select(row, height))?;
            Some(was)
        }
        Some(Screen::Tasks) if ui.shows_groups() => {
            let row = ui.groups.top + line;
            let was = ui.groups.row() == Some(row);
            (row < ui.groups.rows.len()).then(|| ui.groups.select(row, height))?;
            Some(was)
        }
        Some(Screen::Tasks | Screen::Ended) => {
            let table = ui.table_mut();
            let row = table.top + line;
            let id = table.view.placed.get(row)?.id;
            let was = table.selected == Some(id);
            table::select(table, row);
            Some(was)
        }
        Some(Screen::Findings | Screen::Overview) => {
            let height = if ui.screen == Screen::Findings { finding_rows(ui) } else { height };
            let row = ui.findings.top + line;
            let was = ui.findings.row() == Some(row);
            (row < ui.findings.rows.len()).then(|| ui.findings.select(row, height))?;
            Some(was)
        }
        Some(Screen::Resources) => {
            let row = ui.resources.top + line;
            let was = ui.resources.row() == Some(row);
            let height = resource_rows(ui);
            (row < ui.resources.keys.len()).then(|| ui.resources.select(row, height))?;
            Some(was)
        }
        Some(Screen::Events) => {
            let row = ui.log.top(height) + line;
            let was = ui.log.row() == Some(row);
            (row < ui.log.len()).then(|| ui.log.select(row, height))?;
            Some(was)
        }
        Some(Screen::Task | Screen::Runtime) => None,
    }
}

/// Sorts by the column at that place; again the other way round.
fn sort(ui: &mut Ui, world: &World, x: u16) -> Effect {
    let mut left = 0;
    for shown in &ui.table().view.columns {
        // The gap behind a column is the column's.
        let right = left + shown.width + GAP;
        if (left..right).contains(&x) {
            let key = shown.of.column.key;
            let wanted = &ui.table().wanted;
            let reverse = key == wanted.order_key() && !wanted.order.reverse();
            return if key.is_empty() { Effect::None } else { command::order(ui, world, key, reverse) };
        }
        left = right;
    }
    Effect::None
}
