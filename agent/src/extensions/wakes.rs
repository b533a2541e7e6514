//! How one task was woken, counted while somebody asks. Written by any thread, so by read-modify-write; but how long it
//! waited by its polls alone, one after the other.

use crate::records::bucket;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Buckets of long waits: from 1 to 2 us on up to 8 to 17 s.
const BUCKETS: usize = 24;

/// The counts of one task: some 160 bytes, which none has that is not counted. Times are of the raw clock.
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
    waits: AtomicWaits,
    /// The round of counting in which it was polled last.
    round: AtomicU32,
}

/// How often it waited how long. One writer at a time, whose polls tokio puts in order.
#[derive(Debug, Default)]
struct AtomicWaits {
    longest: AtomicU64,
    short: AtomicU32,
    long: [AtomicU32; BUCKETS],
}

/// The same, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waits {
    pub(crate) longest: u64,
    /// Below the first bucket of the long ones.
    short: u32,
    /// Of the shortest first.
    pub(crate) long: [u32; BUCKETS],
}

impl Waits {
    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.long.iter().chain([&self.short]).map(|count| u64::from(*count)).sum()
    }
}

impl AtomicWaits {
    /// Counts a wait that is over; `1 << long_shift` is the shortest long one. The counts stop at their most.
    fn count(&self, waited: u64, long_shift: u32) {
        let count = match waited >> long_shift {
            0 => Some(&self.short),
            _ => self.long.get(bucket(waited, long_shift, BUCKETS)),
        };
        if let Some(count) = count {
            count.store(count.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
        }
        if waited > self.longest.load(Ordering::Relaxed) {
            self.longest.store(waited, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Waits {
        Waits {
            longest: self.longest.load(Ordering::Relaxed),
            short: self.short.load(Ordering::Relaxed),
            long: std::array::from_fn(|bucket| self.long[bucket].load(Ordering::Relaxed)),
        }
    }
}

/// All of it at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Woke {
    pub(crate) wakes: u64,
    pub(crate) self_wakes: u64,
    pub(crate) wakers: u32,
    pub(crate) scheduled: u64,
    pub(crate) woken_since: u64,
    pub(crate) last_wake: u64,
    pub(crate) waits: Waits,
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

    /// It is polled; see [`long_wait_shift`](crate::clock::Clock::long_wait_shift). Polls between two rounds of
    /// counting are not told here, so a wake of an earlier round is of no poll of this one.
    pub(crate) fn polled(&self, now: u64, long_shift: u32, round: u32) {
        let since = self.woken_since.swap(0, Ordering::Relaxed);
        if self.round.swap(round, Ordering::Relaxed) == round && since != 0 {
            let waited = now.saturating_sub(since);
            self.scheduled.fetch_add(waited, Ordering::Relaxed);
            self.waits.count(waited, long_shift);
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

    /// `counted`: polls are told here now. Else nobody knows since when it waits for one.
    pub(crate) fn read(&self, counted: bool) -> Woke {
        let woken_since = self.woken_since.load(Ordering::Relaxed);
        Woke {
            wakes: self.wakes.load(Ordering::Relaxed),
            self_wakes: self.self_wakes.load(Ordering::Relaxed),
            wakers: self.wakers.load(Ordering::Relaxed),
            scheduled: self.scheduled.load(Ordering::Relaxed),
            woken_since: if counted { woken_since } else { 0 },
            last_wake: self.last_wake.load(Ordering::Relaxed),
            waits: self.waits.read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: u32 = 1;

    fn polled_once() -> Wakes {
        let wakes = Wakes::default();
        wakes.polled(100, 10, ROUND);
        assert_eq!(wakes.read(true).waits, Waits::default(), "nothing has woken it");
        wakes
    }

    #[test]
    fn waits_are_counted_by_length_and_the_first_wake_begins_one() {
        let wakes = polled_once();
        let waits = [(5, 10), (5, 1_028), (5, 1_029), (5, 4_200), (1, u64::MAX)];
        for (since, polled) in waits {
            wakes.wake(since, false);
            wakes.wake(since + 3, false);
            wakes.polled(polled, 10, ROUND);
            wakes.polled(polled, 10, ROUND);
        }
        let waits = wakes.read(true).waits;
        assert_eq!((waits.short, waits.count(), waits.longest), (2, 5, u64::MAX - 1));
        let mut long = [0; BUCKETS];
        (long[0], long[2], long[BUCKETS - 1]) = (1, 1, 1);
        assert_eq!(waits.long, long);
        assert!(size_of::<Wakes>() <= 160);
    }

    #[test]
    fn a_wake_of_a_round_before_is_no_wait_of_this_one() {
        let wakes = polled_once();
        wakes.wake(200, false);
        assert_eq!((wakes.read(true).woken_since, wakes.read(false).woken_since), (200, 0));
        wakes.polled(1 << 40, 10, ROUND + 1);
        let woke = wakes.read(true);
        assert_eq!((woke.woken_since, woke.scheduled, woke.waits.count()), (0, 0, 0));
        wakes.wake(1 << 41, false);
        wakes.polled((1 << 41) + 7, 10, ROUND + 1);
        assert_eq!(wakes.read(true).waits.longest, 7);
    }
}
