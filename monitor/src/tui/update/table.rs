//! The table of tasks: its order, its selection, its scrolling.

use crate::tui::keys::Step;
use crate::tui::ui::{Front, Ui};
use crate::tui::{layout, scroll};
use std::ops::Range;
use taskscope_model::World;

/// Puts the table in order again. The selected task stays selected, and on its line of the screen while the
/// others move around it; if it is gone, the one that stands in its row is selected.
pub(super) fn refresh(ui: &mut Ui, world: &World) {
    let before = ui.selected.and_then(|id| ui.view.row(id));
    ui.view.arrange(world, &ui.wanted);
    if let (Some(id), Some(before)) = (ui.selected, before) {
        match ui.view.row(id) {
            Some(row) => ui.top = (ui.top + row).saturating_sub(before),
            None => select(ui, before),
        }
    }
    remember_details(ui, world);
    keep_in_sight(ui);
}

/// Chooses the columns for what is on the screen now: once a frame, however much has happened since the last.
pub(super) fn fit(ui: &mut Ui, world: &World) {
    let on_screen = on_screen(ui);
    ui.view.fit(world, &ui.wanted, on_screen, ui.size.width);
    // Footnotes may have come or gone, and with them lines of the table.
    keep_in_sight(ui);
}

/// Moves the selection.
pub(super) fn go(ui: &mut Ui, step: Step) {
    let row = ui.selected.and_then(|id| ui.view.row(id));
    let (rows, height) = (ui.view.placed.len(), height(ui));
    let to = match (row, step) {
        (None, Step::Up | Step::Down) => 0,
        (row, step) => scroll::step(step, row.unwrap_or(0), rows, height),
    };
    select(ui, to);
    keep_in_sight(ui);
}

/// Scrolls as little as it takes to see the selected row.
pub(super) fn keep_in_sight(ui: &mut Ui) {
    let row = ui.selected.and_then(|id| ui.view.row(id));
    ui.top = scroll::top(ui.top, row, ui.view.placed.len(), height(ui));
}

fn select(ui: &mut Ui, row: usize) {
    let row = row.min(ui.view.placed.len().saturating_sub(1));
    ui.selected = ui.view.placed.get(row).map(|place| place.id);
}

fn remember_details(ui: &mut Ui, world: &World) {
    let Front::Details(details) = &mut ui.front else { return };
    if let Some(task) = world.task(details.id) {
        details.task = Some(task.clone());
    }
}

fn height(ui: &Ui) -> usize {
    layout::rows(layout::areas(ui.size, ui).body)
}

fn on_screen(ui: &Ui) -> Range<usize> {
    ui.top..(ui.top + height(ui)).min(ui.view.placed.len())
}
