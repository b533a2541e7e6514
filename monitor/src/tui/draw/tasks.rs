//! The table of tasks.

use super::style::{Look, of_state, style};
use crate::rows::{Align, Placed};
use crate::tui::cell::{self, cut_end, cut_start, width};
use crate::tui::keys::{self, Command};
use crate::tui::ui::{Link, Ui};
use crate::tui::view::{self, GAP, Shown};
use crate::tui::wanted::Wanted;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};
use taskscope_model::codes::{Counter, Seen};
use taskscope_model::query::{Key, Takes};
use taskscope_model::{State, World};

/// ```text
///   ID  STATE     POLLS    ▼BUSY   TOTAL  SPAWNED AT
///    9  running      12   1.20ms   2m30s  src/server.rs:88
///    3  idle          4    950us   2m30s  src/server.rs:88
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let table = ui.table();
    if table.view.placed.is_empty() {
        return why_empty(frame, area, ui, world);
    }
    let height = layout::rows(area);
    let selected = table.selected.and_then(|id| table.view.row(id));
    let top = scroll::top(table.top, selected, table.view.placed.len(), height);
    let on_screen = table.view.placed.iter().skip(top).take(height);
    let rows = on_screen.enumerate().map(|(at, place)| row(*place, top + at < table.view.pinned, ui, world));
    let widths = table.view.columns.iter().map(|shown| Constraint::Length(shown.width));
    let mut grid =
        Table::new(rows, widths).column_spacing(GAP).row_highlight_style(style(ui, Look::Selected));
    if layout::head(area) > 0 {
        let titles = table.view.columns.iter().map(|shown| title(shown, &table.wanted));
        grid = grid.header(Row::new(titles).style(style(ui, Look::Strong)));
    }
    let mut state = TableState::new().with_selected(selected.map(|row| row - top.min(row)));
    frame.render_stateful_widget(grid, area, &mut state);
}

fn row(place: Placed, is_pinned: bool, ui: &Ui, world: &World) -> Row<'static> {
    let table = ui.table();
    let state = world.task(place.id).and_then(taskscope_model::Task::state);
    let cells = table.view.columns.iter().map(|shown| {
        let text = view::text(world, shown.of, place, table.wanted.shape().arrangement);
        let room = usize::from(shown.width);
        let text =
            if shown.of.column.key == "location" { cut_start(&text, room) } else { cut_end(&text, room) };
        let cell = aligned(text, shown, &table.wanted);
        match shown.of.column.key {
            "state" => cell.style(of_state(ui, state)),
            _ => cell,
        }
    });
    let row = Row::new(cells.collect::<Vec<_>>());
    let is_quiet = ui.is_old() || state == Some(State::Ended) && !table.wanted.only_ended;
    match (is_quiet, is_pinned) {
        (true, _) => row.style(style(ui, Look::Quiet)),
        (false, true) => row.style(style(ui, Look::Strong)),
        (false, false) => row,
    }
}

/// The mark of the order stands on the side on which there is room.
fn title(shown: &Shown, wanted: &Wanted) -> Cell<'static> {
    let column = &shown.of.column;
    if column.key.is_empty() || column.key != wanted.order_key() {
        return aligned(cut_end(column.title, usize::from(shown.width)), shown, wanted);
    }
    let largest_first = !wanted.by_end
        && Key::named(column.key).is_some_and(|key| matches!(key.takes, Takes::Number | Takes::Span));
    let mark = if largest_first == wanted.order.reverse() { '▲' } else { '▼' };
    let text = match align(shown, wanted) {
        Alignment::Right => format!("{mark}{}", column.title),
        _ => format!("{}{mark}", column.title),
    };
    aligned(cut_end(&text, usize::from(shown.width)), shown, wanted)
}

fn aligned(text: String, shown: &Shown, wanted: &Wanted) -> Cell<'static> {
    Cell::from(Line::from(text).alignment(align(shown, wanted)))
}

/// In a tree the ids stand on the left, behind their branches.
fn align(shown: &Shown, wanted: &Wanted) -> Alignment {
    match shown.of.column.align {
        Align::Right if !(wanted.is_tree() && shown.of.column.key == "id") => Alignment::Right,
        _ => Alignment::Left,
    }
}

fn why_empty(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let lines: Vec<Line<'_>> = reasons(ui, world).into_iter().map(Line::from).collect();
    let widest = lines.iter().map(|line| width(&line.to_string())).max().unwrap_or(0);
    // In the upper third, where one looks first, and as a block.
    let down = (area.height / 3).min(area.height.saturating_sub(1));
    let room = usize::from(area.width);
    let right = u16::try_from(room.saturating_sub(widest) / 2).unwrap_or(0);
    let block =
        Rect { x: area.x + right, y: area.y + down, width: area.width - right, height: area.height - down };
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), block);
}

/// Why there is no row, and what would bring one.
fn reasons(ui: &Ui, world: &World) -> Vec<String> {
    let table = ui.table();
    let ended_key = keys::label_of(Command::Ended);
    if let Link::Attaching(address) = &ui.link {
        return vec![format!("attaching to {address} ...")];
    }
    if !ui.complete && ui.link == Link::Up {
        return vec!["asking the program ...".to_owned()];
    }
    let mut reasons = Vec::new();
    if table.wanted.query.matches_all() && table.wanted.only_ended {
        return vec!["No task has ended since the program began, as far as is remembered.".to_owned()];
    } else if table.wanted.query.matches_all() {
        reasons.push("No task is alive in this program.".to_owned());
    } else {
        reasons.push(format!("No task matches the filter: {}", table.wanted.text));
    }
    let ended = world.counted(Counter::ENDED).unwrap_or(0);
    if !table.wanted.ended && ended > 0 {
        reasons.push(format!("{} have ended: {ended_key} shows the last of them.", cell::grouped(ended)));
    }
    let untracked = world.counted(Counter::UNTRACKED).unwrap_or(0);
    if table.wanted.query.matches_all() && untracked > 0 {
        reasons[0] = format!("{} tasks are alive, and none can be seen.", cell::grouped(untracked));
    }
    if let Some(coverage) = world.coverage_of("tasks").filter(|coverage| coverage.seen != Seen::YES) {
        reasons.push(coverage.why.clone());
        if !coverage.remedy.is_empty() {
            reasons.push(format!("To see them: {}", coverage.remedy));
        }
    }
    reasons
}
