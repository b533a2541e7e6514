//! What a client asks of a program, and the answers that are not Changes.

mod calls;
pub mod memory;

pub use crate::codes::Reason;
pub use calls::{Called, Evaluate, Evaluated, Evaluation, Execute, Raise, Waiting};
pub use memory::{Layout, Mapped, MemoryRead, MemorySearched, ReadMemory, SearchMemory};

use crate::ids::TaskId;
use crate::kinds::kinds;
use crate::time::Nanos;
use serde::{Deserialize, Serialize};

kinds! {
    /// What a client asks. Kinds are apart from those of facts.
    Request {
        /// Tell me this, from now on; it replaces what was asked before.
        Subscribe = 0x4001,
        /// Stop these tasks. Needs the right to control.
        Cancel = 0x4002,
        /// Say where this task waits now, by its stack. Needs the right to control: it polls the task once more.
        Trace = 0x4003,
        /// Go on in this mode. Needs the right to control.
        Switch = 0x4004,
        /// Take the stacks of the threads that run tasks and blocking calls.
        Stacks = 0x4005,
        /// From this length on a poll is slow. Needs the right to control.
        SetLimit = 0x4006,
        /// Run a command of the program's own. Needs the right to control.
        Execute = 0x4007,
        /// Say what the program's own values are. Needs the right to control: it runs code of the program's.
        Evaluate = 0x4008,
        /// Send the program a signal. Needs the right to control.
        Raise = 0x4009,
        /// Say what is mapped. Needs the right to memory.
        Layout = 0x4010,
        /// Read pieces of the memory, or of a file that is mapped into it. Needs the right to memory.
        ReadMemory = 0x4011,
        /// Say where words of certain values stand. Needs the right to memory.
        SearchMemory = 0x4012,
    }
}

impl Answer {
    /// The number of the request that it answers; 0 if that had none.
    pub const fn number(&self) -> u32 {
        match self {
            Self::Denied(answer) => answer.number,
            Self::Cancelled(answer) => answer.number,
            Self::Done(answer) => answer.number,
            Self::Waiting(answer) => answer.number,
            Self::Called(answer) => answer.number,
            Self::Evaluated(answer) => answer.number,
            Self::Mapped(answer) => answer.number,
            Self::MemoryRead(answer) => answer.number,
            Self::MemorySearched(answer) => answer.number,
        }
    }
}

kinds! {
    /// An answer that alters no belief.
    Answer {
        /// A request was not carried out.
        Denied = 0x8001,
        /// What became of each task of a `Cancel`.
        Cancelled = 0x8002,
        /// A request was carried out.
        Done = 0x8003,
        /// A command has not begun yet.
        Waiting = 0x8004,
        /// What became of a command.
        Called = 0x8005,
        /// What values are.
        Evaluated = 0x8006,
        /// What is mapped.
        Mapped = 0x8010,
        /// What was read of the memory.
        MemoryRead = 0x8011,
        /// Where words of certain values stand.
        MemorySearched = 0x8012,
    }
}

/// What one client asked to be told. An empty query matches every task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// In the language of [`Query`](crate::query::Query).
    pub query: String,
    /// A sort key; empty: no order. With a limit, the first ones in this order are told.
    pub sort: String,
    /// Turns the order round.
    pub reverse: bool,
    /// At most so many tasks; 0: as many as the program's own cap allows.
    pub limit: u32,
    /// Ended tasks of the history too.
    pub ended: bool,
    /// Totals per spawn location.
    pub totals: bool,
    /// Runtime figures.
    pub figures: bool,
    /// Tell once and stop: no updates after the snapshot.
    pub once: bool,
    /// These tasks too, whatever the query and the limit, alive or ended, and where each waits.
    pub detail: Vec<TaskId>,
}

/// Stop these tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// The tasks.
    pub tasks: Vec<TaskId>,
}

/// Say where this task waits now. The facts come before the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// The task.
    pub task: TaskId,
}

/// Go on in this mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// `on`, `log` or `debug`.
    pub mode: String,
}

/// Take the stacks of the threads that run tasks and blocking calls. The facts come before the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stacks {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
}

/// From this length on a poll is slow, wherever no limit of its own is set for tasks of a spawn location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetLimit {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// The limit; `None`: none is.
    pub slow_poll: Option<Nanos>,
}

/// A request was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The request's number.
    pub number: u32,
    /// What there is to say; may be empty.
    pub message: String,
}

/// A request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// The request's number; 0 if it has none.
    pub number: u32,
    /// Why.
    pub reason: Reason,
    /// One line for a person.
    pub message: String,
}

/// What became of each task of a `Cancel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The request's number.
    pub number: u32,
    /// One a task, in the order asked.
    pub results: Vec<CancelResult>,
}

/// What became of one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelResult {
    /// The task.
    pub task: TaskId,
    /// Whether it was asked to stop.
    pub asked: bool,
    /// Why not, or what it is doing; empty if there is nothing to add.
    pub message: String,
}
