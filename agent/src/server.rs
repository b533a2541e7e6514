//! The agent's own thread: collects what has changed, and tells it to whoever is attached. It never runs on
//! the program's runtime, so it answers while every worker is blocked.

#[cfg(unix)]
mod at_exit;
#[cfg(unix)]
mod awaits;
#[cfg(unix)]
mod black_box;
#[cfg(unix)]
mod calls;
#[cfg(unix)]
mod cancel;
#[cfg(unix)]
mod client;
#[cfg(unix)]
mod collector;
#[cfg(unix)]
mod door;
#[cfg(unix)]
mod figures;
#[cfg(unix)]
mod listen;
#[cfg(unix)]
mod memory;
#[cfg(unix)]
mod news;
#[cfg(unix)]
mod pace;
#[cfg(unix)]
mod pages;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod reporter;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod stacks;
#[cfg(unix)]
mod stream;
#[cfg(unix)]
mod subscriber;
#[cfg(unix)]
mod told;
#[cfg(unix)]
mod traces;
#[cfg(unix)]
mod view;

#[cfg(unix)]
pub(crate) use collector::history;

use crate::core::Core;

/// Starts the server's thread. If it cannot be started the program runs on, and nobody can attach.
pub(crate) fn start(core: &'static Core) {
    #[cfg(unix)]
    serve::start(core);
    #[cfg(not(unix))]
    core.notes.say("listening", taskscope_model::codes::Seen::NO, "the agent is inert on this platform", "");
}
