//! A stack as it was taken: addresses, no names yet.

use super::frames::Address;
use taskscope_model::codes::Doing;

/// The stack of a thread.
pub(crate) struct Taken {
    /// What the thread did.
    pub(crate) doing: Doing,
    /// The system call that it was in; empty if in none.
    pub(crate) call: &'static str,
    /// Taken without stopping the thread.
    pub(crate) approximate: bool,
    /// Whether it reaches to the thread's start.
    pub(crate) complete: bool,
    /// Innermost first.
    pub(crate) addresses: Vec<Address>,
}

impl Taken {
    /// Of a thread that runs, or would if it had a processor, and whose stack cannot be had.
    pub(crate) fn nothing() -> Self {
        Self { doing: Doing::RUNNING, call: "", approximate: true, complete: false, addresses: Vec::new() }
    }
}
