//! Everything that is gathered about tasks, and the poll path that gathers it.
//!
//! The budget of [`Store::poll_starts`] plus [`Store::poll_ends`] is 10 ns. In them there is no lock, no
//! allocation, no hashing, no system call, no read-modify-write and no panic; the first poll of a thread and
//! the first poll of a task since the collector looked take a slower way. Who writes what is in `records`.

use crate::bell::Bell;
use crate::clock::Clock;
use crate::places::{NO_CHAIN, Places};
use crate::records::{Copied, Index, Inserted, Record, Seed, Slab, long_bucket};
use crate::shard::EndedTask;
use crate::sync::lock;
use crate::threads::{Thread, Threads};
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use taskscope_model::TaskId;
use taskscope_model::codes::{Outcome, TaskKind};

/// The process's one store.
pub(crate) struct Store {
    pub(crate) clock: Clock,
    pub(crate) index: Index,
    pub(crate) slab: Slab,
    pub(crate) threads: Threads,
    pub(crate) places: Places,
    /// Wakes who looks for long polls.
    pub(crate) bell: Bell,
    watch: Watch,
    roots: AtomicU32,
    counts: Counts,
}

/// What the collector tells the poll path. On a cache line of its own: every poll reads it.
#[repr(align(128))]
struct Watch {
    /// Goes up by one a tick while somebody watches.
    epoch: AtomicU32,
    /// Whether new tasks are to be put on the touched lists.
    on: AtomicBool,
}

