//! Which tokio programs run here, and how they can be seen.

use super::Address;
use taskscope_model::{Nanos, Source};

/// A live program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// As this host counts.
    pub(crate) pid: u32,
    /// Name of its executable.
    pub(crate) program: String,
    /// Where it is attached to.
    pub(crate) address: Option<Address>,
    /// How it can be seen.
    pub(crate) seen_by: Vec<Source>,
    /// Tasks alive now; `None` if it does not answer.
    pub(crate) tasks: Option<u64>,
    /// Since its agent began; `None` if it does not answer.
    pub(crate) uptime: Option<Nanos>,
    /// What is the matter with it; `None` if it answers.
    pub(crate) trouble: Option<String>,
}

/// Every program with an agent that this user may see, by pid.
pub(crate) fn processes() -> Vec<Process> {
    Vec::new()
}
