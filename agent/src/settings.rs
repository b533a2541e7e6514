//! Where the agent listens besides its Unix socket, and what it grants there.

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
