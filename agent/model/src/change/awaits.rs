//! Where tasks wait, and what became of observed futures.

use crate::codes::{DropKind, TreeKind, WaitKind};
use crate::ids::{LocationId, TaskId, TreeId};
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// An await tree: which future awaits which. Tasks that wait in the same way share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Its number within the source.
    pub id: TreeId,
    /// Outermost first, each followed by what it awaits (depth first).
    pub nodes: Vec<TreeNode>,
}

/// One future of an await tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TreeNode {
    /// How many futures it is inside of. A node is awaited by the last one before it that is one less deep.
    pub depth: u16,
    /// The function, label or type.
    pub function: String,
    /// Where it awaits, or was made: what the kind of the tree says.
    pub location: Option<LocationId>,
    /// What else there is to say; may be empty.
    pub detail: String,
}

/// Where a task waits. The latest of each kind holds, also after the task's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaits {
    /// The task.
    pub task: TaskId,
    /// When this was so.
    pub at: At,
    /// How it was found.
    pub kind: TreeKind,
    /// Its await tree.
    pub tree: TreeId,
    /// Since when each node of the tree is there, in its order; empty if not known.
    pub since: Vec<At>,
    /// What it waits for, as far as that is known.
    pub waits: Vec<Wait>,
}

/// A thing that a task waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// What sort of thing.
    pub what: WaitKind,
    /// In words: `reading from 10.0.3.7:5432`.
    pub text: String,
    /// The task, if it waits for one to end.
    pub task: Option<TaskId>,
    /// What tells this lock, semaphore or channel from others in the process; `None` if not known.
    pub address: Option<u64>,
    /// When it is over by itself: a sleep's deadline.
    pub until: Option<At>,
}

/// Sums over the observed futures of one place since the program's start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Where they were made.
    pub location: LocationId,
    /// The function or label.
    pub label: String,
    /// How many were made.
    pub made: u64,
    /// Of these, polled at least once.
    pub polled: u64,
    /// Ran to their end.
    pub completed: u64,
    /// Dropped without a poll, for whatever reason.
    pub unpolled: u64,
    /// Of these, dropped by the statement that made them: nobody could have awaited them.
    pub forgotten: u64,
    /// When one was last forgotten.
    pub last_forgotten: Option<At>,
    /// A task that forgot one.
    pub forgotten_by: Option<TaskId>,
    /// Dropped after a poll and before their end; not with their task, nor in an unwind or a shutdown.
    pub half_way: u64,
}

/// The last observed future of a place that was dropped half way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfWay {
    /// Where it was made.
    pub location: LocationId,
    /// The function or label.
    pub label: String,
    /// What sort of future it was.
    pub kind: DropKind,
    /// The task in which it lived.
    pub task: Option<TaskId>,
    /// When it was dropped.
    pub at: At,
    /// How long after its first poll.
    pub after: Nanos,
    /// Where the innermost observed future was made that it awaited then.
    pub waiting_at: Option<LocationId>,
    /// That future's function or label; empty if there is none.
    pub waiting_for: String,
}
