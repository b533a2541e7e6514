//! Where stacks cannot be taken: the same faces, and nothing behind them.

use super::Choice;
use super::frames::Address;
use super::named::Named;
use super::taken::Taken;

/// What the kernel tells of a thread: nothing.
pub(crate) mod proc {
    use taskscope_model::Nanos;

    /// What the scheduler has counted of a thread since its start.
    #[derive(Clone, Copy, Debug, Default)]
    pub(crate) struct Scheduled {
        /// Time on a processor.
        pub(crate) ran: Nanos,
        /// Time waiting for one.
        pub(crate) waited: Nanos,
    }

    /// What a thread is about.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[expect(dead_code, reason = "known elsewhere")]
    pub(crate) enum State {
        /// It runs, or waits for a processor.
        Ready,
        /// It waits for something else.
        Waits,
        /// Somebody has stopped it.
        Stopped,
    }

    /// Not counted here.
    pub(crate) fn scheduled(_: u32) -> Option<Scheduled> {
        None
    }

    /// The same of one thread, asked again and again.
    pub(crate) struct Account;

    impl Account {
        /// That of a thread.
        pub(crate) fn of(_: u32) -> Self {
            Self
        }

        /// Zeros.
        pub(crate) fn now(&self) -> Scheduled {
            Scheduled::default()
        }
    }

    /// Not known here.
    pub(crate) fn state(_: u32) -> Option<State> {
        None
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

/// No thread is looked at twice.
pub(crate) struct Watched;

/// What came of a look at a thread.
#[expect(dead_code, reason = "known elsewhere")]
pub(crate) enum Look {
    /// Its stack.
    Taken(Taken),
    /// It is to be looked at again.
    Runs(Watched),
    /// The next look may do better.
    Moved,
    /// Its stack cannot be had.
    InVain,
}

/// Between two looks.
pub(crate) const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(1);

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

    /// In vain.
    pub(crate) fn look(&mut self, _: u32, _: Option<Watched>) -> Look {
        Look::InVain
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
