//! Wrapped tasks: how they begin, who ends them, and what becomes of their handles. Who may touch what is in
//! `extensions`.

use super::{Store, spawner};
use crate::extensions::{Asked, Description, Fate, FutureType, Grip, Guest, Handled, Hold, More, Pending, mark};
use crate::records::{Inserted, Record, Seed};
use crate::runtimes::UNKNOWN_RUNTIME;
use crate::shard::{Late, Shard};
use crate::sync::lock;
use crate::threads::{Thread, Threads};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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

impl Store {
    /// Makes a record and an extension for a task that this thread is about to give to tokio. `None`: no room.
    pub(crate) fn begin_wrapped(&'static self, new: &NewTask<'_>) -> Option<Pending> {
        let Some(thread) = self.threads.mine() else { return self.no_room() };
        let now = self.clock.raw();
        let (parent, parent_chain) = spawner(thread);
        let set = new.set.map(|set| self.places.location(set));
        let mut shard = lock(&thread.shard);
        let Some(record) = shard.take_record(&self.slab) else { return self.no_room() };
        let Some(extension) = shard.take_extension(&self.extensions) else {
            shard.give_record(record, &self.slab);
            return self.no_room();
        };
        let place = shard.place(new.location, &self.places);
        let chain = shard.chain(parent_chain, place, &self.places);
        shard.sums_mut(place).spawned += 1;
        drop(shard);
        let state = if set.is_some() { HandleState::IN_SET } else { HandleState::HELD };
        let handled = Handled { state, at: now };
        let grip =
            extension.fill(&Description { future: new.future, handled, record: record.slot(), place, set });
        let seed = Seed {
            id: 0,
            kind: new.kind,
            runtime: new.runtime.unwrap_or(UNKNOWN_RUNTIME),
            location: place,
            chain,
            parent,
            spawned: now,
            extension: grip.to_word(),
        };
        record.fill(&seed, thread.stamp.load(Ordering::Relaxed));
        if let Some(name) = new.name {
            self.sides.alter(extension, |side| side.name = Some(name.into()));
        }
        // Before anybody else has the task: only the side that holds it lists its record.
        if self.is_watched() {
            thread.touched.push(record);
        }
        Some(Pending { record, grip })
    }

    fn no_room(&self) -> Option<Pending> {
        self.not_tracked();
        None
    }

