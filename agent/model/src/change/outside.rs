//! What is seen of tasks by who looks at them from outside, now and then.

use crate::codes::{Activity, WaitKind};
use crate::ids::{LocationId, TaskId};
use crate::time::At;
use serde::{Deserialize, Serialize};

/// What a task was seen to do. Between two looks it may have done other things and come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// The task.
    pub task: TaskId,
    /// What it did.
    pub activity: Activity,
    /// Whether it has been told to stop, and has not stopped yet.
    pub cancelled: bool,
    /// The first look at which this was so, as was all that is told of where it waits and what it holds.
    pub at: At,
    /// Whether a later look found all of that unchanged.
    pub again: bool,
    /// The first look since which nothing at all has moved in it: it was not polled since.
    pub still: At,
}

/// Locks and permits that a task has while it does not run. The latest holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// The task.
    pub task: TaskId,
    /// What it has; empty if nothing.
    pub held: Vec<Held>,
}

/// A lock or permit that a task has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What sort of thing.
    pub what: WaitKind,
    /// In words: `mutex`.
    pub text: String,
    /// What tells it from others in the process: those who wait for it name the same.
    pub address: u64,
    /// The await across which it is held.
    pub location: Option<LocationId>,
    /// It was given to a future that waited for it, and that has not been polled since.
    pub granted: bool,
    /// The future that has it is not one that the task polls now.
    pub aside: bool,
}
