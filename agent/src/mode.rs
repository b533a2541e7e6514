//! How much the agent does.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// How much the agent does; `TASKSCOPE` chooses, else the builder, else it is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Nothing is installed, nothing listens.
    Off,
    /// Gathers and serves.
    #[default]
    On,
    /// Writes what is wrong, too: findings of warning and above, to `tracing` if the program has a global
    /// subscriber, else to standard error.
    Log,
    /// Writes every finding, measures wakes and delays of tasks spawned through the agent, and sums up at the
    /// end. For development.
    Debug,
}

impl Mode {
    const ALL: [Mode; 4] = [Mode::Off, Mode::On, Mode::Log, Mode::Debug];

    /// Its name in `TASKSCOPE` and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::On => "on",
            Mode::Log => "log",
            Mode::Debug => "debug",
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
#[error("a mode is one of off, on, log, debug")]
pub struct NotAMode;

impl FromStr for Mode {
    type Err = NotAMode;

    fn from_str(text: &str) -> Result<Self, NotAMode> {
        Self::ALL.into_iter().find(|mode| mode.name() == text).ok_or(NotAMode)
    }
}

/// The mode in force, which a monitor may change.
#[derive(Debug)]
pub(crate) struct CurrentMode(AtomicU8);

impl CurrentMode {
    pub(crate) fn new(mode: Mode) -> Self {
        Self(AtomicU8::new(mode as u8))
    }

    pub(crate) fn get(&self) -> Mode {
        let number = self.0.load(Ordering::Relaxed);
        Mode::ALL.into_iter().find(|mode| *mode as u8 == number).unwrap_or_default()
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.0.store(mode as u8, Ordering::Relaxed);
    }

    /// A further builder asks for a mode: the one that does more holds.
    pub(crate) fn raise(&self, mode: Mode) {
        self.0.fetch_max(mode as u8, Ordering::Relaxed);
    }
}
