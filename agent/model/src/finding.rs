//! A judgement over a World, in words.

use crate::ids::{LocationId, TaskId};
use crate::task::By;
use crate::time::At;
use std::fmt;

/// Most tasks that one finding names; its count goes on.
pub const MOST_TASKS: usize = 100;

/// What sort of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Polls took longer than the limit.
    SlowPoll,
    /// A worker has been in one poll for very long.
    BlockedWorker,
    /// Calls wait for a thread of the blocking pool, and all are busy.
    BlockingPoolFull,
    /// Observed futures were dropped by the statement that made them, and none made there was ever polled.
    NeverAwaited,
    /// Observed futures were dropped after a poll and before their end.
    DroppedHalfWay,
    /// Tasks were asked to stop.
    Cancelled,
    /// Tasks panicked, and nobody looked.
    PanicUnseen,
    /// Tasks returned an error, and nobody looked.
    ErrorUnseen,
    /// Tasks were dropped with their runtime before they had done anything, or while somebody waited for them.
    PendingAtShutdown,
    /// Tasks were woken and not polled for long.
    Starved,
    /// Tasks have been in their first poll for long.
    NeverYields,
    /// Tasks wake themselves most of the time.
    SelfWakes,
    /// Tasks wait, and nothing is left that could wake them.
    LostWaker,
    /// Futures are large.
    LargeFuture,
    /// Futures were so large that tokio put them into boxes.
    AutoBoxed,
    /// One location has more and more tasks.
    TaskLeak,
    /// Tasks have done nothing for minutes, and nothing can wake them.
    IdleTooLong,
    /// Tasks wait for one another in a ring.
    Deadlock,
    /// A task waits for what one of its own futures has, which it does not poll.
    Futurelock,
    /// Tasks hold a lock while they wait for something else, and others wait behind them.
    LockHeldAcrossAwait,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; may be as it should.
    Info,
    /// Wrong in all likelihood.
    Warning,
    /// Wrong.
    Error,
}

/// A judgement, grouped by location: many equal ones are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What sort of thing is wrong.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do, in one sentence without a full stop.
    pub advice: String,
    /// The tasks, at most [`MOST_TASKS`], the first ones found first.
    pub tasks: Vec<TaskId>,
    /// Where: the user's own place.
    pub location: Option<By<LocationId>>,
    /// How often.
    pub count: u64,
    /// Since when.
    pub since: At,
    /// The facts behind it, a line each.
    pub evidence: Vec<String>,
}

impl Kind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: &[Kind] = &[
        Kind::SlowPoll,
        Kind::BlockedWorker,
        Kind::BlockingPoolFull,
        Kind::NeverAwaited,
        Kind::DroppedHalfWay,
        Kind::Cancelled,
        Kind::PanicUnseen,
        Kind::ErrorUnseen,
        Kind::PendingAtShutdown,
        Kind::Starved,
        Kind::NeverYields,
        Kind::SelfWakes,
        Kind::LostWaker,
        Kind::LargeFuture,
        Kind::AutoBoxed,
        Kind::TaskLeak,
        Kind::IdleTooLong,
        Kind::Deadlock,
        Kind::Futurelock,
        Kind::LockHeldAcrossAwait,
    ];

    /// Its name in text, in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::SlowPoll => "slow_poll",
            Kind::BlockedWorker => "blocked_worker",
            Kind::BlockingPoolFull => "blocking_pool_full",
            Kind::NeverAwaited => "never_awaited",
            Kind::DroppedHalfWay => "dropped_half_way",
            Kind::Cancelled => "cancelled",
            Kind::PanicUnseen => "panic_unseen",
            Kind::ErrorUnseen => "error_unseen",
            Kind::PendingAtShutdown => "pending_at_shutdown",
            Kind::Starved => "starved",
            Kind::NeverYields => "never_yields",
            Kind::SelfWakes => "self_wakes",
            Kind::LostWaker => "lost_waker",
            Kind::LargeFuture => "large_future",
            Kind::AutoBoxed => "auto_boxed",
            Kind::TaskLeak => "task_leak",
            Kind::IdleTooLong => "idle_too_long",
            Kind::Deadlock => "deadlock",
            Kind::Futurelock => "futurelock",
            Kind::LockHeldAcrossAwait => "lock_held_across_await",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Severity {
    /// Every severity, the least bad first.
    pub const ALL: &[Severity] = &[Severity::Info, Severity::Warning, Severity::Error];

    /// Its name in text, in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|severity| severity.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
