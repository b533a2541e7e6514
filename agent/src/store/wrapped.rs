//! Wrapped tasks: how they begin, who ends them, and what becomes of their handles. Who may touch what is in
//! `extensions`.

use super::{Store, spawner};
use crate::extensions::{Asked, Description, Extension, Fate, FutureType, Grip, Guest, Handled, Hold, More, Pending, mark};
use crate::records::{Inserted, Record, Seed};
use crate::runtimes::UNKNOWN_RUNTIME;
use crate::late::Late;
use crate::shard::Shard;
use crate::sync::lock;
use crate::threads::Threads;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use taskscope_model::codes::{CancelWay, HandleState, Outcome, TaskKind};

/// A wrapped task that is about to be spawned.
pub(crate) struct NewTask<'a> {
    pub(crate) kind: TaskKind,
    pub(crate) name: Option<&'a str>,
    pub(crate) future: &'static FutureType,
    pub(crate) location: &'static Location<'static>,
    /// Where the JoinSet was made, if it is spawned into one.
    pub(crate) set: Option<&'static Location<'static>>,
    /// `None` if only the spawn hook can tell.
    pub(crate) runtime: Option<u16>,
}

/// A wrapped task that this thread has begun.
#[derive(Clone, Copy)]
pub(crate) struct Began {
    pub(crate) pending: Pending,
    /// Tasks that this thread has spawned at the place; it alone counts them.
    spawned: &'static AtomicU64,
}

impl Store {
    /// Makes a record and an extension for a task that this thread is about to give to tokio, and counts it. `None`:
    /// no room.
    #[inline]
    pub(crate) fn begin_wrapped(&'static self, new: &NewTask<'_>) -> Option<Began> {
        let began = self.make_wrapped(new);
        if began.is_none() {
            self.not_tracked();
        }
        began
    }