/// What could not be recorded. On a cache line of its own: rare, but then every poll.
#[derive(Default)]
#[repr(align(128))]
struct Counts {
    untracked: AtomicU64,
    unknown_polls: AtomicU64,
    unbegun_polls: AtomicU64,
    unended_polls: AtomicU64,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            clock: Clock::new(),
            index: Index::new(),
            slab: Slab::new(),
            threads: Threads::new(),
            places: Places::new(),
            bell: Bell::default(),
            watch: Watch { epoch: AtomicU32::new(1), on: AtomicBool::new(false) },
            roots: AtomicU32::new(0),
            counts: Counts::default(),
        }
    }

    /// A poll of the task begins on this thread. False: it has no record, or was first seen by this epoch.
    #[inline]
    pub(crate) fn poll_starts(&'static self, id: u64) -> PollStart {
        // First, though it counts the look-up as part of the poll: the counter is read only when all loads
        // before it have come, and the look-up is a chain of them. Behind it, it cost 15 ns more.
        let now = self.clock.raw();
        let Some(thread) = self.threads.mine() else { return PollStart::Usual };
        let Some(record) = self.index.find_near(&thread.near, id) else { return self.unknown_poll() };
        self.enter(thread, record, now)
    }

    #[inline]
    fn enter(&self, thread: &'static Thread, record: &'static Record, now: u64) -> PollStart {
        if !thread.enter(record, record.id.load(Ordering::Relaxed), now) {
            self.counts.unended_polls.fetch_add(1, Ordering::Relaxed);
        }
        self.account(record, now);
        record.thread.store(thread.number(), Ordering::Relaxed);
        self.bell.ring();
        let epoch = self.watch.epoch.load(Ordering::Relaxed);
        let first = record.epoch.load(Ordering::Relaxed) != epoch;
        if first {
            self.touch(thread, record, epoch);
        }
        if first { PollStart::FirstOfEpoch } else { PollStart::Usual }
    }

    /// The poll of the task that this thread was in has ended. tokio calls this when it has let go of the task
    /// already: another thread may be in its next poll, or have ended it. So nothing is added up here: only the
    /// end is noted, and only if the record still tells of this poll.
    #[inline]
    pub(crate) fn poll_ends(&'static self, id: u64) {
        let now = self.clock.raw();
        let Some(thread) = self.threads.mine() else { return };
        let Some((record, start)) = thread.leave(id) else { return self.end_alone(id) };
        if record.poll_start.load(Ordering::Relaxed) == start {
            record.poll_end.store(now, Ordering::Relaxed);
        }
    }

    /// The task ended in this poll and left it then, so it is known no more; or the poll's start was not seen.
    #[cold]
    fn end_alone(&'static self, id: u64) {
        if self.index.find(id).is_some() {
            self.counts.unbegun_polls.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Adds the last poll, which has ended, to the record, and begins the next. Plain loads and stores: who
    /// polls the task is the one writer.
    #[inline]
    fn account(&self, record: &Record, now: u64) {
        let start = record.poll_start.load(Ordering::Relaxed);
        record.poll_start.store(now, Ordering::Relaxed);
        let polls = record.polls.load(Ordering::Relaxed);
        record.polls.store(polls.wrapping_add(1), Ordering::Relaxed);
        if start == 0 {
            return;
        }
        let end = record.poll_end.load(Ordering::Relaxed);
        // If its end is not noted it is about to be, by the thread that has just let go of the task.
        let end = if end > start { end } else { now };
        let spent = end.saturating_sub(start);
        let busy = record.busy.load(Ordering::Relaxed);
        record.busy.store(busy.wrapping_add(spent), Ordering::Relaxed);
        if spent > record.max_poll.load(Ordering::Relaxed) {
            record.max_poll.store(spent, Ordering::Relaxed);
        }
        if spent >> self.clock.long_shift() != 0 {
            self.count_long(record, spent);
        }
    }

    #[cold]
    fn count_long(&self, record: &Record, spent: u64) {
        let bucket = long_bucket(spent, self.clock.long_shift());
        let count = record.long[bucket].load(Ordering::Relaxed);
        record.long[bucket].store(count.saturating_add(1), Ordering::Relaxed);
    }

    #[cold]
    fn touch(&self, thread: &Thread, record: &Record, epoch: u32) {
        record.epoch.store(epoch, Ordering::Relaxed);
        // Unwatched lists would not be drained, and hold their records beyond the end of the tasks.
        if self.watch.on.load(Ordering::Relaxed) {
            thread.touched.push(record);
        }
    }

    #[cold]
    fn unknown_poll(&self) -> PollStart {
        self.counts.unknown_polls.fetch_add(1, Ordering::Relaxed);
        PollStart::Unknown
    }

    /// A task was spawned by this thread.
    pub(crate) fn spawned(&'static self, id: u64, location: &'static Location<'static>, runtime: u16) {
        let spawned = self.clock.raw();
        let Some(thread) = self.threads.mine() else { return self.not_tracked() };
        let (parent, parent_chain) = spawner(thread);
        let seed = (id, TaskKind::ASYNC, runtime, spawned);
        let Some((record, place)) = self.record(thread, seed, location, parent, parent_chain) else {
            return self.not_tracked();
        };
        // Before the insert: once it is in the index the task may end on another thread, and only the side
        // that holds the task lists its record.
        if self.watch.on.load(Ordering::Relaxed) {
            thread.touched.push(record);
        }
        match self.index.insert(id, record) {
            Inserted::Yes => {}
            Inserted::AlreadyEnded => self.finish(thread, record, Outcome::SHUT_DOWN, spawned),
            Inserted::Impossible => {
                lock(&thread.shard).sums_mut(place).spawned -= 1;
                self.free(thread, record);
                self.not_tracked();
            }
        }
    }

    /// Fills a record and counts the task; gives its place too.
    fn record(
        &self,
        thread: &Thread,
        (id, kind, runtime, spawned): (u64, TaskKind, u16, u64),
        location: &'static Location<'static>,
        parent: u64,
        parent_chain: u32,
    ) -> Option<(&'static Record, u32)> {
        let mut shard = lock(&thread.shard);
        let record = shard.take_record(&self.slab)?;
        let place = shard.place(location, &self.places);
        let chain = shard.chain(parent_chain, place, &self.places);
        shard.sums_mut(place).spawned += 1;
        drop(shard);
        let epoch = self.watch.epoch.load(Ordering::Relaxed);
        record.fill(&Seed { id, kind, runtime, location: place, chain, parent, spawned, epoch });
        Some((record, place))
    }

    /// A task has ended: in a poll, or dropped with its runtime.
    pub(crate) fn terminated(&'static self, id: u64) {
        let Some(thread) = self.threads.mine() else { return };
        let now = self.clock.raw();
        match thread.leave(id) {
            Some((record, _)) => {
                if self.index.remove_known(id, record).is_some() {
                    record.poll_end.store(now, Ordering::Relaxed);
                    self.finish(thread, record, Outcome::UNKNOWN, now);
                }
            }
            None => {
                if let Some(record) = self.index.remove(id) {
                    self.finish(thread, record, Outcome::SHUT_DOWN, now);
                }
            }
        }
    }

    /// Moves a task into the history and frees its record.
    fn finish(&self, thread: &Thread, record: &'static Record, outcome: Outcome, at: u64) {
        let last = record.copy_own(self.clock.long_shift());
        // First it is not live any more, then its end is counted: who has seen it live after the count was
        // read will find the end in a later one.
        let freed = record.end();
        let mut shard = lock(&thread.shard);
        shard.end(EndedTask { last, at, outcome });
        if freed {
            shard.give_record(record, &self.slab);
        }
    }

    fn free(&self, thread: &Thread, record: &'static Record) {
        if record.end() {
            lock(&thread.shard).give_record(record, &self.slab);
        }
    }

    /// Ends what is left of runtimes that are gone: tasks whose end was not seen. Called by the collector.
    pub(crate) fn runtimes_gone(&'static self, runtimes: &[u16]) {
        let Some(thread) = self.threads.mine() else { return };
        let now = self.clock.raw();
        for record in self.slab.iter() {
            let Some(copied) = self.copy(record) else { continue };
            let id = copied.seed.id;
            if runtimes.contains(&copied.seed.runtime) && id & ROOT == 0 && self.index.remove(id).is_some() {
                self.finish(thread, record, Outcome::SHUT_DOWN, now);
            }
        }
    }

    /// A consistent copy of a record; `None` if it is of no live task.
    pub(crate) fn copy(&self, record: &Record) -> Option<Copied> {
        record.copy(self.clock.long_shift())
    }

    /// A root begins: the future of `#[main]` or `block_on`.
    pub(crate) fn root(&'static self, location: &'static Location<'static>, runtime: u16) -> Option<&'static Record> {
        let thread = self.threads.mine()?;
        let number = self.roots.fetch_add(1, Ordering::Relaxed) + 1;
        let (parent, parent_chain) = spawner(thread);
        let seed = (TaskId::root(number).0, TaskKind::BLOCK_ON, runtime, self.clock.raw());
        let (record, _) = self.record(thread, seed, location, parent, parent_chain)?;
        if self.watch.on.load(Ordering::Relaxed) {
            thread.touched.push(record);
        }
        Some(record)
    }

    /// A poll of a root begins on this thread.
    pub(crate) fn root_poll_starts(&'static self, root: &'static Record) {
        if let Some(thread) = self.threads.mine() {
            self.enter(thread, root, self.clock.raw());
        }
    }

    /// A root has ended.
    pub(crate) fn root_ended(&'static self, root: &'static Record, outcome: Outcome) {
        if let Some(thread) = self.threads.mine() {
            self.finish(thread, root, outcome, self.clock.raw());
        }
    }

    /// From now on the touched lists are kept.
    pub(crate) fn watch(&self) {
        self.watch.on.store(true, Ordering::SeqCst);
        self.next_epoch();
    }

    /// Whether somebody looks.
    pub(crate) fn is_watched(&self) -> bool {
        self.watch.on.load(Ordering::Relaxed)
    }

    /// From now on nobody looks.
    pub(crate) fn unwatch(&self) {
        self.watch.on.store(false, Ordering::SeqCst);
    }

    /// Begins an epoch: from now on each task's first poll puts it on a touched list again.
    pub(crate) fn next_epoch(&self) {
        self.watch.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes the touched lists. Called by the collector.
    pub(crate) fn drain_touched(&'static self, mut see: impl FnMut(&'static Record)) {
        let Some(own) = self.threads.mine() else { return };
        for thread in self.threads.all() {
            let give_back = |record| lock(&own.shard).give_record(record, &self.slab);
            thread.touched.drain(&self.slab, &mut see, give_back);
        }
    }

    fn not_tracked(&self) {
        self.counts.untracked.fetch_add(1, Ordering::Relaxed);
    }

    /// Tasks spawned that found no room.
    pub(crate) fn untracked(&self) -> u64 {
        self.counts.untracked.load(Ordering::Relaxed)
    }

    /// Polls of tasks whose spawn was not seen.
    pub(crate) fn unknown_polls(&self) -> u64 {
        self.counts.unknown_polls.load(Ordering::Relaxed)
    }

    /// Polls whose start was not seen.
    pub(crate) fn unbegun_polls(&self) -> u64 {
        self.counts.unbegun_polls.load(Ordering::Relaxed)
    }

    /// Polls whose end was not seen; counted at most once a task and tick.
    pub(crate) fn unended_polls(&self) -> u64 {
        self.counts.unended_polls.load(Ordering::Relaxed)
    }
}

/// The bit that tells roots from tokio's tasks.
const ROOT: u64 = TaskId::root(0).0;

/// What `poll_starts` found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollStart {
    /// Nothing to do.
    Usual,
    /// The task's first poll since the collector began an epoch.
    FirstOfEpoch,
    /// A poll of a task that has no record.
    Unknown,
}

/// The task on whose behalf this thread spawns, 0 for none, and its chain. tokio knows the task, also one
/// on a `LocalSet`; only the agent knows a root.
fn spawner(thread: &Thread) -> (u64, u32) {
    let current = thread.current();
    let task = tokio::task::try_id().map(crate::task_number::task_number);
    let of = |(record, id): (&'static Record, u64)| (id, record.chain());
    match (task, current.map(of)) {
        (Some(task), Some((id, chain))) if task == id => (task, chain),
        (Some(task), Some((id, chain))) if id & ROOT != 0 => (task, chain),
        (Some(task), _) => (task, NO_CHAIN),
        (None, Some((id, chain))) => (id, chain),
        (None, None) => (0, NO_CHAIN),
    }
}

#[cfg(test)]
#[cfg(tokio_unstable)]
mod tests;
