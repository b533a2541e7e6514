//! The detectors: what is wrong in a World. Each is one file, a pure function over the World and the Change
//! that has just been folded into it; the list of them is [`DETECTORS`].
//!
//! Findings are derived, never sent or recorded: whoever folds the same Changes finds the same.

use crate::change::Change;
use crate::finding::Finding;
use crate::world::World;

/// The findings so far over one World.
#[derive(Debug, Default)]
pub struct Diagnosis {
    findings: Vec<Finding>,
}

/// What has become of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is new.
    Raised(Finding),
    /// Its count, tasks or evidence have changed.
    Updated(Finding),
    /// It is no longer true.
    Cleared(Finding),
}

impl Diagnosis {
    /// Takes in a Change that has just been folded into `world`. Cheap: what costs more than the tasks that
    /// changed is done at a `Tick`, and there at most once a second of the program's time.
    pub fn see(&mut self, _world: &World, _change: &Change) {}

    /// The findings that hold, worst first, then by kind and place.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    /// What has happened since this was last called, oldest first; bounded, the oldest go first.
    pub fn take_events(&mut self) -> Vec<Event> {
        Vec::new()
    }
}
