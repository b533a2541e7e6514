//! The processes one can attach to.

use super::scroll;
use crate::rows::findings::Health;
use crate::source::discover::Process;
use std::collections::HashMap;

/// The list and the selection in it.
#[derive(Debug, Default)]
pub(super) struct Picker {
    /// The processes; `None` until they were looked for.
    pub(super) processes: Option<Vec<Process>>,
    /// The pid of the selected one.
    pub(super) selected: Option<u32>,
    /// The first row on the screen.
    pub(super) top: usize,
    /// How each does, as far as that is known.
    health: HashMap<u32, Health>,
}

/// Processes that are gone and stay in the list.
const MOST_LOST: usize = 20;
/// What is the matter with them.
pub(super) const LOST: &str = "it has ended";

impl Picker {
    /// The processes, as far as they are known.
    pub(super) fn list(&self) -> &[Process] {
        self.processes.as_deref().unwrap_or_default()
    }

    /// How a process does.
    pub(super) fn health(&self, pid: u32) -> Option<Health> {
        self.health.get(&pid).copied()
    }

    /// Takes in how processes do.
    pub(super) fn judge(&mut self, health: Vec<(u32, Health)>) {
        self.health.extend(health);
    }

    /// The row of the selected one.
    pub(super) fn row(&self) -> Option<usize> {
        self.list().iter().position(|process| Some(process.pid) == self.selected)
    }

    /// The selected process.
    pub(super) fn process(&self) -> Option<&Process> {
        self.list().get(self.row()?)
    }

    /// Takes in a new list. Those that are gone stay, marked, behind the others. The selection stays on its
    /// process; if that is gone for good, it goes to the one that stands in its place.
    pub(super) fn replace(&mut self, mut processes: Vec<Process>, height: usize) {
        let row = self.row().unwrap_or(0);
        let is_gone = |it: &&Process| processes.iter().all(|there| there.pid != it.pid);
        let mut lost: Vec<_> = self.list().iter().filter(is_gone).cloned().collect();
        for process in &mut lost {
            (process.address, process.trouble) = (None, Some(LOST.to_owned()));
            self.health.remove(&process.pid);
        }
        processes.extend(lost.drain(lost.len().saturating_sub(MOST_LOST)..));
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
