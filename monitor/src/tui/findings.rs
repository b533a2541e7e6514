//! What is wrong, as last told, and which of it is selected.

use super::scroll;
use crate::rows::findings::{FindingRow, Key};
use taskscope_model::TaskId;

/// The list and the selection in it.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Worst first.
    pub(super) rows: Vec<FindingRow>,
    /// Whether all has been told once of which findings are made.
    pub(super) judged: bool,
    /// The selected one.
    pub(super) selected: Option<Key>,
    /// The first row on the screen.
    pub(super) top: usize,
}

impl Findings {
    /// The row of the selected one.
    pub(super) fn row(&self) -> Option<usize> {
        self.rows.iter().position(|row| Some(row.key) == self.selected)
    }

    /// The selected one.
    pub(super) fn finding(&self) -> Option<&FindingRow> {
        self.rows.get(self.row()?)
    }

    /// Those about a task.
    pub(super) fn about(&self, task: TaskId) -> impl Iterator<Item = &FindingRow> {
        self.rows.iter().filter(move |row| row.tasks.contains(&task))
    }

    /// Takes in what is wrong now. The selection stays on its finding; if that is no longer so, it goes to the
    /// one that stands in its place.
    pub(super) fn replace(&mut self, rows: Vec<FindingRow>, height: usize) {
        let row = self.row().unwrap_or(0);
        self.rows = rows;
        let row = self.row().unwrap_or(row);
        self.select(row, height);
    }

    /// Selects a row, or the one closest to it.
    pub(super) fn select(&mut self, row: usize, height: usize) {
        let row = row.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(row).map(|row| row.key);
        self.top = scroll::top(self.top, Some(row), self.rows.len(), height);
    }
}
