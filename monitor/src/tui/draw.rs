//! Draws the screen. Nothing here can change anything: it is handed the state by shared reference.
//!
//! ```text
//! header     echo_server  pid 4711            1,204 live  33 ended   ● live
//! coverage   mode on   sees tasks, polls   not outcomes, names, scheduled
//! banner     (only while something is the matter)
//! body       tasks | details | findings | resources | picker | help
//! footnotes  no SCHEDULED: wakes are not measured; to see it: ...
//! line       filter busy>5ms                       1-18 of 312 by busy
//! keys       q quit  ? help  / filter ...
//! ```

mod banner;
mod coverage;
pub(super) mod details;
mod findings;
mod footnotes;
mod header;
pub(super) mod help;
mod keys;
mod line;
mod picker;
mod resources;
mod style;
mod tasks;

use super::layout;
use super::ui::{Front, Ui};
use ratatui::Frame;
use taskscope_model::World;

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, ui: &Ui, world: &World) {
    let areas = layout::areas(frame.area().as_size(), ui);
    header::draw(frame, areas.header, ui, world);
    coverage::draw(frame, areas.coverage, ui, world);
    banner::draw(frame, areas.banner, ui);
    match &ui.front {
        _ if ui.help.is_some() => help::draw(frame, areas.body, ui),
        Front::Tasks => tasks::draw(frame, areas.body, ui, world),
        Front::Details(of) => details::draw(frame, areas.body, of, ui, world),
        Front::Findings => findings::draw(frame, areas.body, ui),
        Front::Resources => resources::draw(frame, areas.body, ui, world),
        Front::Picker => picker::draw(frame, areas.body, ui),
    }
    footnotes::draw(frame, areas.footnotes, ui);
    line::draw(frame, areas.line, areas.body, ui);
    keys::draw(frame, areas.keys, ui);
}
