//! Enumerations that cross the wire. Each is a `u8` whose unknown values mean *unknown*, so that an older
//! reader survives a newer writer.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! code {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $value:literal => $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$item_doc])* pub const $item: Self = Self($value);)+

            /// The known values, in order.
            pub const KNOWN: &[Self] = &[$(Self::$item),+];

            /// The value's name in text and JSON; `None` for a value this version does not know.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)+
                    _ => None,
                }
            }

            /// The value of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::KNOWN.iter().copied().find(|known| known.name() == Some(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name().unwrap_or("unknown"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{}({name})", stringify!($name)),
                    None => write!(f, "{}({})", stringify!($name), self.0),
                }
            }
        }
    };
}

code! {
    /// Who saw a fact. A larger value is the stronger source for life, times and outcome.
    Source {
        /// The program's memory, read from outside.
        OUTSIDE = 1 => "outside",
        /// A console-subscriber in the program.
        CONSOLE = 2 => "console-subscriber",
        /// The agent in the program.
        AGENT = 3 => "agent",
    }
}

code! {
    /// What a task is to its runtime.
    TaskKind {
        /// `tokio::spawn` and everything that ends there.
        ASYNC = 1 => "async",
        /// The future of `#[main]` or `block_on`: the root of spawn chains.
        BLOCK_ON = 2 => "block_on",
        /// `spawn_local` on a `LocalSet`.
        LOCAL = 3 => "local",
        /// `spawn_blocking`.
        BLOCKING = 4 => "blocking",
        /// A command of the program's own that somebody runs.
        COMMAND = 5 => "command",
    }
}

code! {
    /// How a task ended. The zero value is *unknown*: the instrumentation cannot tell.
    Outcome {
        /// It returned.
        COMPLETED = 1 => "completed",
        /// It returned `Err`.
        FAILED = 2 => "failed",
        /// It was aborted.
        CANCELLED = 3 => "cancelled",
        /// It panicked.
        PANICKED = 4 => "panicked",
        /// It was dropped with its runtime.
        SHUT_DOWN = 5 => "shut down with its runtime",
    }
}

impl Outcome {
    /// The instrumentation cannot tell.
    pub const UNKNOWN: Self = Self(0);

    /// Whether it is known that the task did not run to a good end.
    pub fn did_not_complete(self) -> bool {
        self != Self::COMPLETED && self.name().is_some()
    }
}

code! {
    /// How a runtime runs its tasks.
    Flavor {
        /// One thread, that of `block_on`.
        CURRENT_THREAD = 1 => "current_thread",
        /// A pool of workers.
        MULTI_THREAD = 2 => "multi_thread",
    }
}

code! {
    /// How much of a topic a source sees.
    Seen {
        /// All of it.
        YES = 1 => "yes",
        /// Some of it; the reason says what is missing.
        PARTLY = 2 => "partly",
        /// Nothing.
        NO = 3 => "no",
    }
}

code! {
    /// What a counter of the source counts. Caps are counted, never silent.
    Counter {
        /// Tasks alive now, seen or not.
        LIVE = 1 => "live",
        /// Tasks that match the subscription's query.
        MATCHED = 2 => "matched",
        /// Matching tasks that the subscription's limit leaves out.
        NOT_SHOWN = 3 => "not shown",
        /// Tasks that have ended since the start.
        ENDED = 4 => "ended",
        /// Tasks alive that the source could not track.
        UNTRACKED = 5 => "untracked",
        /// Ended tasks that the history no longer holds.
        HISTORY_DROPPED = 6 => "history dropped",
        /// Connections refused because too many were open.
        CONNECTIONS_REFUSED = 7 => "connections refused",
        /// Spawn locations and chains beyond the table's size, shown as one.
        PLACES_MERGED = 8 => "places merged",
        /// Clients attached now.
        CLIENTS = 9 => "clients",
        /// Events that the source had no room to note: tasks, resources or operations may be missing.
        EVENTS_LOST = 10 => "events lost",
    }
}

code! {
    /// Why a request was not carried out.
    Reason {
        /// The connection lacks the right.
        NOT_PERMITTED = 1 => "not permitted",
        /// The query or sort key is wrong.
        WRONG_QUERY = 2 => "wrong query",
        /// The program does not know the request.
        UNKNOWN_REQUEST = 3 => "unknown request",
        /// The program cannot do that, or not to this task.
        IMPOSSIBLE = 4 => "impossible",
        /// There is no such task.
        NO_SUCH_TASK = 5 => "no such task",
    }
}

