//! The one vocabulary. A [`Change`] is a fact that alters what we believe; the wire, the recording and the
//! fold use it and nothing else.
//!
//! Payload structs are frozen once released, nested ones too: a new thing to say is a new [`Fact`].
//! Figures are totals since the task's start, never increments, so that a Change told twice alters nothing
//! and one left out is made good by the next.

mod awaits;
mod fate;
mod offers;
mod outside;
mod resources;
mod stacks;

pub use awaits::{Awaits, HalfWay, Observed, Tree, TreeNode, Wait};
pub use fate::{CancelAsked, Described, Failure, Handled, Limits, Load, Outcomes, ScheduledTimes, Woken};
pub use offers::{Offered, Withdrawn};
pub use outside::{Held, Holds, Looked};
pub use resources::{Attribute, Boxed, Noted, Operation, OperationForgotten, Resource, ResourceForgotten};
pub use stacks::{Call, Frame, PoolFull, Sample, SlowPoll, Stack, ThreadStack};

use crate::codes::{Counter, Flavor, Outcome, Seen, Source, TaskKind};
use crate::ids::{ChainId, LocationId, RuntimeId, TaskId, Worker};
use crate::kinds::kinds;
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fact and who saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who saw it.
    pub source: Source,
    /// What was seen.
    pub fact: Fact,
}

kinds! {
    /// What was seen. The number of each is its kind on the wire.
    Fact {
        /// Time has moved on.
        Tick = 1,
        /// A source location got a number.
        Location = 2,
        /// A spawn chain got a number.
        Chain = 3,
        /// A runtime was seen.
        Runtime = 4,
        /// A runtime is gone.
        RuntimeEnded = 5,
        /// A task exists.
        Spawned = 6,
        /// What a task has done so far.
        Polled = 7,
        /// A task has ended.
        Ended = 8,
        /// A task is no longer told of: too old, or outside the subscription.
        Forgotten = 9,
        /// Sums over all tasks of one spawn location, ended ones too.
        Totals = 10,
        /// How a runtime is doing.
        Figures = 11,
        /// What the source can see of one topic.
        Coverage = 12,
        /// A count of the source's.
        Counted = 13,
        /// The snapshot is complete: everything that matches has been told once.
        Complete = 14,
        /// The program says that it ends.
        Goodbye = 15,
        /// What only the call that spawned a task knows of it.
        Described = 16,
        /// What became of a task's handle.
        Handled = 17,
        /// Somebody asked a task to stop.
        CancelAsked = 18,
        /// What a task said when it failed or panicked.
        Failure = 19,
        /// How a task was woken so far.
        Woken = 20,
        /// An await tree got a number.
        Tree = 21,
        /// Where a task waits.
        Awaits = 22,
        /// Sums over the observed futures of one place.
        Observed = 23,
        /// The last observed future of a place that was dropped half way.
        HalfWay = 24,
        /// Sums over the ended tasks of one spawn location, by outcome.
        Outcomes = 25,
        /// Tasks alive and spawned at one location over the last minutes.
        Load = 26,
        /// The mode and the limits in force.
        Limits = 27,
        /// An address in a stack got a number, or its names.
        Frame = 28,
        /// Polls took too long.
        SlowPoll = 29,
        /// What a thread did, as asked for.
        ThreadStack = 30,
        /// A runtime's blocking pool is full, or not any more.
        PoolFull = 31,
        /// The program offers a command or a value of its own.
        Offered = 32,
        /// It does not offer it any more.
        Withdrawn = 33,
        /// How long a task waited between wake and poll, each time.
        ScheduledTimes = 34,
        /// A resource as it is now.
        Resource = 40,
        /// An operation on a resource as it is now.
        Operation = 41,
        /// A resource is no longer told of.
        ResourceForgotten = 42,
        /// An operation is no longer told of.
        OperationForgotten = 43,
        /// A future was too large for its task.
        Boxed = 44,
        /// What else was noted of a task.
        Noted = 45,
        /// What a task was seen to do, from outside.
        Looked = 46,
        /// What a task has while it does not run.
        Holds = 47,
    }
}

