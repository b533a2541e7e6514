//! The roots that an agent shows. tokio gives the future of a `block_on` a number of its own, which the agent does not
//! learn: the same root is found by the line at which its `block_on` stands.

use crate::source::threaded::{Asker, Order, Root};
use std::collections::HashMap;
use taskscope_model::change::Location;
use taskscope_model::codes::TaskKind;
use taskscope_model::{Change, Fact, LocationId, TaskId};

/// The roots that live, and who is to know of them.
#[derive(Debug)]
pub(super) struct Roots {
    askers: Vec<Asker>,
    places: HashMap<LocationId, (String, u32)>,
    live: Vec<(TaskId, LocationId)>,
    told: Vec<Root>,
}

impl Roots {
    pub(super) fn new(askers: Vec<Asker>) -> Self {
        Self { askers, places: HashMap::new(), live: Vec::new(), told: Vec::new() }
    }

    /// Takes in what the agent says, and hands on what that means for its roots.
    pub(super) fn see(&mut self, changes: &[Change]) {
        for change in changes {
            match &change.fact {
                Fact::Location(Location { id, file, line, .. }) => {
                    self.places.insert(*id, (file.clone(), *line));
                }
                Fact::Spawned(spawned) if spawned.kind == TaskKind::BLOCK_ON => {
                    self.live.retain(|(task, _)| *task != spawned.task);
                    self.live.extend(spawned.location.map(|location| (spawned.task, location)));
                }
                Fact::Ended(ended) => self.live.retain(|(task, _)| *task != ended.task),
                Fact::Forgotten(forgotten) => self.live.retain(|(task, _)| *task != forgotten.task),
                _ => {}
            }
        }
        let root = |(task, location): &(TaskId, LocationId)| {
            let (file, line) = self.places.get(location)?.clone();
            Some(Root { task: *task, file, line })
        };
        let now: Vec<_> = self.live.iter().filter_map(root).collect();
        if now != self.told {
            self.told.clone_from(&now);
            // One that has ended does not need to know.
            self.askers.iter().for_each(|asker| _ = asker.order(Order::Roots(now.clone())));
        }
    }
}
