//! What one thread gathers at spawn and at the end of tasks: free records, sums per spawn location, and the
//! history of ended tasks. Each thread has its own, behind a lock that only the collector ever contends.

use crate::places::Places;
use crate::records::{Copied, Record, Slab};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::Location;
use taskscope_model::codes::Outcome;

/// Ended tasks kept, however they ended.
pub(crate) const HISTORY: usize = 1_000;
/// Ended tasks kept besides, of those that did not complete ...
pub(crate) const HISTORY_BAD: usize = 1_000;
/// ... at most so many per spawn location.
pub(crate) const HISTORY_BAD_PER_PLACE: usize = 50;
/// Free records that a thread keeps at hand, and how many it takes at once.
const RECORDS_KEPT: usize = 256;
const RECORDS_TAKEN: usize = 64;

/// A task that has ended.
#[derive(Clone, Copy)]
pub(crate) struct EndedTask {
    pub(crate) last: Copied,
    /// Raw clock.
    pub(crate) at: u64,
    pub(crate) outcome: Outcome,
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
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Sums) {
        self.spawned += other.spawned;
        self.ended += other.ended;
        self.polls += other.polls;
        self.busy += other.busy;
        self.max_poll = self.max_poll.max(other.max_poll);
    }
}

/// One thread's share.
#[derive(Default)]
pub(crate) struct Shard {
    free: Vec<&'static Record>,
    places: HashMap<usize, u32, BuildHasherDefault<Fold>>,
    chains: HashMap<u64, u32, BuildHasherDefault<Fold>>,
    sums: Vec<Sums>,
    /// The last `HISTORY` ended tasks, oldest first, and how many ever came.
    ended: VecDeque<EndedTask>,
    ended_ever: u64,
    bad: HashMap<u32, VecDeque<EndedTask>>,
    bad_kept: usize,
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
        if self.ended.len() == HISTORY {
            self.ended.pop_front();
        }
        self.ended.push_back(task);
        self.ended_ever += 1;
        if task.outcome.did_not_complete() {
            self.remember_bad(task);
        }
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
