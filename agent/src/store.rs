//! Everything that is gathered about tasks: at their spawn and their end here, at their polls in `polls`. Who
//! writes what is in `records`.

mod polls;
mod wrapped;

use crate::bell::Bell;
use crate::clock::Clock;
use crate::extensions::{Extensions, Pending, Sides};
use crate::load::{self, Load};
use crate::places::{NO_CHAIN, Places};
use crate::records::{Copied, Index, Inserted, Record, Seed, Slab};
use crate::sync::lock;
use crate::spawning::Place;
use crate::threads::{Mine, Thread, Threads};
use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use taskscope_model::TaskId;
use taskscope_model::codes::{Outcome, TaskKind};

#[cfg(tokio_unstable)]
pub(crate) use polls::{PollStart, ends_as_usual, starts_as_usual};
pub(crate) use wrapped::{Began, NewTask};

/// The process's one store.
pub(crate) struct Store {
    pub(crate) clock: Clock,
    pub(crate) index: Index,
    pub(crate) slab: Slab,
    pub(crate) threads: Threads,
    pub(crate) places: Places,
    /// Wakes who looks for long polls.
    pub(crate) bell: Bell,
    pub(crate) extensions: Extensions,
    pub(crate) sides: Sides,
    pub(crate) load: Load,
    watch: Watch,
    roots: AtomicU32,
    counts: Counts,
}

