//! What has happened since we look, the newest at the bottom.

use super::findings::of as severity;
use super::style::{Look, style};
use crate::print::fate::called;
use crate::print::words::{self, harmless};
use crate::tui::cell::{cut_end, grouped, place};
use crate::tui::events::{Entry, What};
use crate::tui::layout;
use crate::tui::ui::{Link, Ui};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{At, LocationId, Severity, World};

/// ```text
///  UTC           WHAT       18 events
///  10:04:12.080  spawned    task 4711 by task 3 at src/server.rs:88
///  10:04:12.101  ended      task 4711: completed
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let room = usize::from(area.width);
    let height = layout::rows(area);
    let mut lines = Vec::new();
    if layout::head(area) > 0 {
        let gone = match ui.log.gone() {
            0 => String::new(),
            gone => format!(", {} older ones are gone", grouped(gone)),
        };
        let count = words::count(ui.log.len() as u64, "event");
        let brief = if ui.log.brief { ", without those of healthy tasks" } else { "" };
        let head = format!(" {:<12}  {:<9}  {count}{brief}{gone}", "UTC", "WHAT");
        lines.push(Line::from(Span::styled(cut_end(&head, room), style(ui, Look::Strong))));
    }
    if ui.log.len() == 0 {
        lines.extend(why_none(ui).into_iter().map(|it| Line::from(cut_end(&format!(" {it}"), room))));
    }
    let (top, selected) = (ui.log.top(height), ui.log.row());
    for (row, entry) in ui.log.entries().enumerate().skip(top).take(height) {
        let text = format!(" {}  {:<9}  {}", time(ui, entry.at), entry.what.word(), says(entry, world));
        let line = Line::from(cut_end(&text, room));
        let look = match &entry.what {
            What::Cleared(_) => style(ui, Look::Good),
            what if what.severity() > Severity::Info => severity(ui, what.severity()),
            _ => Default::default(),
        };
        let line = line.style(look);
        lines.push(if Some(row) == selected { line.style(style(ui, Look::Selected)) } else { line });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn why_none(ui: &Ui) -> Vec<&'static str> {
    match ui.link {
        Link::Up if ui.complete => vec![
            "Nothing has happened since we look.",
            "Here come tasks that are spawned, end, fail or are cancelled, and what is found wrong.",
        ],
        Link::Up => vec!["asking the program ..."],
        _ => vec!["Nothing has happened while we looked."],
    }
}

/// The time of day, UTC.
pub(super) fn time(ui: &Ui, at: At) -> String {
    let clock = ui.target.as_ref().map(|target| target.clock);
    let wall = clock.map_or(at.0, |clock| {
        let (monotonic, wall) = (clock.monotonic_ns, clock.wall_ns);
        wall.saturating_add(at.0).saturating_sub(monotonic)
    });
    let (seconds, millis) = (wall / 1_000_000_000 % 86_400, wall / 1_000_000 % 1_000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// What has happened, in words.
pub(super) fn says(entry: &Entry, world: &World) -> String {
    let task = entry.task.map(called).unwrap_or_default();
    let at = |id: &Option<By<LocationId>>| {
        let known = id.and_then(|id| world.location(id));
        known.map(|at| format!(" at {}", place(at))).unwrap_or_default()
    };
    let text = match &entry.what {
        What::Spawned { by, at: location } => {
            let by = by.map(|by| format!(" by {}", called(by))).unwrap_or_default();
            let name = entry.task.and_then(|id| world.task(id)).and_then(|task| task.name());
            let name = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
            format!("{task}{name}{by}{}", at(location))
        }
        What::Ended(outcome) => {
            let known = entry.task.and_then(|id| world.task(id));
            let spawned = known.and_then(|task| task.location()).map_or_else(String::new, |id| at(&Some(id)));
            let outcome = outcome.name().unwrap_or("how is not known");
            format!(
                "{task}: {outcome}{}",
                if spawned.is_empty() { spawned } else { format!(", spawned{spawned}") }
            )
        }
        What::Failed(message) => format!("{task}: {message}"),
        What::Cancelled { by, way, at: location } => {
            let by = by.map(|by| format!(" by {}", called(by))).unwrap_or_default();
            format!("{task}{by}, {}{}", way.name().unwrap_or("in some way"), at(location))
        }
        What::Found(finding) => {
            format!("{} {}{}: {}", finding.severity, finding.kind, at(&finding.location), finding.message)
        }
        What::Cleared(finding) => format!("{}{} is no longer so", finding.kind, at(&finding.location)),
    };
    harmless(&text)
}
