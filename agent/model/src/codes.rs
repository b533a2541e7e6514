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
    }
}
