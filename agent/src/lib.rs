//! Shows a running tokio program to `taskscope`: which tasks there are, who spawned them, what they do.
//!
//! ```
//! #[taskscope_agent::main]
//! async fn main() {
//!     tokio::spawn(async { /* seen, third-party tasks too */ }).await.unwrap();
//! }
//! ```
//!
//! Programs that build their own runtimes use [`Builder`]. Seeing spawned tasks needs tokio's hooks:
//! `--cfg tokio_unstable`; without them the agent shows `main` and counts the rest, and says so.
//!
//! The agent never panics into, blocks, or logs from the program's polls, and never runs on the program's
//! runtime: it answers from a thread of its own while every worker is blocked. `TASKSCOPE=off` installs
//! nothing.

#![cfg_attr(not(any(tokio_unstable, taskscope_loom)), expect(dead_code, reason = "what only the hooks call"))]

mod prefetch;
mod sync;

#[cfg_attr(taskscope_loom, expect(dead_code, reason = "only the record protocol is model-checked"))]
mod records;

#[cfg_attr(taskscope_loom, expect(dead_code, reason = "only the extension protocol is model-checked"))]
mod extensions;

#[cfg_attr(taskscope_loom, expect(dead_code, reason = "only the nodes' protocol is model-checked"))]
mod observe;

macro_rules! unless_loom {
    ($($item:item)*) => { $(#[cfg(not(taskscope_loom))] $item)* };
}

// Not in the list below: names that come out of a macro do not go before those of a glob.
#[cfg(not(taskscope_loom))]
pub mod task;

// Under loom only the lock-free protocols are compiled: loom's atomics cannot live outside a model.
unless_loom! {
    mod bell;
    #[cfg(unix)]
    mod black_box;
    mod builder;
    mod clock;
    #[cfg(feature = "console")]
    mod console;
    mod core;
    mod coverage;
    mod environment;
    mod farewell;
    mod flags;
    #[cfg(unix)]
    mod folder;
    mod frames;
    #[cfg(tokio_unstable)]
    mod hooks;
    mod late;
    mod limits;
    mod load;
    mod mode;
    mod notes;
    mod offered;
    mod offers;
    mod panics;
    #[cfg_attr(not(unix), path = "own_stack/elsewhere.rs")]
    mod own_stack;
    mod places;
    mod runtime;
    mod runtimes;
    mod server;
    mod settings;
    mod shard;
    #[cfg(unix)]
    mod signals;
    mod spawning;
    mod stacks;
    mod store;
    mod task_number;
    mod tell;
    mod threads;
    #[cfg(feature = "tower")]
    pub mod tower;
    mod verdict;
    mod watchdog;
    mod wrapped;

    #[doc(hidden)]
    pub mod __private;

    pub use builder::Builder;
    #[cfg(feature = "console")]
    pub use console::{SubscriberIsSet, console_init, console_layer};
    pub use mode::{Mode, NotAMode};
    pub use observe::{Observe, Observed};
    pub use offers::{Offer, Reply, command, value};
    pub use runtime::{Runtime, root};
    pub use task::{spawn, spawn_fallible};
}

pub use taskscope_macros::{main, observe, test};
