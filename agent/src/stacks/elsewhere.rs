//! Where stacks cannot be taken: the same faces, and nothing behind them.

use super::Choice;
use super::frames::Address;
use super::named::Named;
use super::taken::Taken;

/// What the kernel tells of a thread: nothing.
pub(crate) mod proc {
    /// Not counted here.
    pub(crate) fn waited(_: u32) -> Option<u64> {
        None
    }

    /// Not known here.
    pub(crate) fn is_stopped(_: u32) -> bool {
        false
    }

    /// Not known here.
    pub(crate) fn name(_: u32) -> String {
        String::new()
    }

    /// Not known here.
    pub(crate) fn threads() -> Vec<u32> {
        Vec::new()
    }
}

/// Takes no stacks.
pub(crate) struct Taker;

impl Taker {
    pub(crate) fn new(_: Choice) -> Self {
        Self
    }

    /// Why.
    pub(crate) fn complaint(&self) -> Option<&'static str> {
        Some("stacks are taken on Linux only, on x86_64 and aarch64")
    }

    /// No stacks can be taken.
    pub(crate) fn is_possible(&self) -> bool {
        false
    }

    /// None.
    pub(crate) fn take(&mut self, _: u32) -> Option<Taken> {
        None
    }
}

/// Nothing to read.
pub(crate) fn prepare() {}

/// No names are known.
pub(crate) fn look_up(_: usize) -> Vec<Named> {
    Vec::new()
}

/// The same.
pub(crate) fn look_up_in_module(_: &Address) -> Vec<Named> {
    Vec::new()
}

/// None.
pub(crate) fn uses() -> u64 {
    0
}

/// There is nothing to let go of.
pub(crate) fn let_go() {}
