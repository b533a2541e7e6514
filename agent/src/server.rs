//! The agent's own thread: collects what has changed, and tells it to whoever is attached. It never runs on
//! the program's runtime, so it answers while every worker is blocked.

#[cfg(unix)]
mod client;
#[cfg(unix)]
mod collector;
#[cfg(unix)]
mod door;
mod farewell;
#[cfg(unix)]
mod figures;
#[cfg(unix)]
mod folder;
#[cfg(unix)]
mod listen;
#[cfg(unix)]
mod news;
#[cfg(unix)]
mod pace;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod stream;
#[cfg(unix)]
mod told;
#[cfg(unix)]
mod view;

pub(crate) use farewell::Farewell;

use crate::core::Core;
use std::path::PathBuf;
use taskscope_model::hello::Rights;

/// Where the agent listens besides its Unix socket, and what it grants there.
pub(crate) struct Settings {
    pub(crate) listen: Option<String>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) tcp_rights: Rights,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: None, token_file: None, tcp_rights: Rights::READ }
    }
}

/// Starts the server's thread. If it cannot be started the program runs on, and nobody can attach.
pub(crate) fn start(core: &'static Core) {
    #[cfg(unix)]
    serve::start(core);
    #[cfg(not(unix))]
    core.notes.say("listening", taskscope_model::codes::Seen::NO, "the agent is inert on this platform", "");
}
