//! What is known of a wrapped task after its end.

use super::extension::{Asked, FutureType, Handled};
use super::wakes::Woke;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a task said when it failed or panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Raw clock.
    pub(crate) at: u64,
    pub(crate) message: String,
    /// Number of the place of the panic.
    pub(crate) place: Option<u32>,
}

/// What is known of a wrapped task after its end.
#[derive(Clone)]
pub(crate) struct Fate {
    pub(crate) future: Option<&'static FutureType>,
    /// As of its end; `more` knows it better.
    handled: Handled,
    pub(crate) more: Option<Arc<More>>,
}

/// What not every task has.
pub(crate) struct More {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) asked: Option<Asked>,
    pub(crate) said: Option<Said>,
    pub(crate) woke: Option<Box<Woke>>,
    /// Packed: it goes on after the end.
    handled: AtomicU64,
}

impl Fate {
    #[inline]
    pub(crate) fn new(
        future: Option<&'static FutureType>,
        handled: Handled,
        more: Option<Arc<More>>,
    ) -> Self {
        Self { future, handled, more }
    }

    /// Where the handle is, as far as that is known here.
    #[inline]
    pub(crate) fn handled(&self) -> Handled {
        self.more.as_ref().map_or(self.handled, |more| more.handled())
    }

    /// The same, learnt later.
    pub(crate) fn set_handled(&mut self, handled: Handled) {
        self.handled = handled;
    }
}

impl More {
    pub(crate) fn new(
        name: Option<Arc<str>>,
        asked: Option<Asked>,
        said: Option<Said>,
        woke: Option<Box<Woke>>,
        handled: Handled,
    ) -> Self {
        Self { name, asked, said, woke, handled: AtomicU64::new(handled.pack()) }
    }

    fn handled(&self) -> Handled {
        Handled::unpack(self.handled.load(Ordering::Relaxed))
    }

    pub(crate) fn set_handled(&self, handled: Handled) {
        self.handled.store(handled.pack(), Ordering::Relaxed);
    }
}