/// Whether somebody looks. On a cache line of its own.
#[repr(align(128))]
struct Watch {
    /// Whether new and polled tasks are to be put on the touched lists.
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
        let clock = Clock::new();
        Self {
            threads: Threads::new(1 << clock.long_shift()),
            load: Load::new(clock.raw_span(load::EVERY), clock.raw()),
            clock,
            index: Index::new(),
            slab: Slab::new(),
            places: Places::new(),
            bell: Bell::default(),
            extensions: Extensions::new(),
            sides: Sides::new(),
            watch: Watch { on: AtomicBool::new(false) },
            roots: AtomicU32::new(0),
            counts: Counts::default(),
        }
    }

    /// A task was spawned by this thread.
    pub(crate) fn spawned(&'static self, id: u64, location: &'static Location<'static>, runtime: u16) {
        if let Some(pending) = Pending::take() {
            return self.hooked(pending, id, runtime);
        }
        let spawned = self.clock.raw();
        let Some(thread) = self.threads.mine() else { return self.not_tracked() };
        let (parent, parent_chain) = spawner(&thread);
        let seed = (id, TaskKind::ASYNC, runtime, spawned);
        let Some((record, place)) = self.record(thread, seed, location, parent, parent_chain) else {
            return self.not_tracked();
        };
        // Before the insert: once it is in the index the task may end on another thread, and only the side
        // that holds the task lists its record.
        if self.watch.on.load(Ordering::Relaxed) {
            thread.touched.push(record);
        }
        match self.index.insert(&thread.near, id, record) {
            Inserted::Yes => {}
            Inserted::AlreadyEnded => self.finish(thread, record, Outcome::SHUT_DOWN, spawned),
            Inserted::Impossible => {
                place.spawned.store(place.spawned.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
                if record.end() {
                    self.give_record(thread, record);
                }
                self.not_tracked();
            }
        }
    }

    /// Fills a record and counts the task; gives its place too.
    #[inline]
    fn record(
        &self,
        thread: Mine,
        (id, kind, runtime, spawned): (u64, TaskKind, u16, u64),
        location: &'static Location<'static>,
        parent: u64,
        parent_chain: u32,
    ) -> Option<(&'static Record, Place)> {
        let mut spawning = thread.spawning()?;
        let record = spawning.take_record(&self.slab)?;
        let place = spawning.place(location, parent_chain, &self.places, &thread.spawned);
        drop(spawning);
        place.spawned.store(place.spawned.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if self.load.is_due(spawned) {
            self.look_at_load(spawned);
        }
        let Place { location, chain, .. } = place;
        let seed = Seed { id, kind, runtime, location, chain, parent, spawned, extension: 0 };
        record.fill(&seed, thread.stamp.load(Ordering::Relaxed));
        Some((record, place))
    }

    /// A task has ended: in a poll, or dropped with its runtime.
    pub(crate) fn terminated(&'static self, id: u64) {
        let Some(thread) = self.threads.mine() else { return };
        let now = self.clock.raw();
        match thread.frames.end(id) {
            Some(record) => {
                record.prefetch_rest();
                if self.index.remove_known(&thread.near, id, record).is_some() {
                    record.poll_end.store(polls::end(now), Ordering::Relaxed);
                    self.finish(thread, record, Outcome::UNKNOWN, now);
                }
            }
            None => {
                if let Some(record) = self.index.remove(id)
                    && !self.is_kept(record)
                {
                    self.finish(thread, record, Outcome::SHUT_DOWN, now);
                }
            }
        }
    }

    /// Moves a task into the history and frees its record.
    #[inline]
    fn finish(&'static self, thread: Mine, record: &'static Record, outcome: Outcome, at: u64) {
        if record.extension() != 0 {
            return self.finish_wrapped(record, outcome, at);
        }
        // It is copied while it is live, and counted before anybody else can read the count: who has seen it
        // live after that will find the end in a later one.
        let mut shard = lock(&thread.shard);
        shard.end(at, outcome, |last| record.copy_own_into(last, self.clock.long_shift()));
        let freed = record.end();
        drop(shard);
        if freed {
            self.give_record(thread, record);
        }
    }

    #[inline]
    fn give_record(&self, thread: Mine, record: &'static Record) {
        match thread.spawning() {
            Some(mut spawning) => spawning.give_record(record, &self.slab),
            None => self.slab.give(&mut vec![record], 0),
        }
    }

    /// Ends what is left of runtimes that are gone: tasks whose end was not seen. Called by the collector.
    pub(crate) fn runtimes_gone(&'static self, runtimes: &[u16]) {
        let Some(thread) = self.threads.mine() else { return };
        let now = self.clock.raw();
        for record in self.slab.iter() {
            let Some(copied) = self.copy(record) else { continue };
            let id = copied.seed.id;
            let hooked = id & ROOT == 0 && !self.is_kept(record);
            if runtimes.contains(&copied.seed.runtime) && hooked && self.index.remove(id).is_some() {
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
        let (parent, parent_chain) = spawner(&thread);
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
            self.enter(&thread, root, root.id.load(Ordering::Relaxed), self.clock.raw());
        }
    }

    /// The poll of a root ends on this thread.
    pub(crate) fn root_poll_ends(&'static self, id: u64) {
        self.poll_ends(id, self.clock.raw());
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
        self.threads.next_epoch();
    }

    /// Takes the touched lists. Called by the collector.
    pub(crate) fn drain_touched(&'static self, mut see: impl FnMut(&'static Record)) {
        let Some(own) = self.threads.mine() else { return };
        for thread in self.threads.all() {
            let give_back = |record| self.give_record(own, record);
            thread.touched.drain(&self.slab, &mut see, give_back);
        }
    }

    /// A spawn looks at how many tasks there are, if nobody else does. Called without a lock.
    #[cold]
    fn look_at_load(&self, now: u64) {
        if self.load.take(now) {
            self.load.look(now, self.counts_by_place());
        }
    }

    /// Tasks spawned and ended at each location, over all threads.
    pub(crate) fn counts_by_place(&self) -> impl Iterator<Item = (u32, load::Count)> {
        let mut counts: BTreeMap<u32, load::Count> = BTreeMap::new();
        let nothing = load::Count { spawned: 0, ended: 0 };
        for thread in self.threads.all() {
            // Ends first: a task that ends between the two looks would have ended unspawned.
            for (location, sums) in (0..).zip(lock(&thread.shard).sums()).filter(|(_, sums)| sums.ended > 0) {
                counts.entry(location).or_insert(nothing).ended += sums.ended;
            }
        }
        for (location, spawned) in self.threads.all().iter().flat_map(|thread| thread.spawned.all()) {
            counts.entry(location).or_insert(nothing).spawned += spawned;
        }
        counts.into_iter()
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

/// The task on whose behalf this thread spawns, 0 for none, and its chain. tokio knows the task, also one
/// on a `LocalSet`; only the agent knows a root.
fn spawner(thread: &Thread) -> (u64, u32) {
    let current = thread.frames.current();
    let task = tokio::task::try_id().map(crate::task_number::task_number);
    match (task, current.map(|poll| (poll.id, poll.record.chain()))) {
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