    /// The spawn hook has found a wrapped task.
    pub(super) fn hooked(&'static self, pending: Pending, id: u64, runtime: u16) {
        let Pending { record, grip } = pending;
        record.set_runtime(runtime);
        grip.extension.id.store(id, Ordering::Relaxed);
        record.id.store(id, Ordering::Release);
        // Before the insert: from then on the task may end on another thread.
        grip.extension.mark(mark::HOOKED);
        match self.index.insert(id, record) {
            Inserted::Yes => {}
            Inserted::AlreadyEnded => {
                if let Some(thread) = self.some_thread() {
                    self.finish(thread, record, Outcome::SHUT_DOWN, self.clock.raw());
                }
            }
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
        // Beyond the index, or ended as far as the hooks can tell: it is only not found by its number.
        _ = self.index.insert(id, record);
        if grip.extension.mark(mark::KEPT) & mark::DROPPED != 0 {
            self.end_kept(pending);
        }
    }

    /// tokio has not taken the task: nothing was spawned.
    pub(crate) fn not_spawned(&'static self, pending: Pending) {
        let Pending { record, grip } = pending;
        if grip.extension.mark(mark::KEPT) & mark::DROPPED == 0 {
            // Somebody still has the wrapper, and its drop will end the record.
            return;
        }
        let Some(thread) = self.some_thread() else { return };
        drop(self.sides.take(grip.extension));
        let mut shard = lock(&thread.shard);
        shard.sums_mut(record.location()).spawned -= 1;
        if record.end() {
            shard.give_record(record, &self.slab);
        }
        let _handle_is_left = grip.let_go(Hold::Task);
        if grip.let_go(Hold::Handle) {
            shard.give_extension(grip.extension, &self.extensions);
        }
    }

    /// The wrapper of a kept task is gone, and so the task is.
    pub(crate) fn end_kept(&'static self, Pending { record, grip }: Pending) {
        let Some(thread) = self.some_thread() else { return };
        self.index.remove_known(record.id.load(Ordering::Relaxed), record);
        // Whoever has tokio's own handle may have aborted it.
        let foreign = grip.extension.is_marked(mark::FOREIGN);
        let outcome = if foreign { Outcome::UNKNOWN } else { Outcome::SHUT_DOWN };
        self.finish(thread, record, outcome, self.clock.raw());
    }

    /// Whether a record is ended by its wrapper, and not by a hook.
    pub(super) fn is_kept(&self, record: &Record) -> bool {
        let grip = self.extensions.grip(record.extension());
        grip.is_some_and(|grip| !grip.extension.is_marked(mark::HOOKED))
    }

    /// How a wrapped task has ended, and what is to be remembered of it. `evidence` is what the end alone tells.
    pub(super) fn fate(&self, grip: Grip, evidence: Outcome) -> (Outcome, Fate) {
        let extension = grip.extension;
        extension.abort.close();
        extension.waker.close();
        let outcome = match extension.outcome() {
            // The terminate hook was called in a poll, and the wrapper has not returned.
            Outcome::UNKNOWN if evidence == Outcome::UNKNOWN && extension.is_marked(mark::HOOKED) => {
                Outcome::CANCELLED
            }
            Outcome::UNKNOWN if extension.is_asked() => Outcome::CANCELLED,
            Outcome::UNKNOWN => evidence,
            known => known,
        };
        extension.set_outcome(outcome);
        let (handled, asked) = (extension.handled(), extension.asked());
        let side = self.sides.take(extension).unwrap_or_default();
        let woke = side.wakes.map(|wakes| wakes.read());
        let has_more = outcome.did_not_complete() || asked.is_some() || side.name.is_some() || woke.is_some();
        let more = has_more.then(|| Arc::new(More::new(side.name, asked, side.said, woke, handled)));
        if let Some(more) = &more {
            self.sides.alter(extension, |side| side.more = Some(Arc::clone(more)));
        }
        (outcome, Fate::new(extension.future(), handled, more))
    }

    /// The record has ended: the task's side lets go.
    pub(super) fn task_lets_go(&self, shard: &mut Shard, grip: Grip, id: u64, told: Handled) {
        if grip.go_first(Hold::Task) {
            return;
        }
        let handled = grip.extension.handled();
        if handled != told {
            self.come_late(shard, grip, Late { id, handled });
        }
        self.last_goes(shard, grip, Hold::Task);
    }

    /// The handle is gone, in this way. Its owner calls this once.
    pub(crate) fn handle_goes(&'static self, grip: Grip, state: HandleState) {
        let handled = Handled { state, at: self.clock.raw() };
        grip.extension.set_handled(handled);
        if self.is_watched() {
            self.stir(grip);
        }
        if grip.go_first(Hold::Handle) {
            return;
        }
        let Some(thread) = self.some_thread() else { return };
        let mut shard = lock(&thread.shard);
        let late = Late { id: grip.extension.id.load(Ordering::Relaxed), handled: grip.extension.handled() };
        self.come_late(&mut shard, grip, late);
        self.last_goes(&mut shard, grip, Hold::Handle);
    }

    fn come_late(&self, shard: &mut Shard, grip: Grip, late: Late) {
        self.sides.look(grip.extension, |side| {
            side.more.iter().for_each(|more| more.set_handled(late.handled));
        });
        shard.come_late(late);
    }

    /// Task and handle are both over: who sees that last counts what nobody has seen.
    fn last_goes(&self, shard: &mut Shard, grip: Grip, hold: Hold) {
        let extension = grip.extension;
        let (outcome, handle) = (extension.outcome(), extension.handled().state);
        shard.sums_mut(extension.place()).count_unseen(outcome, handle);
        drop(self.sides.take(extension));
        if grip.let_go(hold) {
            shard.give_extension(extension, &self.extensions);
        }
    }

    /// Whether this thread is in a poll of the task.
    pub(crate) fn polls_now(&'static self, id: u64) -> bool {
        Threads::mine_by_now().and_then(|thread| thread.frames.current()).is_some_and(|poll| poll.id == id)
    }

    /// The poll that this thread is in was none of the program's: as if it had not been. Called by who polls.
    pub(crate) fn poll_does_not_count(&'static self, record: &Record) {
        let polls = record.polls.load(Ordering::Relaxed);
        record.polls.store(polls.saturating_sub(1), Ordering::Relaxed);
        // No poll begun, so its end is not noted, and nothing is added up when the next one begins.
        record.poll_start.store(0, Ordering::Relaxed);
    }

    /// Somebody asks a live task to stop. The caller has a hold.
    pub(crate) fn ask(&'static self, grip: Grip, way: CancelWay, location: Option<&'static Location<'static>>) {
        let by = self.threads.mine().map_or(0, |thread| spawner(thread).0);
        let place = location.map(|location| self.places.location(location));
        grip.extension.ask(&Asked { at: self.clock.raw(), way, by, place, set: grip.extension.set() });
        if self.is_watched() {
            self.stir(grip);
        }
    }

    /// A guest leaves.
    pub(crate) fn guest_leaves(&'static self, grip: Grip, guest: Guest) {
        if guest.leave()
            && let Some(thread) = self.some_thread()
        {
            lock(&thread.shard).give_extension(grip.extension, &self.extensions);
        }
    }

    /// Lists an extension whose task may not be polled for long, so that the collector looks at it. The caller
    /// has a hold.
    pub(crate) fn stir(&'static self, grip: Grip) {
        if grip.extension.mark(mark::STIRRED) & mark::STIRRED == 0
            && let Some(thread) = self.some_thread()
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

    /// The calling thread's slot, or any if it has none: it is ending. A shard is behind a lock.
    fn some_thread(&'static self) -> Option<&'static Thread> {
        self.threads.mine().or_else(|| self.threads.all().first().copied())
    }
}
