//! One record: twice 64 bytes about one task. The protocol stands in the module above.

use super::long::{AtomicLongPolls, LongPolls};
use super::slab::REST;
use crate::prefetch::{prefetch_to_read, prefetch_to_write};
use crate::sync::{AtomicU16, AtomicU32, AtomicU64, Ordering, fence};
use std::ptr;
use taskscope_model::TaskId;
use taskscope_model::codes::TaskKind;

/// On no touched list.
pub(super) const UNLISTED: u32 = u32::MAX;

const STATE: u32 = 0b11;
const FREE: u32 = 0;
const LIVE: u32 = 1;
const ENDED: u32 = 2;

/// What is known about a task: the half that polls read and write, one cache line. These lie side by side, apart
/// from the other halves, so that the caches hold as many tasks as they can.
#[repr(C)]
#[cfg_attr(not(taskscope_loom), repr(align(64)))]
#[cfg_attr(taskscope_loom, repr(align(1024)))]
pub(crate) struct Record {
    pub(crate) id: AtomicU64,
    /// Raw clock at the start of the last poll, even; 0 before the first.
    pub(crate) poll_start: AtomicU64,
    /// Raw clock at the end of a poll, odd: of the last one, if it is later than `poll_start`.
    /// 1 before the first.
    pub(crate) poll_end: AtomicU64,
    /// Polls begun.
    pub(crate) polls: AtomicU64,
    /// Raw clock units spent in polls, without the last one; so too the longest, at least 1.
    pub(crate) busy: AtomicU64,
    pub(crate) max_poll: AtomicU64,
    /// The stamp (`stamp`) of the thread that has polled it last: which thread, and in which epoch.
    pub(crate) stamp: AtomicU64,
    slot: AtomicU32,
    life: AtomicU32,
}

/// The other half: what seldom changes.
#[repr(C)]
#[cfg_attr(not(taskscope_loom), repr(align(64)))]
#[cfg_attr(taskscope_loom, repr(align(1024)))]
pub(super) struct Rest {
    spawned: AtomicU64,
    /// 0: no parent.
    pub(super) parent: AtomicU64,
    /// Slot of the extension of a wrapped task, plus one; 0: none.
    extension: AtomicU64,
    location: AtomicU32,
    chain: AtomicU32,
    pub(super) next: AtomicU32,
    runtime: AtomicU16,
    kind: AtomicU16,
    /// Polls by length, without the last one, from the clock's `long` bound upwards.
    long: AtomicLongPolls,
}

const _: () = assert!(size_of::<Record>() == size_of::<Rest>());
#[cfg(not(taskscope_loom))]
const _: () = assert!(size_of::<Record>() == 64);

/// A thread's number and an epoch in one word, for one comparison a poll.
pub(crate) fn stamp(thread: u16, epoch: u32) -> u64 {
    u64::from(epoch) << u16::BITS | u64::from(thread)
}

/// The number of the thread in a stamp.
fn stamped_thread(stamp: u64) -> u16 {
    stamp as u16
}

/// The epoch in a stamp.
pub(crate) fn stamped_epoch(stamp: u64) -> u32 {
    (stamp >> u16::BITS) as u32
}

/// The identity of a task, as the spawning thread knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    pub(crate) id: u64,
    pub(crate) kind: TaskKind,
    pub(crate) runtime: u16,
    pub(crate) location: u32,
    pub(crate) chain: u32,
    /// 0: none.
    pub(crate) parent: u64,
    /// Raw clock.
    pub(crate) spawned: u64,
    /// Slot of the extension, plus one; 0: none.
    pub(crate) extension: u32,
}

/// A consistent copy of a record: `polls`, `busy`, `max_poll` and `long` of the polls that have ended,
/// `poll_start` 0 unless it is in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) seed: Seed,
    pub(crate) poll_start: u64,
    pub(crate) poll_end: u64,
    pub(crate) polls: u64,
    pub(crate) busy: u64,
    pub(crate) max_poll: u64,
    pub(crate) thread: u16,
    pub(crate) long: LongPolls,
}

impl Copied {
    /// Of no task; to be written over.
    pub(crate) const NOTHING: Self = Self {
        seed: Seed {
            id: 0,
            kind: TaskKind(0),
            runtime: 0,
            location: 0,
            chain: 0,
            parent: 0,
            spawned: 0,
            extension: 0,
        },
        poll_start: 0,
        poll_end: 0,
        polls: 0,
        busy: 0,
        max_poll: 0,
        thread: 0,
        long: LongPolls::NONE,
    };
}