impl Fact {
    /// The task that this is a fact about.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Fact::Spawned(fact) => Some(fact.task),
            Fact::Polled(fact) => Some(fact.task),
            Fact::Ended(fact) => Some(fact.task),
            Fact::Forgotten(fact) => Some(fact.task),
            Fact::Described(fact) => Some(fact.task),
            Fact::Handled(fact) => Some(fact.task),
            Fact::CancelAsked(fact) => Some(fact.task),
            Fact::Failure(fact) => Some(fact.task),
            Fact::Woken(fact) => Some(fact.task),
            Fact::ScheduledTimes(fact) => Some(fact.task),
            Fact::Awaits(fact) => Some(fact.task),
            Fact::SlowPoll(fact) => Some(fact.task),
            Fact::Boxed(fact) => Some(fact.task),
            Fact::Noted(fact) => Some(fact.task),
            Fact::Looked(fact) => Some(fact.task),
            Fact::Holds(fact) => Some(fact.task),
            _ => None,
        }
    }

    /// The place that this counts something of.
    pub fn place(&self) -> Option<LocationId> {
        match self {
            Fact::Totals(fact) => Some(fact.location),
            Fact::Observed(fact) => Some(fact.location),
            Fact::HalfWay(fact) => Some(fact.location),
            Fact::Outcomes(fact) => Some(fact.location),
            Fact::Load(fact) => Some(fact.location),
            Fact::SlowPoll(fact) => fact.place.or(fact.spawned_at),
            _ => None,
        }
    }
}

/// Time has moved on. `now` never goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// The source's now.
    pub at: At,
}

/// A source location, as the compiler names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its number within the source.
    pub id: LocationId,
    /// Path as given to the compiler, often relative to the workspace.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1; 0 if it is not known.
    pub column: u32,
}

impl Location {
    /// The file as a person reads it.
    pub fn short_file(&self) -> &str {
        short_path(&self.file)
    }
}

/// A path without what says nothing to a person: where a registry keeps its crates, and which build of the standard
/// library it is. `axum-0.8.9/src/serve/mod.rs`, `std/src/thread/mod.rs`.
pub fn short_path(path: &str) -> &str {
    let behind = |mark: &str| Some(path.split_once(mark)?.1.split_once('/')?.1);
    let library = || behind("/rustc/")?.strip_prefix("library/");
    behind("/registry/src/").or_else(library).filter(|short| !short.is_empty()).unwrap_or(path)
}

/// In short, for a person.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.short_file();
        match self.column {
            0 => write!(f, "{file}:{}", self.line),
            column => write!(f, "{file}:{}:{column}", self.line),
        }
    }
}

/// A node of the spawn chains: a task spawned at `location` by a task whose chain is `parent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Its number within the source.
    pub id: ChainId,
    /// Where the task was spawned.
    pub location: LocationId,
    /// The spawner's chain; `None` if it was spawned by no task.
    pub parent: Option<ChainId>,
}

/// A runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// Its number within the process.
    pub id: RuntimeId,
    /// The name given to it, else `runtime-0` ...
    pub name: String,
    /// How it runs tasks.
    pub flavor: Flavor,
    /// Its worker threads; 0 when not known yet.
    pub workers: u32,
    /// When it was first seen.
    pub at: At,
}

/// A runtime is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeEnded {
    /// Which one.
    pub id: RuntimeId,
    /// When this was noticed.
    pub at: At,
}

