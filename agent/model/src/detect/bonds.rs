//! Who looked at whom: what was said of one thing after a look at a task is said anew when that task changes.

use super::detector::Place;
use crate::ids::TaskId;
use std::collections::{BTreeSet, HashMap};

/// What a detector says something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Subject {
    /// Whether a task is a case.
    Task(TaskId),
    /// The finding at a place.
    Place(Place),
}

/// Who looked at whom.
#[derive(Debug, Default)]
pub(super) struct Bonds {
    looked_at: HashMap<Subject, Vec<TaskId>>,
    lookers: HashMap<TaskId, BTreeSet<Subject>>,
}

impl Bonds {
    /// This is all that the subject depends on now.
    pub(super) fn set(&mut self, subject: Subject, looked_at: Vec<TaskId>) {
        if self.looked_at.get(&subject).map_or(looked_at.is_empty(), |before| *before == looked_at) {
            return;
        }
        for task in self.looked_at.remove(&subject).unwrap_or_default() {
            if let Some(lookers) = self.lookers.get_mut(&task) {
                lookers.remove(&subject);
                if lookers.is_empty() {
                    self.lookers.remove(&task);
                }
            }
        }
        for task in &looked_at {
            self.lookers.entry(*task).or_default().insert(subject);
        }
        if !looked_at.is_empty() {
            self.looked_at.insert(subject, looked_at);
        }
    }

    /// What depends on a task.
    pub(super) fn on(&self, task: TaskId) -> Vec<Subject> {
        self.lookers.get(&task).map(|lookers| lookers.iter().copied().collect()).unwrap_or_default()
    }
}
