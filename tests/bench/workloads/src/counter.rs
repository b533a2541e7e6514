//! Operations done so far. Each thread counts for itself, so that counting costs the same everywhere.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const THREADS: usize = 64;

#[repr(align(128))]
struct Count(AtomicU64);

static COUNTS: [Count; THREADS] = [const { Count(AtomicU64::new(0)) }; THREADS];
static CLAIMED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MINE: &'static Count = &COUNTS[CLAIMED.fetch_add(1, Ordering::Relaxed)];
}

/// One operation more.
#[inline]
pub(crate) fn count() {
    MINE.with(|Count(mine)| mine.store(mine.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
}

/// All of them.
pub(crate) fn total() -> u64 {
    COUNTS.iter().map(|Count(count)| count.load(Ordering::Relaxed)).sum()
}
