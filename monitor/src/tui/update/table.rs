//! The tables of tasks: their order, their selection, their scrolling.

use crate::tui::keys::Step;
use crate::tui::screen::Screen;
use crate::tui::tasks::Table;
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use std::ops::Range;
use taskscope_model::{Task, World};

/// Puts the table in front in order again. The selected task stays selected, and on its line of the screen while
/// the others move around it; if it is gone, the one that stands in its row is selected.
pub(super) fn refresh(ui: &mut Ui, world: &World) {
    // The table behind is put in order when it comes in front; behind a task the keys walk along it.
    if !matches!(ui.screen, Screen::Tasks | Screen::Ended | Screen::Task) || ui.shows_groups() {
        return;
    }
    let pinned = std::mem::take(&mut ui.pinned);
    let height = height(ui);
    let table = ui.table_mut();
    let before = table.selected.and_then(|id| table.view.row(id));
    table.view.arrange(world, &table.wanted, &pinned, scroll::near(table.top, height));
    if let (Some(id), Some(before)) = (table.selected, before) {
        match table.view.row(id) {
            Some(row) => table.top = (table.top + row).saturating_sub(before),
            // It is there, further down than rows are put in order: it stays selected, and the screen where it is.
            None if table.view.not_shown > 0
                && world.task(id).is_some_and(|task| is_still_wanted(task, table, world)) => {}
            None => select(table, before),
        }
    }
    ui.pinned = pinned;
    keep_in_sight(ui);
}

fn is_still_wanted(task: &Task, table: &Table, world: &World) -> bool {
    (table.wanted.ended || task.ended().is_none()) && table.wanted.query.matches(task, world, world.now())
}

/// Chooses the columns for what is on the screen now: once a frame, however much has happened since the last.
pub(super) fn fit(ui: &mut Ui, world: &World) {
    if !ui.screen.is_table() || ui.shows_groups() {
        return;
    }
    let (on_screen, width) = (on_screen(ui), ui.size.width);
    let table = ui.table_mut();
    table.view.fit(world, &table.wanted, on_screen, width);
    // Footnotes may have come or gone, and with them lines of the table.
    keep_in_sight(ui);
}

/// Moves the selection.
pub(super) fn go(ui: &mut Ui, step: Step) {
    let height = height(ui);
    let table = ui.table_mut();
    let row = table.selected.and_then(|id| table.view.row(id));
    let to = match (row, step) {
        (None, Step::Up | Step::Down) => 0,
        (row, step) => scroll::step(step, row.unwrap_or(0), table.view.placed.len(), height),
    };
    select(table, to);
    keep_in_sight(ui);
}

/// Scrolls as little as it takes to see the selected row.
pub(super) fn keep_in_sight(ui: &mut Ui) {
    let height = height(ui);
    let table = ui.table_mut();
    let row = table.selected.and_then(|id| table.view.row(id));
    table.top = scroll::top(table.top, row, table.view.placed.len(), height);
}

/// Selects a row, or the one closest to it.
pub(super) fn select(table: &mut Table, row: usize) {
    let row = row.min(table.view.placed.len().saturating_sub(1));
    table.selected = table.view.placed.get(row).map(|place| place.id);
}

fn height(ui: &Ui) -> usize {
    layout::rows(layout::areas(ui.size, ui).body)
}

fn on_screen(ui: &Ui) -> Range<usize> {
    let (table, height) = (ui.table(), height(ui));
    table.top..(table.top + height).min(table.view.placed.len())
}
