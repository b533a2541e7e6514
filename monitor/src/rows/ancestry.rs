//! Who spawned a task, who spawned that one, and so on up to the root.

use taskscope_model::change::Location;
use taskscope_model::world::{MAX_CHAIN, Names as _};
use taskscope_model::{Task, TaskId, World};

/// One step up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ancestor {
    /// The task; `None` if it has ended and is forgotten: its place in the chain stays, its number does not.
    pub(crate) id: Option<TaskId>,
    /// Where it was spawned itself, or began.
    pub(crate) location: Option<Location>,
}

/// The spawner first, the root last.
pub(crate) fn ancestry(task: &Task, world: &World) -> Vec<Ancestor> {
    let places = task.chain().map(|chain| world.chain(chain)).unwrap_or_default();
    let mut ancestors = Vec::new();
    let mut next = task.parent();
    // The first place is the task's own.
    for place in places.iter().skip(1) {
        ancestors.push(Ancestor { id: next, location: world.location(*place).cloned() });
        next = next.and_then(|id| world.task(id)).and_then(Task::parent);
    }
    // What stands above the chain is a root, or what is known without a chain.
    while let Some(id) = next.filter(|_| ancestors.len() < MAX_CHAIN) {
        let known = world.task(id);
        let location = known.and_then(Task::location).and_then(|place| world.location(place));
        ancestors.push(Ancestor { id: Some(id), location: location.cloned() });
        next = known.and_then(Task::parent);
    }
    ancestors
}
