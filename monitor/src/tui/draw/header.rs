//! The first line: which program, how many tasks, whether the connection is there.

use super::style::{Look, style};
use crate::print::words;
use crate::rows::findings::Health;
use crate::tui::cell::{cut_end, grouped, width};
use crate::tui::keys::Side;
use crate::tui::ui::{Link, Ui};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use taskscope_model::World;
use taskscope_model::codes::Counter;

/// ```text
///  echo_server  pid 4711  up 2m30s  healthy        1,204 live  33 ended  ● connected
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let room = usize::from(area.width);
    let (mark, look) = connection(ui);
    let mark = format!("{mark} ");
    let name = cut_end(&format!(" {}", name(ui)), room.saturating_sub(width(&mark)));
    let (health, health_look) = health(ui);
    let (mut left, mut right) = (String::new(), String::new());
    let free = room.saturating_sub(width(&name) + width(&mark));
    let health = if width(&health) <= free { health } else { String::new() };
    let mut free = free - width(&health);
    for (side, text) in parts(ui, world) {
        let Some(rest) = free.checked_sub(width(&text) + 2) else { break };
        free = rest;
        match side {
            Side::Left => left += &format!("  {text}"),
            Side::Right => right += &format!("{text}  "),
        }
    }
    let line = Line::from(vec![
        Span::styled(name, style(ui, Look::Strong)),
        Span::raw(left),
        Span::styled(health, style(ui, health_look)),
        Span::raw(" ".repeat(free)),
        Span::raw(right),
        Span::styled(mark, style(ui, look)),
    ]);
    frame.render_widget(line, area);
}

/// What there is room for, the most important first.
fn parts(ui: &Ui, world: &World) -> Vec<(Side, String)> {
    let Some(target) = &ui.target else { return Vec::new() };
    let ended = world.counted(Counter::ENDED).map(|ended| format!("{} ended", grouped(ended)));
    let parts = [
        (Side::Right, Some(live(world))),
        (Side::Left, Some(format!("pid {}", target.pid)).filter(|_| target.pid > 0)),
        (Side::Right, ended),
        (
            Side::Right,
            ui.recording.as_ref().map(|written| format!("recording {}", words::bytes(written.bytes))),
        ),
        (Side::Left, Some(format!("up {}", world.now().since(target.since)))),
    ];
    parts.into_iter().filter_map(|(side, text)| Some((side, text?))).collect()
}

/// Whether anything is wrong, and how many things.
fn health(ui: &Ui) -> (String, Look) {
    let health = Health::of(ui.findings.rows.iter().map(|row| row.severity));
    let (text, look) = match health {
        _ if ui.target.is_none() => return (String::new(), Look::Quiet),
        Health { errors: 0, warnings: 0, .. } if !ui.findings.judged => return (String::new(), Look::Quiet),
        Health { errors: 0, warnings: 0, .. } => ("healthy".to_owned(), Look::Good),
        Health { errors: 0, .. } => (words::count(health.ills(), "finding"), Look::Warning),
        _ => (words::count(health.ills(), "finding"), Look::Bad),
    };
    (format!("  {text}"), look)
}

fn name(ui: &Ui) -> &str {
    ui.target.as_ref().map_or("taskscope", |target| &target.program)
}

fn live(world: &World) -> String {
    let live = world.counted(Counter::LIVE).unwrap_or((world.len() - world.ended_len()) as u64);
    format!("{} live", grouped(live))
}

fn connection(ui: &Ui) -> (&'static str, Look) {
    match &ui.link {
        _ if ui.frozen => ("■ frozen", Look::Warning),
        Link::None => ("", Look::Quiet),
        Link::Attaching(_) => ("attaching", Look::Warning),
        Link::Up if ui.complete => ("● connected", Look::Good),
        Link::Up => ("○ asking", Look::Quiet),
        Link::Lost { .. } => ("✗ lost, retrying", Look::Bad),
        Link::Played => ("■ recording", Look::Good),
    }
}
