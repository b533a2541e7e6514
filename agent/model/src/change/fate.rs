//! What became of tasks: names, handles, cancellations, failures, wakes, and sums of them per spawn location.

use crate::codes::{CancelWay, HandleState};
use crate::ids::{LocationId, TaskId};
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// What only the call that spawned a task knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The task.
    pub task: TaskId,
    /// The name given to it; empty if none was.
    pub name: String,
    /// The type of its future; empty if unknown.
    pub future: String,
    /// Size of its future, bytes.
    pub size: Option<u64>,
}

/// What became of a task's handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// The task.
    pub task: TaskId,
    /// Where the handle is, or how it went.
    pub handle: HandleState,
    /// Since when.
    pub at: At,
}

/// Somebody asked a task to stop. Only the first one to ask is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAsked {
    /// The task that is to stop.
    pub task: TaskId,
    /// When.
    pub at: At,
    /// In which way.
    pub way: CancelWay,
    /// The task that asked; `None` if no task did.
    pub by: Option<TaskId>,
    /// Where it asked.
    pub location: Option<LocationId>,
    /// Where the JoinSet was made, if one held the task.
    pub set: Option<LocationId>,
}

/// What a task said when it failed or panicked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The task.
    pub task: TaskId,
    /// When.
    pub at: At,
    /// The panic's message, or the error's text; cut to 1,024 bytes. Empty if it had none.
    pub message: String,
    /// Where it panicked.
    pub location: Option<LocationId>,
}

/// How a task was woken so far: totals since its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Woken {
    /// The task.
    pub task: TaskId,
    /// Wakes.
    pub wakes: u64,
    /// Of these, from within its own polls.
    pub self_wakes: u64,
    /// Wakers of it that are alive now, those that it is polled with left out; `None` if not counted.
    pub wakers: Option<u64>,
    /// Time between wake and poll; `None` if not measured.
    pub scheduled: Option<Nanos>,
    /// The wake since which it has not been polled; `None` if it waits for one.
    pub woken_since: Option<At>,
    /// Its last wake.
    pub last_wake: Option<At>,
}

/// How long a task waited between wake and poll, each time: totals since that is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledTimes {
    /// The task.
    pub task: TaskId,
    /// Waits that are over.
    pub waits: u64,
    /// The longest of them.
    pub longest: Nanos,
    /// Long waits by length, as [`long_polls`](super::Polled::long_polls): the lower bound of a bucket that
    /// reaches to twice of it, the last one open, and how many fell into it. Waits below the first bound are the
    /// rest of `waits`. Empty buckets are left out.
    pub long_waits: Vec<(Nanos, u32)>,
}

/// Sums over the ended tasks of one spawn location since the program's start, by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The location.
    pub location: LocationId,
    /// Returned.
    pub completed: u64,
    /// Returned `Err`.
    pub failed: u64,
    /// Were aborted.
    pub cancelled: u64,
    /// Panicked.
    pub panicked: u64,
    /// Were dropped with their runtime.
    pub shut_down: u64,
    /// Of the failed, those whose handle was dropped without a look at the error.
    pub errors_unseen: u64,
    /// Of the panicked, those whose handle was dropped without a look at the panic.
    pub panics_unseen: u64,
}

/// Tasks alive and spawned at one location over the last minutes, so that who attaches late sees their course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// The location.
    pub location: LocationId,
    /// Length of one span.
    pub every: Nanos,
    /// End of the last span.
    pub until: At,
    /// Fewest tasks alive in each span, oldest first.
    pub least: Vec<u32>,
    /// Most tasks alive in each span, oldest first.
    pub most: Vec<u32>,
    /// Tasks spawned in each span, oldest first.
    pub spawned: Vec<u32>,
}

/// The mode and the limits in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The agent's mode: `on`, `log` or `debug`.
    pub mode: String,
    /// From this length on a poll is slow; `None` if nobody watches for it.
    pub slow_poll: Option<Nanos>,
}
