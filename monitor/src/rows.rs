//! Rows of a World: plain data with typed cells. No style, no formatted number; the TUI, text and JSON read
//! the same rows.
//!
//! [`arrange::first`] filters and orders all tasks, [`fill`] builds cells for those that are to be shown: with
//! 100,000 tasks only the visible ones cost more than their place in the order.

pub(crate) mod ancestry;
pub(crate) mod arrange;
pub(crate) mod awaits;
pub(crate) mod cancels;
pub(crate) mod cell;
pub(crate) mod columns;
pub(crate) mod findings;
pub(crate) mod groups;
pub(crate) mod lengths;
pub(crate) mod resources;
pub(crate) mod runtimes;
pub(crate) mod stack_groups;
pub(crate) mod stacks;
pub(crate) mod waits;
pub(crate) mod walk;

pub(crate) use arrange::{Arrangement, Placed};
pub(crate) use cell::Cell;
pub(crate) use columns::{Align, Column};

use taskscope_model::codes::Counter;
use taskscope_model::{Order, Query, TaskId, World};

/// What is shown of the tasks that match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Flat, or as a tree.
    pub(crate) arrangement: Arrangement,
    /// Ended tasks too.
    pub(crate) ended: bool,
    /// At most so many rows.
    pub(crate) limit: Option<usize>,
    /// Which columns.
    pub(crate) columns: Columns,
}

/// Which columns a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Those made for people that have a value in some row, in the order of a screen.
    Filled,
    /// Every one, in the order of the JSON.
    All,
}

/// Tasks as rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TaskTable {
    /// The heads, one a cell.
    pub(crate) columns: Vec<&'static Column>,
    /// The rows in their order.
    pub(crate) rows: Vec<TaskRow>,
    /// Matching tasks without a row here.
    pub(crate) not_shown: u64,
    /// What the reader should know: hidden columns and how to get them.
    pub(crate) footnotes: Vec<String>,
}

/// One task.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TaskRow {
    /// The task.
    pub(crate) id: TaskId,
    /// How far it is indented in a tree; 0 in a flat table.
    pub(crate) depth: usize,
    /// One a column.
    pub(crate) cells: Vec<Cell>,
}

/// The tasks that match, in order, as far as they are to be shown.
pub(crate) fn tasks(world: &World, query: &Query, order: &Order, shape: Shape) -> TaskTable {
    let (placed, left_out) = arrange::first(world, query, order, shape);
    let mut table = fill(world, &placed, shape.columns);
    table.not_shown = left_out + world.counted(Counter::NOT_SHOWN).unwrap_or(0);
    table
}

/// Cells for these tasks. A task that is gone meanwhile has a row of unknown values.
pub(crate) fn fill(world: &World, placed: &[Placed], which: Columns) -> TaskTable {
    let columns = columns::of_tasks(which);
    let mut rows: Vec<_> = placed
        .iter()
        .map(|place| {
            let task = world.task(place.id);
            let cell =
                |column: &&columns::TaskColumn| task.map_or(Cell::Unknown, |it| (column.cell)(it, world));
            TaskRow { id: place.id, depth: place.depth, cells: columns.iter().map(cell).collect() }
        })
        .collect();
    let mut heads: Vec<_> = columns.iter().map(|column| &column.column).collect();
    let mut footnotes = Vec::new();
    if which == Columns::Filled && !rows.is_empty() {
        let filled: Vec<bool> = (0..heads.len())
            .map(|at| heads[at].always || rows.iter().any(|row| row.cells[at] != Cell::Unknown))
            .collect();
        footnotes =
            columns::hidden(world, heads.iter().zip(&filled).filter(|(_, is)| !**is).map(|(it, _)| *it));
        for row in &mut rows {
            keep(&mut row.cells, &filled);
        }
        keep(&mut heads, &filled);
    }
    TaskTable { columns: heads, rows, not_shown: 0, footnotes }
}

fn keep<T>(items: &mut Vec<T>, which: &[bool]) {
    let mut which = which.iter();
    items.retain(|_| *which.next().unwrap_or(&true));
}
