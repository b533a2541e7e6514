//! Draws the screen. Nothing here can change anything: it is handed the state by shared reference.
//!
//! ```text
//! header     echo_server  pid 4711            1,204 live  33 ended   ● live
//! tabs       1 Overview  2 Tasks  3 Task  4 Findings:2  5 Runtime ...
//! coverage   mode on   sees tasks, polls   not outcomes, names, scheduled
//! banner     (only while something is the matter)
//! body       one of the screens, the list of processes, or the help
//! footnotes  no SCHEDULED: wakes are not measured; to see it: ...
//! line       filter busy>5ms                       1-18 of 312 by busy
//! keys       q quit  ? help  / filter ...
//! ```

mod ascii;
mod banner;
mod coverage;
pub(super) mod details;
mod events;
mod findings;
mod footnotes;
mod groups;
mod header;
pub(super) mod help;
mod keys;
mod line;
pub(super) mod overview;
mod picker;
mod replay;
mod resources;
pub(super) mod runtime;
mod spark;
mod style;
pub(super) mod tabs;
mod tasks;
mod typing;

use super::layout;
use super::screen::Screen;
use super::ui::Ui;
use ratatui::Frame;
use taskscope_model::World;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, ui: &Ui, world: &World) {
    let areas = layout::areas(frame.area().as_size(), ui);
    header::draw(frame, areas.header, ui, world);
    tabs::draw(frame, areas.tabs, ui);
    coverage::draw(frame, areas.coverage, ui, world);
    banner::draw(frame, areas.banner, ui);
    match ui.front() {
        _ if ui.help.is_some() => help::draw(frame, areas.body, ui),
        None => picker::draw(frame, areas.body, ui),
        Some(Screen::Overview) => overview::draw(frame, areas.body, ui, world),
        Some(Screen::Tasks) if ui.shows_groups() => groups::draw(frame, areas.body, ui, world),
        Some(Screen::Tasks | Screen::Ended) => tasks::draw(frame, areas.body, ui, world),
        Some(Screen::Task) => details::draw(frame, areas.body, ui, world),
        Some(Screen::Findings) => findings::draw(frame, areas.body, ui),
        Some(Screen::Runtime) => runtime::draw(frame, areas.body, ui, world),
        Some(Screen::Events) => events::draw(frame, areas.body, ui, world),
        Some(Screen::Resources) => resources::draw(frame, areas.body, ui, world),
    }
    footnotes::draw(frame, areas.footnotes, ui);
    line::draw(frame, areas.line, areas.body, ui, world);
    keys::draw(frame, areas.keys, ui);
    if ui.looks.ascii {
        ascii::restrict(frame.buffer_mut());
    }
}
