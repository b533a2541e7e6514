//! What one thread gathers at spawn and at the end of tasks: free records, sums per spawn location, and the
//! history of ended tasks. Each thread has its own, behind a lock that only the collector ever contends.

use crate::extensions::{Extension, Extensions, Fate, Grip, Handled};
use crate::places::Places;
use crate::records::{Copied, Record, Slab};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::Location;
use taskscope_model::codes::{HandleState, Outcome};

/// Ended tasks kept, however they ended.
pub(crate) const HISTORY: usize = 1_000;
/// Ended tasks kept besides, of those that did not complete ...
pub(crate) const HISTORY_BAD: usize = 1_000;
/// ... at most so many per spawn location.
pub(crate) const HISTORY_BAD_PER_PLACE: usize = 50;
/// Handles that were let go after the end of their tasks, kept to be told.
const LATE: usize = 1_000;
/// Free records that a thread keeps at hand, and how many it takes at once; so too extensions.
const RECORDS_KEPT: usize = 256;
const RECORDS_TAKEN: usize = 64;

/// A task that has ended.
#[derive(Clone)]
pub(crate) struct EndedTask {
    pub(crate) last: Copied,
    /// Raw clock.
    pub(crate) at: u64,
    pub(crate) outcome: Outcome,
    /// What is known besides of a wrapped one.
    pub(crate) fate: Option<Fate>,
}

/// A handle that was let go after the end of its task.
#[derive(Clone, Copy)]
pub(crate) struct Late {
    pub(crate) id: u64,
    pub(crate) handled: Handled,
}

/// Sums over the tasks of one spawn location.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) spawned: u64,
    pub(crate) ended: u64,
    /// The rest is of the ended ones, raw clock.
    pub(crate) polls: u64,
    pub(crate) busy: u64,
    pub(crate) max_poll: u64,
    /// By outcome, where that is known.
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    pub(crate) panicked: u64,
    pub(crate) shut_down: u64,
    /// Of the failed and the panicked: nobody looked.
    pub(crate) errors_unseen: u64,
    pub(crate) panics_unseen: u64,
}

impl Sums {
    /// A task has ended in this way.
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::COMPLETED => self.completed += 1,
            Outcome::FAILED => self.failed += 1,
            Outcome::CANCELLED => self.cancelled += 1,
            Outcome::PANICKED => self.panicked += 1,
            Outcome::SHUT_DOWN => self.shut_down += 1,
            _ => {}
        }
    }

    /// A task is over, and its handle is gone in this way: did anybody see how it ended?
    pub(crate) fn count_unseen(&mut self, outcome: Outcome, handle: HandleState) {
        match (outcome, handle) {
            (Outcome::FAILED, HandleState::DROPPED | HandleState::DETACHED) => self.errors_unseen += 1,
            (Outcome::PANICKED, HandleState::DROPPED | HandleState::DETACHED) => self.panics_unseen += 1,
            _ => {}
        }
    }

    pub(crate) fn add(&mut self, other: &Sums) {
        self.spawned += other.spawned;
        self.ended += other.ended;
        self.polls += other.polls;
        self.busy += other.busy;
        self.max_poll = self.max_poll.max(other.max_poll);
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.panicked += other.panicked;
        self.shut_down += other.shut_down;
        self.errors_unseen += other.errors_unseen;
        self.panics_unseen += other.panics_unseen;
    }
}

/// One thread's share.
#[derive(Default)]
pub(crate) struct Shard {
    free: Vec<&'static Record>,
    free_extensions: Vec<&'static Extension>,
    places: HashMap<usize, u32, BuildHasherDefault<Fold>>,
    chains: HashMap<u64, u32, BuildHasherDefault<Fold>>,
    sums: Vec<Sums>,
    /// The last `HISTORY` ended tasks, oldest first, and how many ever came.
    ended: VecDeque<EndedTask>,
    ended_ever: u64,
    bad: HashMap<u32, VecDeque<EndedTask>>,
    bad_kept: usize,
    /// The last `LATE` handles, oldest first, and how many ever came.
    late: VecDeque<Late>,
    late_ever: u64,
    /// Extensions of live tasks that have changed while somebody looks.
    stirred: Vec<Grip>,
}

impl Shard {
    /// A location's number.
    pub(crate) fn place(&mut self, location: &'static Location<'static>, places: &Places) -> u32 {
        let address = std::ptr::from_ref(location).addr();
        *self.places.entry(address).or_insert_with(|| places.location(location))
    }

    /// A chain's number.
    pub(crate) fn chain(&mut self, parent: u32, place: u32, places: &Places) -> u32 {
        let key = u64::from(parent) << 32 | u64::from(place);
        *self.chains.entry(key).or_insert_with(|| places.chain(parent, place))
    }

