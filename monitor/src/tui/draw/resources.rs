//! Locks, semaphores, timers and channels: a line each, and what is done to the selected one below.

use super::style::{Look, style};
use crate::print::words::{harmless, wrapped};
use crate::rows::resources::{self, Doing, OperationRow, ResourceRow, state};
use crate::tui::cell::{cut_end, cut_start, grouped, place, width};
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::World;
use taskscope_model::codes::Seen;

/// Columns of the type, the number that wait, the operations, the time, and at most of the place.
const TYPE: usize = 16;
const WAITING: usize = 7;
const OPERATIONS: usize = 10;
const TOTAL: usize = 7;
const PLACE: usize = 36;
/// Fewest columns, with the gap before it, in which a state says anything.
const LEAST_STATE: usize = 14;
/// Columns of what is done, and by whom, in the panel.
const DOES: usize = 22;
const TASK: usize = 8;

/// ```text
///  TYPE              WAITING  OPERATIONS    TOTAL  MADE AT                STATE
///  Mutex                   2           2    2.03s  src/orders.rs:26:26    locked=true
///  Semaphore               0           0    2.03s  src/orders.rs:56:30    permits=3
///
///  Mutex 7 at src/orders.rs:26:26, for 2.03s
///  locked=true
///  Mutex::lock             task 7    waiting    3.04s
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    if ui.resources.keys.is_empty() {
        let room = usize::from(area.width).saturating_sub(2).max(1);
        let why = why_none(world, ui.complete);
        let lines: Vec<_> = wrapped(&why, room).into_iter().map(|it| Line::from(format!(" {it}"))).collect();
        return frame.render_widget(Paragraph::new(lines), area);
    }
    let (list, below) = layout::list_and_panel(area);
    let height = layout::rows(list);
    let selected = ui.resources.row();
    let top = scroll::top(ui.resources.top, selected, ui.resources.keys.len(), height);
    let mut lines = Vec::new();
    if layout::head(list) > 0 {
        lines.push(head(list).style(style(ui, Look::Strong)));
    }
    for (at, key) in ui.resources.keys.iter().enumerate().skip(top).take(height) {
        let line = resources::row(world, *key).map_or_else(Line::default, |row| line(&row, list, ui));
        lines.push(if Some(at) == selected { line.style(style(ui, Look::Selected)) } else { line });
    }
    frame.render_widget(Paragraph::new(lines), list);
    if let Some(resource) = ui.resources.resource(world) {
        panel(frame, below, &resource, ui, world);
    }
}

fn why_none(world: &World, complete: bool) -> String {
    match world.coverage_of("resources") {
        _ if !complete => "asking the program ...".to_owned(),
        Some(coverage) if coverage.seen == Seen::NO => format!("not seen: {}", harmless(&coverage.why)),
        Some(_) => "There is no lock, semaphore, timer or channel that is seen.".to_owned(),
        None => "Locks, semaphores and timers are seen through console-subscriber only: \
                 taskscope http://HOST:PORT."
            .to_owned(),
    }
}

/// Columns of the place, and of the state. The state has what is left; where that is too little to say anything,
/// the place has all.
fn widths(area: Rect) -> (usize, usize) {
    let fixed = 1 + TYPE + 2 + WAITING + 2 + OPERATIONS + 2 + TOTAL + 2;
    let room = usize::from(area.width).saturating_sub(fixed);
    let place = room.min(PLACE);
    match room - place {
        state @ LEAST_STATE.. => (place, state - 2),
        _ => (room, 0),
    }
}

fn head(area: Rect) -> Line<'static> {
    let (place, with_state) = widths(area);
    let state = if with_state > 0 { "STATE" } else { "" };
    let (waiting, operations) = ("WAITING", "OPERATIONS");
    let text = format!(
        " {:<TYPE$}  {waiting:>WAITING$}  {operations:>OPERATIONS$}  {:>TOTAL$}  {:<place$}  {state}",
        "TYPE", "TOTAL", "MADE AT"
    );
    Line::from(cut_end(text.trim_end(), usize::from(area.width)))
}

fn line(row: &ResourceRow, area: Rect, ui: &Ui) -> Line<'static> {
    let (room, with_state) = widths(area);
    let at = row.location.as_ref().map(|at| cut_start(&harmless(&place(at)), room)).unwrap_or_default();
    let gap = " ".repeat(room.saturating_sub(width(&at)));
    let name = filled(&row.type_name, TYPE);
    let total = row.total.map(|total| total.to_string()).unwrap_or_default();
    let (waiting, operations) = (grouped(row.waiting.len() as u64), grouped(row.operations));
    let says = if row.dropped { "dropped".to_owned() } else { state(&row.attributes) };
    let says = cut_end(&harmless(&says), with_state);
    let look = match row {
        it if it.dropped => style(ui, Look::Quiet),
        it if !it.waiting.is_empty() => style(ui, Look::Warning),
        _ => Style::new(),
    };
    Line::from(vec![
        Span::raw(format!(" {name}  ")),
        Span::styled(format!("{waiting:>WAITING$}"), look),
        Span::raw(format!("  {operations:>OPERATIONS$}  {total:>TOTAL$}  {at}{gap}  {says}")),
    ])
}

fn panel(frame: &mut Frame<'_>, area: Rect, resource: &ResourceRow, ui: &Ui, world: &World) {
    let room = usize::from(area.width).saturating_sub(2).max(1);
    let at = resource.location.as_ref().map(|at| format!(" at {}", place(at))).unwrap_or_default();
    let long = resource.total.map(|total| format!(", for {total}")).unwrap_or_default();
    let name = harmless(&format!(" {} {}{at}{long}", resource.type_name, resource.key.id));
    let mut lines = vec![Line::from(Span::styled(cut_end(&name, room + 1), style(ui, Look::Strong)))];
    let said = harmless(&state(&resource.attributes));
    lines.extend(wrapped(&said, room).into_iter().map(|it| Line::from(format!(" {it}"))));
    for operation in resources::operations(world, resource.key).iter().take(usize::from(area.height)) {
        let line = Line::from(cut_end(&done(operation), room + 1));
        let is_quiet = operation.state == Doing::Dropped;
        lines.push(if is_quiet { line.style(style(ui, Look::Quiet)) } else { line });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn done(row: &OperationRow) -> String {
    let task = row.task.map_or_else(|| "no task".to_owned(), |task| format!("task {task}"));
    let total = row.total.map(|total| total.to_string()).unwrap_or_default();
    let (does, task, doing) = (filled(&row.source, DOES), filled(&task, TASK + 5), row.state.name());
    format!(" {does}  {task}  {doing:<8}  {total:>TOTAL$}  {}", harmless(&state(&row.attributes)))
}

/// Cut or filled up to so many columns.
fn filled(text: &str, room: usize) -> String {
    let text = cut_end(&harmless(text), room);
    let gap = " ".repeat(room.saturating_sub(width(&text)));
    text + &gap
}
