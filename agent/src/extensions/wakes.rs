//! How one task was woken, counted while somebody asks. Written by any thread, so by read-modify-write.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The counts of one task. Times are of the raw clock.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    wakes: AtomicU64,
    self_wakes: AtomicU64,
    wakers: AtomicU32,
    /// Between wake and poll, summed up.
    scheduled: AtomicU64,
    /// 0: it waits to be woken.
    woken_since: AtomicU64,
    last_wake: AtomicU64,
}

/// The same, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Woke {
    pub(crate) wakes: u64,
    pub(crate) self_wakes: u64,
    pub(crate) wakers: u32,
    pub(crate) scheduled: u64,
    pub(crate) woken_since: u64,
    pub(crate) last_wake: u64,
}

impl Wakes {
    /// It is woken, perhaps by a poll of its own.
    pub(crate) fn wake(&self, now: u64, by_itself: bool) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.self_wakes.fetch_add(by_itself.into(), Ordering::Relaxed);
        self.last_wake.fetch_max(now, Ordering::Relaxed);
        // The first wake since the last poll counts. Who loses was not the first.
        _ = self.woken_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// It is polled.
    pub(crate) fn polled(&self, now: u64) {
        let since = self.woken_since.swap(0, Ordering::Relaxed);
        if since != 0 {
            self.scheduled.fetch_add(now.saturating_sub(since), Ordering::Relaxed);
        }
    }

    /// There is one more waker of it.
    pub(crate) fn cloned(&self) {
        self.wakers.fetch_add(1, Ordering::Relaxed);
    }

    /// There is one less.
    pub(crate) fn dropped(&self) {
        self.wakers.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Woke {
        Woke {
            wakes: self.wakes.load(Ordering::Relaxed),
            self_wakes: self.self_wakes.load(Ordering::Relaxed),
            wakers: self.wakers.load(Ordering::Relaxed),
            scheduled: self.scheduled.load(Ordering::Relaxed),
            woken_since: self.woken_since.load(Ordering::Relaxed),
            last_wake: self.last_wake.load(Ordering::Relaxed),
        }
    }
}
