//! Handles that were let go after the end of their tasks: the last ones of each thread. A ring that its thread alone
//! writes, without a lock, and the collector reads.
//!
//! The writer writes an entry and then the count of all entries ever (Release). The reader copies entries between two
//! looks at the count: those that the writer may have come round to meanwhile are left out.

use crate::extensions::Handled;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Entries kept.
const KEPT: usize = 1_024;

/// A handle that was let go after the end of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) id: u64,
    pub(crate) handled: Handled,
}

/// One thread's ring.
pub(crate) struct LateRing {
    ever: AtomicU64,
    entries: Box<[Entry]>,
}

#[derive(Default)]
struct Entry {
    id: AtomicU64,
    handled: AtomicU64,
}

impl LateRing {
    pub(crate) fn new() -> Self {
        Self { ever: AtomicU64::new(0), entries: (0..KEPT).map(|_| Entry::default()).collect() }
    }

    /// Adds one. Called by the one thread.
    #[inline]
    pub(crate) fn push(&self, late: Late) {
        let ever = self.ever.load(Ordering::Relaxed);
        if let Some(entry) = self.entries.get(ever as usize % KEPT) {
            // Pairs with the Acquire fence of the reader: who sees the entry sees that its place was passed.
            fence(Ordering::Release);
            entry.id.store(late.id, Ordering::Relaxed);
            entry.handled.store(late.handled.pack(), Ordering::Relaxed);
        }
        self.ever.store(ever + 1, Ordering::Release);
    }

    /// How many there ever were.
    pub(crate) fn ever(&self) -> u64 {
        self.ever.load(Ordering::Acquire)
    }

    /// Those that came after the first `seen` and are still here, oldest first; and how many there ever were.
    pub(crate) fn after(&self, seen: u64) -> (Vec<Late>, u64) {
        let until = self.ever();
        // The writer may be at the next entry already.
        let room = KEPT as u64 - 1;
        let from = seen.max(until.saturating_sub(room)).min(until);
        let entries = (from..until).filter_map(|number| self.entries.get(number as usize % KEPT));
        let read = |entry: &Entry| Late {
            id: entry.id.load(Ordering::Relaxed),
            handled: Handled::unpack(entry.handled.load(Ordering::Relaxed)),
        };
        let mut late: Vec<Late> = entries.map(read).collect();
        fence(Ordering::Acquire);
        let passed = self.ever.load(Ordering::Relaxed).saturating_sub(room).saturating_sub(from);
        late.drain(..late.len().min(passed as usize));
        (late, until)
    }
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;
    use taskscope_model::codes::HandleState;

    fn late(id: u64) -> Late {
        Late { id, handled: Handled { state: HandleState::AWAITED, at: id * 8 } }
    }

    #[test]
    fn the_last_ones_are_kept_in_order() {
        let ring = LateRing::new();
        assert_eq!(ring.after(0), (vec![], 0));
        (0..3).for_each(|id| ring.push(late(id)));
        assert_eq!(ring.after(1), (vec![late(1), late(2)], 3));
        (3..5_000).for_each(|id| ring.push(late(id)));
        let (kept, ever) = ring.after(3);
        assert_eq!((kept.len(), ever), (KEPT - 1, 5_000));
        assert_eq!(kept.last(), Some(&late(4_999)));
    }

    #[test]
    fn what_is_read_was_written_together() {
        let ring = LateRing::new();
        std::thread::scope(|scope| {
            scope.spawn(|| (1..200_000).for_each(|id| ring.push(late(id))));
            let mut seen = 0;
            while seen < 199_999 {
                let (read, ever) = ring.after(seen);
                assert!(read.iter().all(|it| *it == late(it.id) && it.id > 0));
                seen = ever;
            }
        });
    }
}
