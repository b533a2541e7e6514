//! What threads were seen doing: native stacks, and the polls that took too long.

use crate::codes::{Doing, Origin};
use crate::ids::{FrameId, LocationId, RuntimeId, SlowPollId, TaskId, Worker};
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// An address in a stack. Told at once, and again when its names have been looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Its number within the source.
    pub id: FrameId,
    /// Where the program has it in its memory: of a caller, within the call.
    pub address: u64,
    /// Path of the executable or library; empty if it lies in none.
    pub module: String,
    /// The module's build id in hexadecimal digits; empty if it has none.
    pub build_id: String,
    /// The address as the module's own file counts.
    pub offset: u64,
    /// The functions there, innermost first: each is inlined into the next, the last one is the real function.
    /// Empty if they are not known.
    pub calls: Vec<Call>,
}

/// A function in a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its name with its path, as the language writes it; empty if unknown.
    pub function: String,
    /// The line it is at.
    pub location: Option<LocationId>,
    /// Whose it is.
    pub origin: Origin,
}

/// The stack of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// What the thread did.
    pub doing: Doing,
    /// The system call that it was in; empty if it was in none, or in one without a name here.
    pub call: String,
    /// Read without stopping the thread, from what the system tells of its registers: a frame may be wrong.
    pub approximate: bool,
    /// Whether it reaches to the thread's start.
    pub complete: bool,
    /// Innermost first.
    pub frames: Vec<FrameId>,
}

/// Polls that took longer than the limit, in the same place: how many, and the last of them in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowPoll {
    /// Its number within the source.
    pub id: SlowPollId,
    /// The program's own line that was running, or called what did; `None` if no stack shows one.
    pub place: Option<LocationId>,
    /// Where the task was spawned.
    pub spawned_at: Option<LocationId>,
    /// How many polls there were; 0: it is no longer told of.
    pub count: u64,
    /// Polls of tasks of the same spawn location that were too long since, and whose stacks were not taken.
    pub more: u64,
    /// When the first one began.
    pub since: At,
    /// The longest that has ended.
    pub longest: Nanos,
    /// The limit that the last one has passed.
    pub limit: Nanos,
    /// The task of the last one; the rest is of that poll too.
    pub task: TaskId,
    /// Its runtime; `None` if it is not known.
    pub runtime: Option<RuntimeId>,
    /// Its worker; `None` if it is not known, or the thread is none.
    pub worker: Option<Worker>,
    /// The system's number of the thread.
    pub tid: u32,
    /// When it began.
    pub at: At,
    /// How long it took; `None` while it lasts.
    pub length: Option<Nanos>,
    /// Tasks that wait to run and cannot, as long as it lasts.
    pub waiting: Option<u64>,
    /// The stack at some moments of it, in order.
    pub samples: Vec<Sample>,
}

/// A stack during a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// How long after the poll's beginning.
    pub after: Nanos,
    /// The stack.
    pub stack: Stack,
}

/// The stack of one thread, as asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadStack {
    /// The system's number of the thread.
    pub tid: u32,
    /// The thread's name; may be empty.
    pub name: String,
    /// When it was taken; the same for all that were asked for together.
    pub at: At,
    /// The runtime whose worker it is, or of whose task it is in a poll.
    pub runtime: Option<RuntimeId>,
    /// The worker that it is; `None` if it is none, or that is not known.
    pub worker: Option<Worker>,
    /// The task that it polls.
    pub task: Option<TaskId>,
    /// When that poll began.
    pub since: Option<At>,
    /// The stack.
    pub stack: Stack,
}

/// Whether calls wait for a thread of a runtime's blocking pool, and all its threads are busy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolFull {
    /// The runtime.
    pub runtime: RuntimeId,
    /// Since when that is so without a break; `None`: it is not so any more.
    pub since: Option<At>,
    /// Calls that wait.
    pub queued: u64,
    /// Threads of the pool.
    pub threads: u64,
}