    #[inline]
    fn make_wrapped(&'static self, new: &NewTask<'_>) -> Option<Began> {
        let thread = self.threads.mine()?;
        let now = self.clock.raw();
        let (parent, parent_chain) = spawner(&thread);
        let set = new.set.map(|set| self.places.location(set));
        let mut spawning = thread.spawning()?;
        let record = spawning.take_record(&self.slab)?;
        let Some(extension) = spawning.take_extension(&self.extensions) else {
            spawning.give_record(record, &self.slab);
            return None;
        };
        let place = spawning.place(new.location, parent_chain, &self.places, &thread.spawned);
        drop(spawning);
        place.spawned.store(place.spawned.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if self.load.is_due(now) {
            self.look_at_load(now);
        }
        let state = if set.is_some() { HandleState::IN_SET } else { HandleState::HELD };
        let grip = extension.fill(&Description {
            future: new.future,
            handled: Handled { state, at: now },
            record: record.slot(),
            place: place.location,
            set,
        });
        let seed = Seed {
            id: 0,
            kind: new.kind,
            runtime: new.runtime.unwrap_or(UNKNOWN_RUNTIME),
            location: place.location,
            chain: place.chain,
            parent,
            spawned: now,
            extension: extension.number(),
        };
        record.fill(&seed, thread.stamp.load(Ordering::Relaxed));
        if let Some(name) = new.name {
            self.sides.alter(extension, |side| side.name = Some(name.into()));
        }
        // Before anybody else has the task: only the side that holds it lists its record.
        if self.is_watched() {
            thread.touched.push(record);
        }
        Some(Began { pending: Pending { record, grip }, spawned: place.spawned })
    }

    /// The spawn hook has found a wrapped task.
    pub(super) fn hooked(&'static self, pending: Pending, id: u64, runtime: u16) {
        let Pending { record, grip } = pending;
        let Some(thread) = self.threads.mine() else { return pending.leave() };
        record.set_runtime(runtime);
        grip.extension.id.store(id, Ordering::Relaxed);
        record.id.store(id, Ordering::Release);
        // Before the insert: from then on the task may end on another thread.
        grip.extension.mark_early(mark::HOOKED);
        match self.index.insert(&thread.near, id, record) {
            Inserted::Yes => {}
            Inserted::AlreadyEnded => self.finish_wrapped(record, Outcome::SHUT_DOWN, self.clock.raw()),
            Inserted::Impossible => {
                grip.extension.unmark(mark::HOOKED);
                pending.leave();
            }
        }
    }

    /// No hook has taken the task: the wrapper keeps the record. Called by its spawner.
    pub(crate) fn keep(&'static self, pending: Pending, id: u64) {
        let Pending { record, grip } = pending;
        grip.extension.id.store(id, Ordering::Relaxed);
        record.id.store(id, Ordering::Release);
        if let Some(thread) = self.threads.mine() {
            // Beyond the index, or ended as far as the hooks can tell: it is only not found by its number.
            _ = self.index.insert(&thread.near, id, record);
        }
        if grip.extension.mark(mark::KEPT) & mark::DROPPED != 0 {
            self.end_kept(pending);
        }
    }

    /// tokio has not taken the task: nothing was spawned. Called by the thread that began it.
    pub(crate) fn not_spawned(&'static self, Began { pending, spawned }: Began) {
        let Pending { record, grip } = pending;
        if grip.extension.mark(mark::KEPT) & mark::DROPPED == 0 {
            // Somebody still has the wrapper, and its drop will end the record.
            return;
        }
        spawned.store(spawned.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        self.sides.clear(grip.extension);
        if record.end() {
            self.give_back(record);
        }
        if grip.go_first(Hold::Task) && grip.let_go(Hold::Handle) {
            self.give_extension(grip.extension);
        }
    }

    /// The wrapper of a kept task is gone, and so the task is.
    pub(crate) fn end_kept(&'static self, Pending { record, grip }: Pending) {
        let id = record.id.load(Ordering::Relaxed);
        match self.threads.mine() {
            Some(thread) => _ = self.index.remove_known(&thread.near, id, record),
            None => _ = self.index.remove(id),
        }
        // Whoever has tokio's own handle may have aborted it.
        let foreign = grip.extension.is_marked(mark::FOREIGN);
        let outcome = if foreign { Outcome::UNKNOWN } else { Outcome::SHUT_DOWN };
        self.finish_wrapped(record, outcome, self.clock.raw());
    }

    /// Moves a wrapped task into the history and frees its record. `evidence` is what the end alone tells of how it
    /// ended.
    pub(super) fn finish_wrapped(&'static self, record: &'static Record, evidence: Outcome, at: u64) {
        // It is alive until this is done, and so its record names the right extension.
        let extension = self.extensions.get(record.extension());
        let (Some(thread), Some(extension)) = (self.threads.some(), extension) else { return };
        let (id, grip) = (record.id.load(Ordering::Relaxed), extension.grip());
        let (outcome, fate) = self.fate(grip, evidence);
        let told = fate.handled();
        let mut shard = lock(&thread.shard);
        let long_shift = self.clock.long_shift();
        shard.end_wrapped(at, outcome, fate, |last| record.copy_own_into(last, long_shift));
        let freed = record.end();
        let last = self.task_lets_go(&mut shard, grip, id, told);
        drop(shard);
        if freed {
            self.give_back(record);
        }
        if last {
            self.give_extension(extension);
        }
    }

    #[inline]
    fn give_back(&'static self, record: &'static Record) {
        match self.threads.mine() {
            Some(thread) => self.give_record(thread, record),
            None => self.slab.give(&mut vec![record], 0),
        }
    }

    #[inline]
    fn give_extension(&'static self, extension: &'static Extension) {
        extension.clear();
        match self.threads.mine().and_then(|thread| thread.spawning()) {
            Some(mut spawning) => spawning.give_extension(extension, &self.extensions),
            None => self.extensions.give(&mut vec![extension], 0),
        }
    }

    /// Whether a record is ended by its wrapper, and not by a hook.
    pub(super) fn is_kept(&self, record: &Record) -> bool {
        let extension = self.extensions.get(record.extension());
        extension.is_some_and(|extension| !extension.is_marked(mark::HOOKED))
    }

    /// How a wrapped task has ended, and what is to be remembered of it. `evidence` is what the end alone tells.
    #[inline]
    pub(super) fn fate(&self, grip: Grip, evidence: Outcome) -> (Outcome, Fate) {
        let extension = grip.extension;
        let outcome = match extension.outcome() {
            Outcome::UNKNOWN if extension.is_marked(mark::ASKED) => Outcome::CANCELLED,
            // The terminate hook was called in a poll, and the wrapper has not returned. Who has no handle of tokio's
            // asks by ours, and is marked before: so it was the runtime, which goes.
            Outcome::UNKNOWN if evidence == Outcome::UNKNOWN && extension.is_marked(mark::HOOKED) => {
                if extension.is_marked(mark::FOREIGN) { Outcome::CANCELLED } else { Outcome::SHUT_DOWN }
            }
            Outcome::UNKNOWN => evidence,
            known => known,
        };
        extension.set_outcome(outcome);
        let handled = extension.handled();
        let has_more = outcome.did_not_complete() || extension.is_marked(mark::SIDE);
        let more = if has_more { Some(self.more(extension, handled)) } else { None };
        (outcome, Fate::new(extension.future(), handled, more))
    }

    /// What is to be remembered of few.
    #[cold]
    fn more(&self, extension: &Extension, handled: Handled) -> Arc<More> {
        let side = self.sides.take(extension).unwrap_or_default();
        let woke = side.wakes.map(|wakes| Box::new(wakes.read(true)));
        let more = Arc::new(More::new(side.name, side.asked, side.said, woke, handled));
        self.sides.alter(extension, |side| side.more = Some(Arc::clone(&more)));
        more
    }

    /// The record has ended: the task's side lets go. True: the extension is to be given back.
    #[inline]
    #[must_use]
    fn task_lets_go(&'static self, shard: &mut Shard, grip: Grip, id: u64, told: Handled) -> bool {
        if grip.go_first(Hold::Task) {
            return false;
        }
        let (outcome, handled) = (grip.extension.outcome(), grip.extension.handled());
        if handled != told {
            self.came_meanwhile(grip, Late { id, handled });
        }
        if outcome.did_not_complete() {
            shard.count_unseen(grip.extension.place(), outcome, handled.state);
        }
        self.sides.clear(grip.extension);
        grip.let_go(Hold::Task)
    }

    /// The handle is gone, in this way. Its owner calls this once.
    pub(crate) fn handle_goes(&'static self, grip: Grip, state: HandleState) {
        let (extension, handled) = (grip.extension, Handled { state, at: self.clock.raw() });
        extension.set_handled(handled);
        if self.is_watched() {
            self.stir(grip);
        }
        if grip.go_first(Hold::Handle) {
            return;
        }
        let (id, outcome) = (extension.id.load(Ordering::Relaxed), extension.outcome());
        self.come_late(grip, Late { id, handled: extension.handled() });
        if outcome.did_not_complete()
            && let Some(thread) = self.threads.some()
        {
            lock(&thread.shard).count_unseen(extension.place(), outcome, state);
        }
        self.sides.clear(extension);
        if grip.let_go_last(Hold::Handle) {
            self.give_extension(extension);
        }
    }

    /// The handle has gone while its task's end was written down.
    #[cold]
    fn came_meanwhile(&'static self, grip: Grip, late: Late) {
        self.come_late(grip, late);
    }

    /// What became of a handle is known after the end of its task. A thread at its end has no place to tell it; the
    /// tasks that matter are remembered with it.
    #[inline]
    fn come_late(&'static self, grip: Grip, late: Late) {
        self.sides.look(grip.extension, |side| {
            side.more.iter().for_each(|more| more.set_handled(late.handled));
        });
        if let Some(thread) = self.threads.mine() {
            thread.late.push(late);
        }
    }

    /// Whether this thread is in a poll of the task.
    pub(crate) fn polls_now(&'static self, id: u64) -> bool {
        Threads::mine_by_now().and_then(|thread| thread.frames.current()).is_some_and(|poll| poll.id == id)
    }

    /// The poll that this thread is in was none of the program's: as if it had not been. Called by who polls, of a
    /// task that was polled before.
    pub(crate) fn poll_does_not_count(&'static self, record: &Record) {
        let polls = record.polls.load(Ordering::Relaxed);
        record.polls.store(polls.saturating_sub(1), Ordering::Relaxed);
        // The poll before, which has been added up, stands there again as the last one, with no length. The end of
        // this one is not noted then: it began at another time.
        let end = record.poll_end.load(Ordering::Relaxed);
        record.poll_start.store(end.saturating_sub(1), Ordering::Relaxed);
    }

    /// Somebody asks a live task to stop. The caller has a hold.
    pub(crate) fn ask(&'static self, grip: Grip, way: CancelWay, location: Option<&'static Location<'static>>) {
        let by = self.threads.mine().map_or(0, |thread| spawner(&thread).0);
        let place = location.map(|location| self.places.location(location));
        let asked = Asked { at: self.clock.raw(), way, by, place, set: grip.extension.set() };
        self.sides.alter(grip.extension, |side| _ = side.asked.get_or_insert(asked));
        grip.extension.mark(mark::ASKED);
        if self.is_watched() {
            self.stir(grip);
        }
    }

    /// A guest leaves.
    pub(crate) fn guest_leaves(&'static self, grip: Grip, guest: Guest) {
        if guest.leave() {
            self.give_extension(grip.extension);
        }
    }

    /// Lists an extension whose task may not be polled for long, so that the collector looks at it. The caller
    /// has a hold.
    pub(crate) fn stir(&'static self, grip: Grip) {
        if grip.extension.mark(mark::STIRRED) & mark::STIRRED == 0
            && let Some(thread) = self.threads.some()
        {
            lock(&thread.shard).stir(grip);
        }
    }

    /// The records of the tasks whose extensions have changed. Called by the collector.
    pub(crate) fn drain_stirred(&'static self, mut see: impl FnMut(&'static Record)) {
        for thread in self.threads.all() {
            let stirred = lock(&thread.shard).take_stirred();
            for grip in stirred {
                let Some(guest) = grip.visit() else { continue };
                grip.extension.unmark(mark::STIRRED);
                if let Some(record) = self.slab.get(grip.extension.record()) {
                    see(record);
                }
                self.guest_leaves(grip, guest);
            }
        }
    }
}