impl Rest {
    pub(super) fn new() -> Self {
        Self {
            spawned: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            extension: AtomicU64::new(0),
            location: AtomicU32::new(0),
            chain: AtomicU32::new(0),
            next: AtomicU32::new(UNLISTED),
            runtime: AtomicU16::new(0),
            kind: AtomicU16::new(0),
            long: AtomicLongPolls::new(),
        }
    }
}

impl Record {
    pub(super) fn new(slot: u32) -> Self {
        Self {
            id: AtomicU64::new(0),
            poll_start: AtomicU64::new(0),
            poll_end: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            max_poll: AtomicU64::new(1),
            stamp: AtomicU64::new(0),
            slot: AtomicU32::new(slot),
            life: AtomicU32::new(FREE),
        }
    }

    /// The other half.
    #[inline]
    pub(super) fn rest(&self) -> &'static Rest {
        let at = ptr::with_exposed_provenance::<Rest>(ptr::from_ref(self).addr() + REST);
        // SAFETY: records are made in chunks alone, by the slab: so far behind each lies its other half, in the
        // same allocation, whose provenance is exposed and which is never unmapped.
        unsafe { &*at }
    }

    /// The record is going to be filled: both halves may still be where the last task ended.
    #[inline]
    pub(crate) fn prefetch(&self) {
        prefetch_to_write(ptr::from_ref(self));
        prefetch_to_write(ptr::from_ref(self.rest()));
    }

    /// Its task is about to end: the other half is read then, and may still be where it was spawned.
    #[inline]
    pub(crate) fn prefetch_rest(&self) {
        prefetch_to_read(ptr::from_ref(self.rest()));
    }

    /// Fills a free record that the caller alone holds, and makes it live. The stamp is of no poll yet.
    #[inline]
    pub(crate) fn fill(&self, seed: &Seed, stamp: u64) {
        let life = self.life.load(Ordering::Relaxed);
        // Pairs with the Acquire fence in `copy`: a reader that sees anything written below sees FREE too.
        fence(Ordering::Release);
        self.id.store(seed.id, Ordering::Relaxed);
        self.poll_start.store(0, Ordering::Relaxed);
        // As if a poll of no length had ended: so the first is like any other.
        self.poll_end.store(1, Ordering::Relaxed);
        self.polls.store(0, Ordering::Relaxed);
        self.busy.store(0, Ordering::Relaxed);
        self.stamp.store(stamp, Ordering::Relaxed);
        let rest = self.rest();
        rest.spawned.store(seed.spawned, Ordering::Relaxed);
        rest.parent.store(seed.parent, Ordering::Relaxed);
        rest.location.store(seed.location, Ordering::Relaxed);
        rest.chain.store(seed.chain, Ordering::Relaxed);
        rest.runtime.store(seed.runtime, Ordering::Relaxed);
        rest.kind.store(seed.kind.0.into(), Ordering::Relaxed);
        rest.extension.store(seed.extension.into(), Ordering::Relaxed);
        // Only what is not short is counted in the buckets, and it is in `max_poll` then.
        if self.max_poll.load(Ordering::Relaxed) != 1 {
            self.max_poll.store(1, Ordering::Relaxed);
            rest.long.store(LongPolls::NONE);
        }
        let generation = (life & !STATE).wrapping_add(STATE + 1);
        self.life.store(generation | LIVE, Ordering::Release);
    }

    /// Counts a long poll.
    pub(crate) fn count_long(&self, spent: u64, long_shift: u32) {
        let mut long = self.rest().long.load();
        long.count(spent, long_shift);
        self.rest().long.store(long);
    }

    pub(crate) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Relaxed)
    }

    /// Slot of the extension, plus one; 0: none.
    pub(crate) fn extension(&self) -> u32 {
        self.rest().extension.load(Ordering::Relaxed) as u32
    }

    /// The number of its runtime, learnt by the spawn hook before the task is anybody else's.
    pub(crate) fn set_runtime(&self, runtime: u16) {
        self.rest().runtime.store(runtime, Ordering::Relaxed);
    }

    pub(crate) fn chain(&self) -> u32 {
        self.rest().chain.load(Ordering::Relaxed)
    }

    /// A consistent copy; `None` if the record is of no live task, or became another task's meanwhile. A wrapped
    /// task that tokio has not numbered yet is none either.
    pub(crate) fn copy(&self, long_shift: u32) -> Option<Copied> {
        self.read(|record| record.copy_own(long_shift)).filter(|copied| copied.seed.id != 0)
    }

    /// Whether this is, or was, the record of a root.
    pub(crate) fn is_root(&self) -> bool {
        TaskId(self.id.load(Ordering::Relaxed)).is_root()
    }

    /// Whether the task is in a poll.
    pub(crate) fn is_running(&self) -> bool {
        let start = self.poll_start.load(Ordering::Relaxed);
        start != 0 && self.poll_end.load(Ordering::Relaxed) <= start
    }

    /// Reads some fields together; `None` as in `copy`.
    pub(super) fn read<T>(&self, fields: impl FnOnce(&Self) -> T) -> Option<T> {
        let before = self.life.load(Ordering::Acquire);
        if before & STATE != LIVE {
            return None;
        }
        let read = fields(self);
        fence(Ordering::Acquire);
        (self.life.load(Ordering::Relaxed) == before).then_some(read)
    }

    /// A copy by the side that ends the task: nobody else writes. The last poll is added to the others if it
    /// has ended.
    fn copy_own(&self, long_shift: u32) -> Copied {
        let mut copied = Copied::NOTHING;
        self.copy_own_into(&mut copied, long_shift);
        copied
    }

    /// The same in place, field by field: what is first put together elsewhere is then read before it has come
    /// out of the processor's store buffer.
    #[inline]
    pub(crate) fn copy_own_into(&self, copied: &mut Copied, long_shift: u32) {
        let (start, end) = (self.poll_start.load(Ordering::Relaxed), self.poll_end.load(Ordering::Relaxed));
        let (polls, busy) = (self.polls.load(Ordering::Relaxed), self.busy.load(Ordering::Relaxed));
        let max_poll = self.max_poll.load(Ordering::Relaxed);
        let rest = self.rest();
        copied.long = rest.long.load();
        if start == 0 {
            (copied.poll_start, copied.poll_end, copied.polls, copied.busy, copied.max_poll) =
                (0, 0, 0, 0, 0);
        } else if end <= start {
            (copied.poll_start, copied.poll_end) = (start, end);
            (copied.polls, copied.busy, copied.max_poll) = (polls.saturating_sub(1), busy, max_poll);
        } else {
            let spent = end - start;
            (copied.poll_start, copied.poll_end) = (0, end);
            (copied.polls, copied.busy, copied.max_poll) =
                (polls, busy.wrapping_add(spent), max_poll.max(spent));
            if spent >> long_shift != 0 {
                copied.long.count(spent, long_shift);
            }
        }
        copied.thread = stamped_thread(self.stamp.load(Ordering::Relaxed));
        copied.seed.id = self.id.load(Ordering::Acquire);
        copied.seed.kind = TaskKind(rest.kind.load(Ordering::Relaxed) as u8);
        copied.seed.runtime = rest.runtime.load(Ordering::Relaxed);
        copied.seed.location = rest.location.load(Ordering::Relaxed);
        copied.seed.chain = rest.chain.load(Ordering::Relaxed);
        copied.seed.parent = rest.parent.load(Ordering::Relaxed);
        copied.seed.spawned = rest.spawned.load(Ordering::Relaxed);
        copied.seed.extension = rest.extension.load(Ordering::Relaxed) as u32;
    }

    /// Whether a task is alive here.
    #[cfg(test)]
    pub(crate) fn is_live(&self) -> bool {
        self.life.load(Ordering::Acquire) & STATE == LIVE
    }

    /// Ends the task. True: the record is free now and the caller has to give it back; false: the collector
    /// will. Called once a task: by who took it out of the index, or holds the root.
    pub(crate) fn end(&self) -> bool {
        let life = self.life.load(Ordering::Relaxed);
        if self.rest().next.load(Ordering::Relaxed) == UNLISTED {
            self.life.store(life & !STATE | FREE, Ordering::Release);
            return true;
        }
        self.life.store(life & !STATE | ENDED, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.rest().next.load(Ordering::SeqCst) == UNLISTED && self.free_ended()
    }

    /// Moves ENDED to FREE; true for the one caller that did.
    pub(super) fn free_ended(&self) -> bool {
        let life = self.life.load(Ordering::SeqCst);
        life & STATE == ENDED
            && self
                .life
                .compare_exchange(life, life & !STATE | FREE, Ordering::SeqCst, Ordering::Relaxed)
                .is_ok()
    }
}
