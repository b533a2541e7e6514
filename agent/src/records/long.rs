//! How many polls of a task were long, by length: packed, four counts a word. And in which bucket of its kind any
//! duration falls: each bucket is twice as long as the one before, the last one open.

use crate::sync::{AtomicU64, Ordering};

/// Counts in a word.
const PACKED: usize = 4;
#[cfg(not(taskscope_loom))]
const WORDS: usize = 3;
#[cfg(taskscope_loom)]
const WORDS: usize = 1;
/// Buckets of long polls: each twice as long as the one before, the last one open.
const BUCKETS: usize = PACKED * WORDS;
/// The bits of a count.
const BITS: usize = u16::BITS as usize;

/// The counts of one task. They stop at 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LongPolls([u64; WORDS]);

impl LongPolls {
    /// Of a task without long polls.
    pub(crate) const NONE: Self = Self([0; WORDS]);

    /// Counts a poll that was long, in raw clock units: at least `1 << long_shift`.
    #[cold]
    pub(crate) fn count(&mut self, spent: u64, long_shift: u32) {
        let bucket = bucket(spent, long_shift, BUCKETS);
        let word = &mut self.0[bucket / PACKED];
        let shift = bucket % PACKED * BITS;
        if *word >> shift & u64::from(u16::MAX) != u64::from(u16::MAX) {
            *word += 1 << shift;
        }
    }

    /// The counts, of the shortest polls first.
    pub(crate) fn counts(self) -> impl Iterator<Item = u16> {
        (0..BUCKETS).map(move |bucket| (self.0[bucket / PACKED] >> (bucket % PACKED * BITS)) as u16)
    }
}

/// Which one of so many buckets a duration falls into that is at least `1 << first`, the lower bound of the first one.
pub(crate) fn bucket(spent: u64, first: u32, buckets: usize) -> usize {
    let length = (u64::BITS - 1).saturating_sub(spent.leading_zeros());
    (length.saturating_sub(first) as usize).min(buckets - 1)
}

/// The same in a record: one writer at a time.
pub(super) struct AtomicLongPolls([AtomicU64; WORDS]);

impl AtomicLongPolls {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    pub(super) fn load(&self) -> LongPolls {
        LongPolls(std::array::from_fn(|word| self.0[word].load(Ordering::Relaxed)))
    }

    pub(super) fn store(&self, counts: LongPolls) {
        self.0.iter().zip(counts.0).for_each(|(word, counts)| word.store(counts, Ordering::Relaxed));
    }
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_apart_and_stop_at_their_most() {
        let mut polls = LongPolls::NONE;
        for _ in 0..70_000 {
            polls.count(1 << 14, 14);
        }
        polls.count((1 << 16) - 1, 14);
        polls.count(u64::MAX, 14);
        assert_eq!(polls.counts().collect::<Vec<_>>(), [65_535, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }
}
