//! One record: 128 bytes about one task. The protocol stands in the module above.

use crate::sync::{AtomicU16, AtomicU32, AtomicU64, Ordering, fence};
use taskscope_model::codes::TaskKind;

/// Buckets of long polls: each twice as long as the one before, the last one open.
#[cfg(not(taskscope_loom))]
pub(crate) const LONG_BUCKETS: usize = 12;
#[cfg(taskscope_loom)]
pub(crate) const LONG_BUCKETS: usize = 1;
/// On no touched list.
pub(super) const UNLISTED: u32 = u32::MAX;

const STATE: u32 = 0b11;
const FREE: u32 = 0;
const LIVE: u32 = 1;
const ENDED: u32 = 2;

/// What is known about a task. Two cache lines: the first is all that a poll writes, unless the poll is long
/// or the first since somebody looked.
#[repr(C, align(128))]
pub(crate) struct Record {
    pub(crate) id: AtomicU64,
    /// Raw clock at the start of the last poll; 0 before the first.
    pub(crate) poll_start: AtomicU64,
    /// Raw clock at the end of a poll: of the last one, if it is later than `poll_start`.
    pub(crate) poll_end: AtomicU64,
    /// Polls begun.
    pub(crate) polls: AtomicU64,
    /// Raw clock units spent in polls, without the last one; so too the longest.
    pub(crate) busy: AtomicU64,
    pub(crate) max_poll: AtomicU64,
    pub(crate) epoch: AtomicU32,
    /// Number of the thread slot of the current or last poll.
    pub(crate) thread: AtomicU16,
    pub(crate) runtime: AtomicU16,

    life: AtomicU32,
    slot: AtomicU32,
    location: AtomicU32,
    chain: AtomicU32,
    spawned: AtomicU64,
    /// 0: no parent.
    pub(super) parent: AtomicU64,
    pub(super) next: AtomicU32,
    kind: AtomicU32,
    /// Polls by length, without the last one, from the clock's `long` bound upwards; they stop counting at 65,535.
    pub(crate) long: [AtomicU16; LONG_BUCKETS],
}

#[cfg(all(not(taskscope_loom), target_pointer_width = "64"))]
const _: () = assert!(size_of::<Record>() == 128);

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
    pub(crate) epoch: u32,
}

/// The bucket of a long poll.
pub(crate) fn long_bucket(spent: u64, long_shift: u32) -> usize {
    let length = (u64::BITS - 1).saturating_sub(spent.leading_zeros());
    (length.saturating_sub(long_shift) as usize).min(LONG_BUCKETS - 1)
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
    pub(crate) long: [u16; LONG_BUCKETS],
}

impl Record {
    pub(super) fn new(slot: u32) -> Self {
        Self {
            id: AtomicU64::new(0),
            poll_start: AtomicU64::new(0),
            poll_end: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            max_poll: AtomicU64::new(0),
            epoch: AtomicU32::new(0),
            thread: AtomicU16::new(0),
            runtime: AtomicU16::new(0),
            life: AtomicU32::new(FREE),
            slot: AtomicU32::new(slot),
            location: AtomicU32::new(0),
            chain: AtomicU32::new(0),
            spawned: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            next: AtomicU32::new(UNLISTED),
            kind: AtomicU32::new(0),
            long: std::array::from_fn(|_| AtomicU16::new(0)),
        }
    }

    /// Fills a free record that the caller alone holds, and makes it live.
    pub(crate) fn fill(&self, seed: &Seed) {
        let life = self.life.load(Ordering::Relaxed);
        // Pairs with the Acquire fence in `copy`: a reader that sees anything written below sees FREE too.
        fence(Ordering::Release);
        self.id.store(seed.id, Ordering::Relaxed);
        self.poll_start.store(0, Ordering::Relaxed);
        self.poll_end.store(0, Ordering::Relaxed);
        self.polls.store(0, Ordering::Relaxed);
        self.busy.store(0, Ordering::Relaxed);
        self.max_poll.store(0, Ordering::Relaxed);
        self.epoch.store(seed.epoch, Ordering::Relaxed);
        self.runtime.store(seed.runtime, Ordering::Relaxed);
        self.location.store(seed.location, Ordering::Relaxed);
        self.chain.store(seed.chain, Ordering::Relaxed);
        self.spawned.store(seed.spawned, Ordering::Relaxed);
        self.parent.store(seed.parent, Ordering::Relaxed);
        self.kind.store(seed.kind.0.into(), Ordering::Relaxed);
        for bucket in &self.long {
            bucket.store(0, Ordering::Relaxed);
        }
        let generation = (life & !STATE).wrapping_add(STATE + 1);
        self.life.store(generation | LIVE, Ordering::Release);
    }

    pub(crate) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Relaxed)
    }

    pub(crate) fn location(&self) -> u32 {
        self.location.load(Ordering::Relaxed)
    }

    pub(crate) fn chain(&self) -> u32 {
        self.chain.load(Ordering::Relaxed)
    }

    /// A consistent copy; `None` if the record is of no live task, or became another task's meanwhile.
    pub(crate) fn copy(&self, long_shift: u32) -> Option<Copied> {
        self.read(|record| record.copy_own(long_shift))
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
    pub(crate) fn copy_own(&self, long_shift: u32) -> Copied {
        let mut copied = self.copy_raw();
        if copied.poll_start == 0 {
            return copied;
        }
        if copied.poll_end <= copied.poll_start {
            copied.polls = copied.polls.saturating_sub(1);
            return copied;
        }
        let spent = copied.poll_end - copied.poll_start;
        copied.poll_start = 0;
        copied.busy = copied.busy.wrapping_add(spent);
        copied.max_poll = copied.max_poll.max(spent);
        if spent >> long_shift != 0 {
            let count = &mut copied.long[long_bucket(spent, long_shift)];
            *count = count.saturating_add(1);
        }
        copied
    }

    fn copy_raw(&self) -> Copied {
        Copied {
            seed: Seed {
                id: self.id.load(Ordering::Relaxed),
                kind: TaskKind(self.kind.load(Ordering::Relaxed) as u8),
                runtime: self.runtime.load(Ordering::Relaxed),
                location: self.location.load(Ordering::Relaxed),
                chain: self.chain.load(Ordering::Relaxed),
                parent: self.parent.load(Ordering::Relaxed),
                spawned: self.spawned.load(Ordering::Relaxed),
                epoch: self.epoch.load(Ordering::Relaxed),
            },
            poll_start: self.poll_start.load(Ordering::Relaxed),
            poll_end: self.poll_end.load(Ordering::Relaxed),
            polls: self.polls.load(Ordering::Relaxed),
            busy: self.busy.load(Ordering::Relaxed),
            max_poll: self.max_poll.load(Ordering::Relaxed),
            thread: self.thread.load(Ordering::Relaxed),
            long: std::array::from_fn(|at| self.long[at].load(Ordering::Relaxed)),
        }
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
        if self.next.load(Ordering::Relaxed) == UNLISTED {
            self.life.store(life & !STATE | FREE, Ordering::Release);
            return true;
        }
        self.life.store(life & !STATE | ENDED, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.next.load(Ordering::SeqCst) == UNLISTED && self.free_ended()
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
