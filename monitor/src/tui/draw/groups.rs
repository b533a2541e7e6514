//! Tasks that have something in common, a line each.

use super::style::{Look, style};
use crate::rows::Align;
use crate::rows::cell::Cell as Value;
use crate::rows::groups::Grouping;
use crate::tui::cell::{self, cut_end, cut_start, width};
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};
use taskscope_model::World;
use taskscope_model::codes::Seen;

const GAP: u16 = 2;

/// ```text
///  TASKS  RUNNING  IDLE   POLLS     BUSY  SPAWNED AT
///  1,204        3  1,201  9,112   12.1s   src/server.rs:88
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    if ui.groups.rows.is_empty() {
        let why = if ui.complete { " No task matches." } else { " asking the program ..." };
        return frame.render_widget(Paragraph::new(why), area);
    }
    let (area, note) = with_note(area, ui, world);
    let height = layout::rows(area);
    let selected = ui.groups.row();
    let top = scroll::top(ui.groups.top, selected, ui.groups.rows.len(), height);
    let shown: Vec<_> = ui.groups.rows.iter().skip(top).take(height).collect();
    let columns = &ui.groups.columns;
    let texts: Vec<Vec<String>> =
        shown.iter().map(|row| row.cells.iter().map(cell::text).collect()).collect();
    let widths = widths(ui, &texts, area.width);
    let rows = shown.iter().zip(&texts).map(|(row, texts)| {
        let cells = row.cells.iter().zip(texts).zip(columns.iter().zip(&widths));
        let cells = cells.filter(|(_, (_, room))| **room > 0).map(|((value, text), (column, room))| {
            let text = match value {
                Value::Place(_) => cut_start(text, usize::from(*room)),
                _ => cut_end(text, usize::from(*room)),
            };
            aligned(text, column.align)
        });
        Row::new(cells.collect::<Vec<_>>())
    });
    let shown_widths = widths.iter().filter(|room| **room > 0).map(|room| Constraint::Length(*room));
    let mut grid =
        Table::new(rows, shown_widths).column_spacing(GAP).row_highlight_style(style(ui, Look::Selected));
    if layout::head(area) > 0 {
        let titles = columns.iter().zip(&widths).filter(|(_, room)| **room > 0);
        let titles = titles.map(|(it, room)| aligned(cut_end(it.title, usize::from(*room)), it.align));
        grid = grid.header(Row::new(titles).style(style(ui, Look::Strong)));
    }
    let mut state = TableState::new().with_selected(selected.map(|row| row - top.min(row)));
    frame.render_stateful_widget(grid, area, &mut state);
    if let Some((area, text)) = note {
        let text = Paragraph::new(text).style(style(ui, Look::Quiet)).wrap(Wrap { trim: false });
        frame.render_widget(text, area);
    }
}

fn aligned(text: String, align: Align) -> Cell<'static> {
    let side = if align == Align::Right { Alignment::Right } else { Alignment::Left };
    Cell::from(Line::from(text).alignment(side))
}

/// Where await stacks are not seen, what would show them.
fn with_note(area: Rect, ui: &Ui, world: &World) -> (Rect, Option<(Rect, String)>) {
    let coverage = world.coverage_of("await trees").filter(|coverage| coverage.seen != Seen::YES);
    let (Some(Grouping::Stack), Some(coverage)) = (ui.tasks.wanted.group, coverage) else {
        return (area, None);
    };
    if area.height < 6 {
        return (area, None);
    }
    let remedy = if coverage.remedy.is_empty() {
        String::new()
    } else {
        format!("; to see them: {}", coverage.remedy)
    };
    let list = Rect { height: area.height - 2, ..area };
    let note = Rect { y: area.y + list.height, height: 2, ..area };
    (list, Some((note, format!(" await stacks: {}{remedy}", coverage.why))))
}

/// The width of each column, 0 for one that is left out: what is of least worth goes first.
fn widths(ui: &Ui, texts: &[Vec<String>], room: u16) -> Vec<u16> {
    let columns = &ui.groups.columns;
    let natural = |at: usize| {
        let cells = texts.iter().filter_map(|row| row.get(at)).map(|text| width(text)).max().unwrap_or(0);
        let title = columns.get(at).map_or(0, |column| width(column.title));
        u16::try_from(cells.max(title)).unwrap_or(u16::MAX).min(room)
    };
    let natural: Vec<u16> = (0..columns.len()).map(natural).collect();
    let least = |at: usize| match columns.get(at) {
        Some(column) if column.flexible => natural[at].min(column.min_width),
        _ => natural[at],
    };
    let mut by_worth: Vec<usize> = (0..columns.len()).collect();
    by_worth.sort_by_key(|at| std::cmp::Reverse(columns.get(*at).map_or(0, |column| column.worth)));
    let (mut widths, mut left) = (vec![0; columns.len()], room);
    for (rank, at) in by_worth.iter().enumerate() {
        let gap = if rank == 0 { 0 } else { GAP };
        let Some(rest) = left.checked_sub(least(*at).saturating_add(gap)) else { break };
        (widths[*at], left) = (least(*at), rest);
    }
    by_worth.retain(|at| widths[*at] > 0);
    for at in by_worth {
        let more = natural[at].saturating_sub(widths[at]).min(left);
        widths[at] += more;
        left -= more;
    }
    widths
}
