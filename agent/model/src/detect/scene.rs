//! What a detector looks at: the World, and which tasks it looked at besides those that it was asked about,
//! so that it is asked again when these change.

use crate::ids::TaskId;
use crate::task::Task;
use crate::time::At;
use crate::world::World;

/// The World, and where a detector looked.
pub(super) struct Scene<'a> {
    pub(super) world: &'a World,
    looked_at: Vec<TaskId>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self { world, looked_at: Vec::new() }
    }

    /// A task. What is said depends on it from now on, also if nothing is told of it yet.
    pub(super) fn task(&mut self, id: TaskId) -> Option<&'a Task> {
        self.looked_at.push(id);
        self.world.task(id)
    }

    /// The time in whole seconds. Whoever speaks of it has to say that what it says [ages].
    ///
    /// [ages]: super::detector::Detector::ages
    pub(super) fn now(&self) -> At {
        whole_second(self.world.now())
    }

    /// The program's start, as far as it is known: no event of it was earlier.
    pub(super) fn start(&self) -> At {
        let runtimes = self.world.runtimes().filter_map(|(_, view)| view.runtime.as_ref());
        runtimes.map(|runtime| runtime.at).min().unwrap_or_default()
    }

    /// The tasks that were looked at.
    pub(super) fn into_looked_at(self) -> Vec<TaskId> {
        self.looked_at
    }
}

/// The last whole second.
pub(super) fn whole_second(now: At) -> At {
    At(now.0 - now.0 % 1_000_000_000)
}
