//! Wakes the watchdog when a poll begins while it sleeps.
//!
//! It sleeps only after no thread was in a poll for a while. First it says so here, and begins a new epoch: from
//! then on the first poll of every task leaves the usual way and looks here. A poll that begins at that very
//! moment may still have seen the old epoch, so the watchdog looks once more a period later, and only then
//! goes to sleep for good. A poll that it misses by that has ended.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;

/// One sleeper, many who ring. On a cache line of its own: it is looked at often.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Bell {
    asleep: AtomicBool,
    sleeper: OnceLock<Thread>,
}

impl Bell {
    /// A poll begins.
    #[inline]
    pub(crate) fn ring(&self) {
        if self.asleep.load(Ordering::Relaxed) {
            self.wake();
        }
    }

    /// Wakes the sleeper, for whatever reason. Only the first of many pays for it.
    #[cold]
    pub(crate) fn wake(&self) {
        self.asleep.store(false, Ordering::Release);
        if let Some(sleeper) = self.sleeper.get() {
            sleeper.unpark();
        }
    }

    /// The calling thread is the one to be woken.
    pub(crate) fn sleeps_here(&self) {
        // A second one would be a mistake of ours; the first stays.
        let _ = self.sleeper.set(std::thread::current());
    }

    /// From now on polls that begin ring.
    pub(crate) fn fall_asleep(&self) {
        self.asleep.store(true, Ordering::Release);
    }

    /// Whether nobody has rung since.
    pub(crate) fn is_asleep(&self) -> bool {
        self.asleep.load(Ordering::Acquire)
    }

    /// Polls do not ring any more.
    pub(crate) fn is_awake_now(&self) {
        self.asleep.store(false, Ordering::Release);
    }
}
