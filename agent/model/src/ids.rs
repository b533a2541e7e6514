//! Names of things: a newtype for every id.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A task. For a spawned task this is the number tokio shows for its `task::Id`; roots
/// (`#[main]`, `block_on`) have no number in tokio and are counted from 1 in a range of their own. A task
/// that is known only by its tracing span has the number of that, in a third range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub u64);

impl TaskId {
    const ROOT: u64 = 1 << 63;
    const SPAN: u64 = 1 << 62;

    /// The `n`th root of the process, counted from 1.
    pub const fn root(n: u32) -> Self {
        Self(Self::ROOT | n as u64)
    }

    /// A task known only by its tracing span. The two highest bits of the span's number are lost.
    pub const fn span(span: u64) -> Self {
        Self(Self::SPAN | span & (Self::SPAN - 1))
    }

    /// Whether this is a `block_on` root, not a spawned task.
    pub const fn is_root(self) -> bool {
        self.0 & Self::ROOT != 0
    }

    /// Whether this is known only by its tracing span.
    pub const fn is_span(self) -> bool {
        !self.is_root() && self.0 & Self::SPAN != 0
    }
}

/// Spawned tasks read as their number; roots as `main`, `main-2`, `main-3` ...; spans as `span-4711`.
impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_root(), self.0 & !Self::ROOT) {
            (false, number) if self.is_span() => f.pad(&format!("span-{}", number & !Self::SPAN)),
            (false, number) => number.fmt(f),
            (true, 1) => f.pad("main"),
            (true, n) => f.pad(&format!("main-{n}")),
        }
    }
}

/// The text was neither a task's number nor a root's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a task is named by its number, or by `main`, `main-2`, `span-4711` ...")]
pub struct NotATaskId;

impl FromStr for TaskId {
    type Err = NotATaskId;

    /// Reads exactly what is printed: no sign, no leading zero.
    fn from_str(text: &str) -> Result<Self, NotATaskId> {
        if let Some(span) = text.strip_prefix("span-") {
            let id = span.parse().ok().map(Self::span);
            return id.filter(|id| id.to_string() == text).ok_or(NotATaskId);
        }
        let id = match text.strip_prefix("main") {
            Some("") => return Ok(Self::root(1)),
            Some(root) => root.strip_prefix('-').and_then(|n| n.parse().ok()).map(|n: u64| n | Self::ROOT),
            None => text.parse().ok(),
        };
        id.map(Self).filter(|id| id.to_string() == text).ok_or(NotATaskId)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A runtime of the process, counted from 0 in the order in which they were first seen.
    RuntimeId(u32)
);
number!(
    /// A source location, interned by its source.
    #[derive(Default)]
    LocationId(u32)
);
number!(
    /// A node of the interned spawn chains: a spawn location and the chain of its spawner.
    ChainId(u32)
);
number!(
    /// An await tree, interned by its source.
    TreeId(u32)
);
number!(
    /// An address in a stack, interned by its source.
    FrameId(u32)
);
number!(
    /// Polls that took too long in the same way, numbered by their source.
    SlowPollId(u32)
);
number!(
    /// A worker of one runtime, counted from 0 as tokio counts them.
    Worker(u32)
);
number!(
    /// A resource (a lock, a semaphore, a timer), numbered by its source.
    #[derive(Default)]
    ResourceId(u64)
);
number!(
    /// An operation on a resource, numbered by its source.
    #[derive(Default)]
    OperationId(u64)
);
