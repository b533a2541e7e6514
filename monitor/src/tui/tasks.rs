//! A table of tasks: what is wanted in it, what is in it, and what is selected.

use super::view::View;
use super::wanted::Wanted;
use taskscope_model::TaskId;

/// The table of tasks, or that of the ended ones.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Which tasks are to be shown, and how.
    pub(super) wanted: Wanted,
    /// The tasks in their order, as last computed.
    pub(super) view: View,
    /// The selected task. None: the screen stays at the top of the table.
    pub(super) selected: Option<TaskId>,
    /// The first row on the screen.
    pub(super) top: usize,
}

impl Table {
    /// The table of ended tasks.
    pub(super) fn of_ended() -> Self {
        Self { wanted: Wanted::ended(), ..Self::default() }
    }

    /// The selected task, or the first one.
    pub(super) fn task(&self) -> Option<TaskId> {
        self.selected.or_else(|| self.view.placed.first().map(|place| place.id))
    }

    /// The task that stands so many rows below the one given, or above it.
    pub(super) fn beside(&self, task: TaskId, below: bool) -> Option<TaskId> {
        let row = self.view.row(task);
        let row = match (row, below) {
            (Some(row), true) => row + 1,
            (Some(row), false) => row.checked_sub(1)?,
            (None, _) => 0,
        };
        self.view.placed.get(row).map(|place| place.id)
    }

    /// Nothing is selected, and the first row is on the screen.
    pub(super) fn rewind(&mut self) {
        (self.selected, self.top) = (None, 0);
    }
}
