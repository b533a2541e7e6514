//! What was seen of a program at one moment.

use crate::debug::Unread;
use crate::names::Name;
use crate::tree::{Held, Node, Place};
use taskscope_model::codes::{Flavor, TaskKind};
use taskscope_model::{At, TaskId};

/// What was seen of a program at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// When: CLOCK_MONOTONIC of the program's host; `None` for a core dump.
    pub at: Option<At>,
    /// The tasks that live, by id; roots last. A runtime's own workers, which are tasks of its blocking pool, are
    /// left out where their name is known.
    pub tasks: Vec<Task>,
    /// How much its build tells.
    pub information: Information,
    /// Why not all of the debug information that is in files of its own was read, if so.
    pub unread: Option<Unread>,
}

/// How much the build of a program tells of its futures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Information {
    /// Nothing: it is stripped.
    #[default]
    Nothing,
    /// Names of functions.
    Symbols,
    /// Names of functions; the rest is in a file of its own (`split-debuginfo`) that cannot be read.
    Split,
    /// Names and lines of functions.
    Functions,
    /// What types consist of, too: all there is.
    Types,
}

/// A task that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// tokio's number of it.
    pub id: TaskId,
    /// Address of its header, which is its identity in memory; of a root, that of its future, 0 if not found.
    pub header: u64,
    /// What it is doing.
    pub state: TaskState,
    /// It has been told to stop, and has not stopped yet.
    pub cancelled: bool,
    /// What it is to its runtime.
    pub kind: Option<TaskKind>,
    /// Number of the runtime or `LocalSet` that owns it, as tokio counts them; tasks with the same one share it.
    pub owner: Option<u64>,
    /// How its runtime runs it.
    pub flavor: Option<Flavor>,
    /// Its future.
    pub future: Option<Name>,
    /// Size of its future, bytes.
    pub size: Option<u64>,
    /// Where it was spawned: only programs built with `tokio_unstable` say so.
    pub spawned_at: Option<Spawn>,
    /// Where its `async fn` or block begins.
    pub defined_at: Option<Place>,
    /// What it awaits. `None` while it runs, for want of debug information, or if it changed while it was read.
    pub awaits: Option<Node>,
    /// Of its memory, as far as it was walked through: if it differs the next time, the task was polled in between,
    /// or something was done to what it waits in.
    pub fingerprint: u64,
    /// Locks and permits that it holds; empty too where `awaits` is `None`.
    pub holds: Vec<Held>,
}

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskState {
    /// In a poll.
    Running,
    /// Woken, not yet polled.
    Scheduled,
    /// Waiting to be woken.
    Idle,
}

/// Where a task was spawned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spawn {
    /// As given to the compiler.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}
