//! What the program says of the agent: where it listens besides its Unix socket and what it grants there, and what
//! it looks for.

use crate::limits::LimitSettings;
use crate::stacks::{Choice, Origins};
use std::path::PathBuf;
use taskscope_model::hello::Rights;

/// What the program says of the agent.
pub(crate) struct Settings {
    pub(crate) listen: Option<String>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) tcp_rights: Rights,
    /// Where the last minutes are written when something goes wrong.
    pub(crate) black_box: Option<PathBuf>,
    pub(crate) limits: LimitSettings,
    pub(crate) signal: Choice,
    pub(crate) origins: Origins,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: None,
            token_file: None,
            tcp_rights: Rights::READ,
            black_box: None,
            limits: LimitSettings::default(),
            signal: Choice::default(),
            origins: Origins::default(),
        }
    }
}
