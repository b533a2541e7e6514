//! What a task waits for: the tree of futures from the task's own down to those that wait in the end.

use crate::memory::Socket;
use std::fmt;
use std::sync::Arc;
use taskscope_model::{At, TaskId};

/// A future, and those that it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// The `async fn`, or the type of any other future; without generic arguments.
    pub function: Arc<str>,
    /// Where it stands.
    pub location: Option<Place>,
    /// More about it: `not started`, `select!` ...
    pub detail: Option<Arc<str>>,
    /// What it waits for, if it is one that waits in the end.
    pub waits_for: Option<Wait>,
    /// What it awaits. More than one where it awaits several at once.
    pub children: Vec<Node>,
}

impl Node {
    /// Calls `each` for everything that is waited for below.
    pub(crate) fn each_wait(&mut self, each: &mut impl FnMut(&mut Wait)) {
        self.waits_for.iter_mut().for_each(&mut *each);
        for child in &mut self.children {
            child.each_wait(each);
        }
    }
}

/// A line of the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// As given to the compiler: relative to the workspace, or absolute for a dependency.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// The line of the await itself. If not, it stands in a macro such as `select!`, and this is the line on
    /// which the function begins.
    pub exact: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What a future waits for in the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wait {
    /// A point in time.
    Time {
        /// When; in the past if it is due.
        deadline: At,
    },
    /// A lock, a semaphore or a channel.
    Resource {
        /// What it is.
        kind: ResourceKind,
        /// Which one: equal for all that wait for the same one, and for who holds it.
        address: u64,
        /// It has been given, but the future has not been polled since.
        granted: bool,
    },
    /// The end of another task.
    Task {
        /// Which one; `None` if it has ended and nothing is left of it.
        id: Option<TaskId>,
    },
    /// The end of any task of a set.
    Tasks {
        /// How many are in the set.
        count: u64,
    },
    /// A socket, pipe or other source of events.
    Io {
        /// Its file descriptor, if it could be found.
        descriptor: Option<i32>,
        /// What for, if that is known.
        direction: Option<Direction>,
        /// Its ends, if it is a socket of the program's that could be looked up.
        socket: Option<Socket>,
    },
    /// A function on a thread of the blocking pool.
    Blocking,
}

/// A lock or a permit that a task holds while it awaits something else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Held {
    /// What it is.
    pub kind: ResourceKind,
    /// Which one: the address that those who wait for it name.
    pub address: u64,
    /// The await across which it is held.
    pub location: Option<Place>,
    /// It was given to a future that waited for it, and that has not been polled since.
    pub granted: bool,
    /// It is a variable's future that has it, not one that the task polls now.
    pub aside: bool,
}

/// Which way bytes are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// It waits to read or to accept.
    Read,
    /// It waits to write or to connect.
    Write,
    /// Both.
    Both,
}

/// A lock, a semaphore or a channel, and what is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// `Mutex`.
    Mutex,
    /// `RwLock`, to read.
    RwLockRead,
    /// `RwLock`, to write.
    RwLockWrite,
    /// `Semaphore`.
    Semaphore,
    /// `mpsc`: room to send.
    Send,
    /// `mpsc`: something to receive.
    Receive,
    /// `oneshot`.
    Oneshot,
    /// `Notify`.
    Notify,
    /// `watch`: a change.
    Watch,
    /// `broadcast`: something to receive.
    Broadcast,
    /// `Barrier`.
    Barrier,
    /// `OnceCell`: its first value.
    OnceCell,
}

impl ResourceKind {
    /// Its name in text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mutex => "mutex",
            Self::RwLockRead => "rwlock (read)",
            Self::RwLockWrite => "rwlock (write)",
            Self::Semaphore => "semaphore",
            Self::Send => "mpsc send",
            Self::Receive => "mpsc receive",
            Self::Oneshot => "oneshot",
            Self::Notify => "notify",
            Self::Watch => "watch",
            Self::Broadcast => "broadcast",
            Self::Barrier => "barrier",
            Self::OnceCell => "once cell",
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
