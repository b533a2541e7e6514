//! The processes one can attach to.

use super::scroll;
use crate::source::discover::Process;

/// The list and the selection in it.
#[derive(Debug, Default)]
pub(super) struct Picker {
    /// The processes; `None` until they were looked for.
    pub(super) processes: Option<Vec<Process>>,
    /// The pid of the selected one.
    pub(super) selected: Option<u32>,
    /// The first row on the screen.
    pub(super) top: usize,
}

impl Picker {
    /// The processes, as far as they are known.
    pub(super) fn list(&self) -> &[Process] {
        self.processes.as_deref().unwrap_or_default()
    }

    /// The row of the selected one.
    pub(super) fn row(&self) -> Option<usize> {
        self.list().iter().position(|process| Some(process.pid) == self.selected)
    }

    /// The selected process.
    pub(super) fn process(&self) -> Option<&Process> {
        self.list().get(self.row()?)
    }

    /// Takes in a new list. The selection stays on its process; if that is gone, it goes to the one that
    /// stands in its place.
    pub(super) fn replace(&mut self, processes: Vec<Process>, height: usize) {
        let row = self.row().unwrap_or(0);
        self.processes = Some(processes);
        if self.row().is_none() {
            self.select(row, height);
        }
    }

    /// Selects a row, or the one closest to it.
    pub(super) fn select(&mut self, row: usize, height: usize) {
        let row = row.min(self.list().len().saturating_sub(1));
        self.selected = self.list().get(row).map(|process| process.pid);
        self.top = scroll::top(self.top, Some(row), self.list().len(), height);
    }
}
