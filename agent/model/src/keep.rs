//! How long ended tasks are remembered. Forgetting is a Change too: this says which Changes are due, and
//! the World forgets when it is told.

use crate::change::{Change, Forgotten};
use crate::codes::Source;
use crate::ids::{LocationId, TaskId};
use crate::task::{By, Task};
use crate::world::World;
use std::collections::{HashMap, HashSet};

/// Bounds of the history. Tasks that are known not to have completed are kept apart from the others, so
/// that many healthy endings do not push out the one that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The last so many ended tasks, however they ended.
    pub ended: usize,
    /// Besides them the last so many that did not complete ...
    pub not_completed: usize,
    /// ... of these at most so many per spawn location.
    pub per_location: usize,
}

impl Default for Keep {
    /// The agent's own bounds.
    fn default() -> Self {
        Self { ended: 1_000, not_completed: 1_000, per_location: 50 }
    }
}

impl Keep {
    /// The Changes that bring a World back within the bounds; none while it is less than an eighth over
    /// them, so that the cost is spread.
    pub fn due(&self, world: &World) -> Vec<Change> {
        let most = self.ended.saturating_add(self.not_completed);
        if world.ended_len() <= most.saturating_add(most / 8) {
            return Vec::new();
        }
        let kept = self.kept(world);
        let gone = world.ended().filter(|task| !kept.contains(&task.id()));
        gone.flat_map(|task| task.seen_by().map(|source| forgotten(source, task))).collect()
    }

    fn kept(&self, world: &World) -> HashSet<TaskId> {
        let mut kept = HashSet::new();
        let mut places: HashMap<Option<By<LocationId>>, usize> = HashMap::new();
        let mut bad = 0;
        for (age, task) in world.ended().rev().enumerate() {
            if age < self.ended {
                kept.insert(task.id());
            } else if bad < self.not_completed
                && task.outcome().is_some_and(|outcome| outcome.did_not_complete())
            {
                let place = places.entry(task.location()).or_default();
                if *place < self.per_location {
                    *place += 1;
                    bad += 1;
                    kept.insert(task.id());
                }
            }
        }
        kept
    }
}

fn forgotten(source: Source, task: &Task) -> Change {
    Change { source, fact: Forgotten { task: task.id() }.into() }
}
