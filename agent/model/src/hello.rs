//! The first words on a connection, as JSON: who is there, and whether the two can talk.
//! The client speaks first; the program answers with a [`Hello`] or a [`Refusal`].
//! A recording begins with the Hello of the program it was made of.

use crate::change::{Coverage, Runtime};
use crate::codes::Source;
use crate::time::At;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a client says first.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// The client's name and version, for the program's own records.
    #[serde(default)]
    pub client: String,
    /// The secret of a TCP listener that wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// The token stays out of logs and panic texts.
impl fmt::Debug for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "***");
        f.debug_struct("Greeting").field("client", &self.client).field("token", &token).finish()
    }
}

/// What a program, or a recording of it, says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The process, as it knows itself: inside a container, the container's number.
    pub pid: u32,
    /// Name of the executable.
    pub program: String,
    /// The kind of source.
    pub source: Source,
    /// The source's name and version.
    pub agent: String,
    /// The agent's mode: `on`, `log`, `debug`.
    pub mode: String,
    /// When the source began to see.
    pub started_at: At,
    /// The same moment on both clocks.
    pub clock: ClockPair,
    /// What this client may do.
    pub rights: Rights,
    /// The runtimes there are.
    #[serde(default)]
    pub runtimes: Vec<Runtime>,
    /// What is seen and what is not.
    #[serde(default)]
    pub coverage: Vec<Coverage>,
    /// Tasks alive now.
    #[serde(default)]
    pub live_tasks: u64,
    /// The name of a Unix socket in the folder of the agent's, where a console-subscriber of the program's tells what
    /// it has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
}

/// One moment on two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPair {
    /// CLOCK_MONOTONIC of the program's host, nanoseconds.
    pub monotonic_ns: u64,
    /// Nanoseconds since 1970-01-01 UTC.
    pub wall_ns: u64,
}

/// What a connection may do. Rights are granted one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rights {
    /// See tasks and figures.
    pub read: bool,
    /// Cancel tasks, run commands, send signals, switch modes.
    pub control: bool,
    /// Read the program's memory.
    pub memory: bool,
}

impl Rights {
    /// Everything: a peer that could take it anyway.
    pub const ALL: Self = Self { read: true, control: true, memory: true };
    /// Only looking.
    pub const READ: Self = Self { read: true, control: false, memory: false };
}

/// Why a connection is not served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The class of the reason.
    pub refused: Refused,
    /// One line for a person.
    pub message: String,
}

/// The class of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Wrong user, or no or a wrong token.
    NotPermitted,
    /// The versions have nothing in common.
    Version,
    /// Too many clients already.
    Busy,
    /// A reason this version does not know.
    #[serde(other)]
    Other,
}

/// The answer to a [`Greeting`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Welcome {
    /// Not served.
    Refusal(Refusal),
    /// Served.
    Hello(Box<Hello>),
}