/// A task exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawned {
    /// The task.
    pub task: TaskId,
    /// What it is to its runtime.
    pub kind: TaskKind,
    /// Its runtime; `None` if the source cannot tell.
    pub runtime: Option<RuntimeId>,
    /// The task that spawned it; `None` if no task did, or the source cannot tell.
    pub parent: Option<TaskId>,
    /// Where it was spawned.
    pub location: Option<LocationId>,
    /// Its ancestry.
    pub chain: Option<ChainId>,
    /// When it was spawned.
    pub at: Option<At>,
}

/// What a task has done so far: totals since its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polled {
    /// The task.
    pub task: TaskId,
    /// Polls that have ended.
    pub polls: u64,
    /// Time spent in them.
    pub busy: Nanos,
    /// The longest of them; zero if the source cannot tell.
    pub max_poll: Nanos,
    /// Start of the poll it is in now; `None` if it is in none.
    pub running_since: Option<At>,
    /// End of its last poll that has ended.
    pub last_poll: Option<At>,
    /// The worker of its current or last poll.
    pub worker: Option<Worker>,
    /// Long polls by length: the lower bound of a bucket that reaches to the next one, and how many fell
    /// into it. Polls below the first bound are the rest of `polls`. Empty buckets are left out.
    pub long_polls: Vec<(Nanos, u32)>,
}

/// A task has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The task.
    pub task: TaskId,
    /// When.
    pub at: At,
    /// How.
    pub outcome: Outcome,
}

/// A task is no longer told of: the source's history or the subscription's limit has no room for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// The task.
    pub task: TaskId,
}

/// Sums over all tasks of one spawn location since the program's start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The location.
    pub location: LocationId,
    /// Tasks spawned there.
    pub spawned: u64,
    /// Of these, ended.
    pub ended: u64,
    /// Polls of the ended ones.
    pub polls: u64,
    /// Busy time of the ended ones.
    pub busy: Nanos,
    /// Longest poll of the ended ones.
    pub max_poll: Nanos,
}

/// How a runtime is doing: totals since its start, unless they say "now".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// The runtime.
    pub runtime: RuntimeId,
    /// When these were read.
    pub at: At,
    /// Tasks alive now, whoever spawned them.
    pub live_tasks: u64,
    /// Tasks in the shared queue now.
    pub global_queue: u64,
    /// Calls waiting for a blocking thread now.
    pub blocking_queue: Option<u64>,
    /// Blocking threads now.
    pub blocking_threads: Option<u64>,
    /// Of these, idle now.
    pub idle_blocking_threads: Option<u64>,
    /// Times a task was made to yield because its budget was used up.
    pub forced_yields: Option<u64>,
    /// Readiness events of the IO driver.
    pub io_ready: Option<u64>,
    /// Tasks scheduled from outside the runtime.
    pub remote_schedules: Option<u64>,
    /// One a worker, in tokio's order.
    pub workers: Vec<WorkerFigures>,
}

/// How one worker is doing: totals since its start, unless they say "now".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerFigures {
    /// Time not parked.
    pub busy: Nanos,
    /// Times it went to sleep.
    pub parks: u64,
    /// Polls.
    pub polls: Option<u64>,
    /// Tasks taken from other workers.
    pub steals: Option<u64>,
    /// Tasks in its own queue now.
    pub local_queue: Option<u64>,
    /// The task it polls now.
    pub running: Option<TaskId>,
}

/// What the source can see of one topic in this program. The latest told of a topic holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// What this is about: `tasks`, `outcomes`, `scheduled` ...
    pub topic: String,
    /// How much of it is seen.
    pub seen: Seen,
    /// Why not all; empty if all of it is seen.
    pub why: String,
    /// The one line that would change it; empty if nothing would.
    pub remedy: String,
}

/// A count of the source's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What is counted.
    pub counter: Counter,
    /// How many.
    pub count: u64,
}

/// The snapshot is complete: everything that matches has been told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    /// The number of the subscription that is answered.
    pub subscription: u32,
}

/// The program says that it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodbye {
    /// When.
    pub at: At,
    /// Why, in words; may be empty.
    pub reason: String,
}
