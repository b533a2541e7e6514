//! How much the agent does.

use std::fmt;
use std::str::FromStr;

/// How much the agent does; `TASKSCOPE` chooses, else the builder, else it is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is installed, nothing listens.
    Off,
    /// Gathers and serves.
    #[default]
    On,
}

impl Mode {
    /// Its name in `TASKSCOPE` and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::On => "on",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mode is one of off, on")]
pub struct NotAMode;

impl FromStr for Mode {
    type Err = NotAMode;

    fn from_str(text: &str) -> Result<Self, NotAMode> {
        [Mode::Off, Mode::On].into_iter().find(|mode| mode.name() == text).ok_or(NotAMode)
    }
}
