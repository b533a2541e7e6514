//! Who asked a task to stop, who had asked that one, and so on.

use taskscope_model::change::Location;
use taskscope_model::codes::CancelWay;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{At, LocationId, TaskId, World};

/// Longest chain that is followed. A longer one is a circle, or of no use to a person.
const LONGEST: usize = 64;

/// One request to stop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cancel {
    /// Who was to stop.
    pub(crate) task: TaskId,
    /// When it was asked.
    pub(crate) at: At,
    /// In which way.
    pub(crate) way: CancelWay,
    /// The task that asked; `None` if no task did.
    pub(crate) by: Option<TaskId>,
    /// Where it asked.
    pub(crate) location: Option<Location>,
    /// Where the JoinSet was made, if one held the task.
    pub(crate) set: Option<Location>,
}

/// The request to this task first, then the one to who made it, and so on.
pub(crate) fn chain(task: TaskId, world: &World) -> Vec<Cancel> {
    let mut chain: Vec<Cancel> = Vec::new();
    let mut next = Some(task);
    while let Some(cancel) = next.and_then(|id| asked(id, world)) {
        if chain.len() == LONGEST || chain.iter().any(|before| before.task == cancel.task) {
            break;
        }
        next = cancel.by;
        chain.push(cancel);
    }
    chain
}

fn asked(id: TaskId, world: &World) -> Option<Cancel> {
    let task = world.task(id)?;
    let cancel = task.cancel()?;
    // Only the agent, which numbers the locations, tells of cancellations.
    let source = task.seen_by().next()?;
    let place = |id: Option<LocationId>| id.and_then(|id| world.location(By { source, id })).cloned();
    Some(Cancel {
        task: id,
        at: cancel.at,
        way: cancel.way,
        by: cancel.by,
        location: place(cancel.location),
        set: place(cancel.set),
    })
}

/// The last one to ask, if nothing is known of it yet: it may have been asked itself.
pub(crate) fn not_known_yet(chain: &[Cancel], world: &World) -> Option<TaskId> {
    chain.last()?.by.filter(|id| world.task(*id).is_none())
}