    /// A free record; `None` if the slab is full.
    pub(crate) fn take_record(&mut self, slab: &Slab) -> Option<&'static Record> {
        if self.free.is_empty() {
            slab.take(&mut self.free, RECORDS_TAKEN);
        }
        self.free.pop()
    }

    /// Takes a freed record back.
    pub(crate) fn give_record(&mut self, record: &'static Record, slab: &Slab) {
        self.free.push(record);
        if self.free.len() > 2 * RECORDS_KEPT {
            slab.give(&mut self.free, RECORDS_KEPT);
        }
    }

    /// A free extension; `None` if there is no more room.
    pub(crate) fn take_extension(&mut self, all: &Extensions) -> Option<&'static Extension> {
        if self.free_extensions.is_empty() {
            all.take(&mut self.free_extensions, RECORDS_TAKEN);
        }
        self.free_extensions.pop()
    }

    /// Takes an extension back that nobody holds.
    pub(crate) fn give_extension(&mut self, extension: &'static Extension, all: &Extensions) {
        self.free_extensions.push(extension);
        if self.free_extensions.len() > 2 * RECORDS_KEPT {
            all.give(&mut self.free_extensions, RECORDS_KEPT);
        }
    }

    /// The sums of a location.
    pub(crate) fn sums_mut(&mut self, place: u32) -> &mut Sums {
        let place = place as usize;
        if place >= self.sums.len() {
            self.sums.resize(place + 1, Sums::default());
        }
        &mut self.sums[place]
    }

    /// The sums of all locations, by number.
    pub(crate) fn sums(&self) -> &[Sums] {
        &self.sums
    }

    /// Counts an ended task and remembers it.
    pub(crate) fn end(&mut self, task: EndedTask) {
        let sums = self.sums_mut(task.last.seed.location);
        sums.ended += 1;
        sums.polls += task.last.polls;
        sums.busy += task.last.busy;
        sums.max_poll = sums.max_poll.max(task.last.max_poll);
        sums.count(task.outcome);
        if task.outcome.did_not_complete() {
            self.remember_bad(task.clone());
        }
        if self.ended.len() == HISTORY {
            self.ended.pop_front();
        }
        self.ended.push_back(task);
        self.ended_ever += 1;
    }

    fn remember_bad(&mut self, task: EndedTask) {
        let place = task.last.seed.location;
        let of_place = self.bad.entry(place).or_default();
        if of_place.len() == HISTORY_BAD_PER_PLACE {
            of_place.pop_front();
        } else {
            self.bad_kept += 1;
        }
        of_place.push_back(task);
        if self.bad_kept > HISTORY_BAD {
            let oldest = self.bad.iter_mut().min_by_key(|(_, tasks)| tasks.front().map_or(u64::MAX, |task| task.at));
            if oldest.and_then(|(_, tasks)| tasks.pop_front()).is_some() {
                self.bad_kept -= 1;
            }
            self.bad.retain(|_, tasks| !tasks.is_empty());
        }
    }

    /// Ended tasks that this thread has counted, ever.
    pub(crate) fn ended_ever(&self) -> u64 {
        self.ended_ever
    }

    /// Those of the ended tasks that came after the first `seen` and are still here, oldest first.
    pub(crate) fn ended_after(&self, seen: u64) -> impl Iterator<Item = &EndedTask> {
        let new = self.ended_ever.saturating_sub(seen).min(self.ended.len() as u64) as usize;
        self.ended.iter().skip(self.ended.len() - new)
    }

    /// A handle was let go after the end of its task.
    pub(crate) fn come_late(&mut self, late: Late) {
        if self.late.len() == LATE {
            self.late.pop_front();
        }
        self.late.push_back(late);
        self.late_ever += 1;
    }

    /// Such handles that this thread has counted, ever.
    pub(crate) fn late_ever(&self) -> u64 {
        self.late_ever
    }

    /// Those of them that came after the first `seen` and are still here, oldest first.
    pub(crate) fn late_after(&self, seen: u64) -> impl Iterator<Item = &Late> {
        let new = self.late_ever.saturating_sub(seen).min(self.late.len() as u64) as usize;
        self.late.iter().skip(self.late.len() - new)
    }

    /// A live task's extension has changed.
    pub(crate) fn stir(&mut self, grip: Grip) {
        self.stirred.push(grip);
    }

    /// The extensions that have changed since this was last asked.
    pub(crate) fn take_stirred(&mut self) -> Vec<Grip> {
        std::mem::take(&mut self.stirred)
    }

    /// Everything remembered; tasks that did not complete may come twice.
    pub(crate) fn history(&self) -> impl Iterator<Item = &EndedTask> {
        self.ended.iter().chain(self.bad.values().flatten())
    }
}

/// Hashes one number: all keys here are addresses or small numbers of our own making.
#[derive(Default)]
struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio: spreads neighbouring numbers over the upper bits.
        let mixed = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