code! {
    /// What became of a task's handle.
    HandleState {
        /// Somebody has it.
        HELD = 1 => "held",
        /// It gave out what the task returned.
        AWAITED = 2 => "awaited",
        /// It was dropped before that.
        DROPPED = 3 => "dropped",
        /// It was let go on purpose.
        DETACHED = 4 => "detached",
        /// A JoinSet has it.
        IN_SET = 5 => "in a JoinSet",
    }
}

code! {
    /// In which way a task was asked to stop.
    CancelWay {
        /// Through its handle.
        ABORT = 1 => "abort",
        /// `abort_all` or `shutdown` of the JoinSet that held it.
        SET_ABORTED = 2 => "abort of its JoinSet",
        /// The JoinSet that held it was dropped.
        SET_DROPPED = 3 => "drop of its JoinSet",
        /// A person asked through the monitor.
        MONITOR = 4 => "taskscope",
    }
}

code! {
    /// How an await tree was found, and so what the locations of its nodes mean.
    TreeKind {
        /// Futures observed by the agent; a location is where the future was made.
        OBSERVED = 1 => "observed futures",
        /// The stack of a poll; a location is the line of the await.
        STACK = 2 => "stack",
        /// The program's memory; a location is the line of the await.
        MEMORY = 3 => "memory",
        /// Operations on tokio's resources; a location is where the resource was made.
        OPERATIONS = 4 => "operations",
    }
}

code! {
    /// What sort of thing a task waits for.
    WaitKind {
        /// A point in time.
        SLEEP = 1 => "sleep",
        /// Another task's end.
        TASK = 2 => "task",
        /// A lock.
        LOCK = 3 => "lock",
        /// A semaphore.
        SEMAPHORE = 4 => "semaphore",
        /// A channel.
        CHANNEL = 5 => "channel",
        /// A socket or pipe.
        SOCKET = 6 => "socket",
        /// A notification.
        NOTIFY = 7 => "notify",
        /// Anything else.
        OTHER = 8 => "other",
    }
}

code! {
    /// What a task was seen to do.
    Activity {
        /// It was in a poll.
        RUNNING = 1 => "running",
        /// It had been woken, and was not polled yet.
        SCHEDULED = 2 => "scheduled",
        /// It waited to be woken.
        IDLE = 3 => "idle",
    }
}

code! {
    /// Whose a function is, as far as the path of its file tells.
    #[derive(Default)]
    Origin {
        /// The program's own.
        USER = 1 => "user",
        /// Of a crate it depends on.
        DEPENDENCY = 2 => "dependency",
        /// tokio's.
        TOKIO = 3 => "tokio",
        /// Of Rust's standard library.
        STD = 4 => "std",
        /// Of a library of the system.
        SYSTEM = 5 => "system",
    }
}

code! {
    /// What a thread did when its stack was taken.
    #[derive(Default)]
    Doing {
        /// It ran the program's code.
        RUNNING = 1 => "running",
        /// It was in a system call.
        IN_CALL = 2 => "in a system call",
        /// It waited for a page of memory.
        IN_FAULT = 3 => "waiting for memory",
    }
}

code! {
    /// What sort of future was dropped half way.
    DropKind {
        /// One observed in the code.
        FUTURE = 1 => "future",
        /// The handling of a request, observed by the tower layer.
        REQUEST = 2 => "request",
    }
}

code! {
    /// What a program offers.
    OfferKind {
        /// A command to run.
        COMMAND = 1 => "command",
        /// A value to ask for.
        VALUE = 2 => "value",
    }
}

code! {
    /// How a command or the reckoning of a value went.
    CallOutcome {
        /// It returned.
        RETURNED = 1 => "returned",
        /// It returned an error.
        FAILED = 2 => "failed",
        /// It panicked.
        PANICKED = 3 => "panicked",
        /// It was cancelled, or dropped with its runtime.
        CANCELLED = 4 => "cancelled",
        /// It had not ended in the time it was given, and goes on.
        RUNNING = 5 => "still running",
        /// It had not begun in the time it was given, and was taken back.
        NOT_BEGUN = 6 => "not begun",
        /// There is nothing of that name.
        UNKNOWN_NAME = 7 => "no such name",
    }
}
