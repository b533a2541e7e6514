//! Moving: the selection in a list, the lines of a text.

use super::{finding_rows, resource_rows, table};
use crate::tui::draw::{details, help, overview, runtime};
use crate::tui::keys::Step;
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use taskscope_model::World;

/// Moves by a step in what is in front.
pub(super) fn go(ui: &mut Ui, world: &World, step: Step) {
    let body = layout::areas(ui.size, ui).body;
    let lines = usize::from(body.height);
    if let Some(top) = ui.help {
        ui.help = Some(scrolled(step, top, help::lines(body.width).len(), lines));
        return;
    }
    let height = layout::rows(body);
    match ui.front() {
        None => {
            let to = stepped(step, ui.picker.row(), ui.picker.list().len(), height);
            ui.picker.select(to, height);
        }
        Some(Screen::Tasks) if ui.shows_groups() => {
            let to = stepped(step, ui.groups.row(), ui.groups.rows.len(), height);
            ui.groups.select(to, height);
        }
        Some(Screen::Tasks | Screen::Ended) => table::go(ui, step),
        Some(Screen::Task) => {
            let all = details::lines(ui, world, body.width).len();
            if let Some(details) = &mut ui.details {
                details.top = scrolled(step, details.top, all, lines);
            }
        }
        Some(Screen::Findings) => {
            let height = finding_rows(ui);
            let to = stepped(step, ui.findings.row(), ui.findings.rows.len(), height);
            ui.findings.select(to, height);
        }
        Some(Screen::Overview) => {
            let height = overview::finding_rows(body, ui);
            let to = stepped(step, ui.findings.row(), ui.findings.rows.len(), height);
            ui.findings.select(to, height);
        }
        Some(Screen::Runtime) => {
            let all = runtime::lines(ui, world, body.width).len();
            ui.runtime_top = scrolled(step, ui.runtime_top, all, lines);
        }
        Some(Screen::Events) => {
            let (row, rows) = (ui.log.row(), ui.log.len());
            // Without a selection the last entry is in front.
            let to = scroll::step(step, row.unwrap_or(rows.saturating_sub(1)), rows, height);
            match step {
                Step::Last => ui.log.selected = None,
                _ => ui.log.select(to, height),
            }
        }
        Some(Screen::Resources) => {
            let height = resource_rows(ui);
            let to = stepped(step, ui.resources.row(), ui.resources.keys.len(), height);
            ui.resources.select(to, height);
        }
    }
}

/// The row to which a step leads. From no row it leads to the first one, or to the end that is asked for.
fn stepped(step: Step, row: Option<usize>, rows: usize, height: usize) -> usize {
    match (row, step) {
        (None, Step::Up | Step::Down) => 0,
        (row, step) => scroll::step(step, row.unwrap_or(0), rows, height),
    }
}

/// The first line on the screen after a step through a text.
fn scrolled(step: Step, top: usize, all: usize, lines: usize) -> usize {
    let last_top = all.saturating_sub(lines);
    scroll::step(step, top.min(last_top), last_top + 1, lines)
}
