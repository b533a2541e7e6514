//! What one thread gathers at the end of tasks: sums per spawn location, and the history of ended tasks. Each thread
//! has its own, behind a lock that only the collector ever contends.

use crate::records::Copied;
use std::collections::{HashMap, VecDeque};
use taskscope_model::codes::Outcome;

/// Ended tasks kept, however they ended.
pub(crate) const HISTORY: usize = 1_000;
/// Ended tasks kept besides, of those that did not complete ...
pub(crate) const HISTORY_BAD: usize = 1_000;
/// ... at most so many per spawn location.
pub(crate) const HISTORY_BAD_PER_PLACE: usize = 50;
/// A task that has ended: two cache lines.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct EndedTask {
    pub(crate) last: Copied,
    /// Raw clock.
    pub(crate) at: u64,
    pub(crate) outcome: Outcome,
}

const _: () = assert!(size_of::<EndedTask>() == 128);

/// Sums over the tasks of one spawn location. A shard knows none that is spawned.
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
    sums: Vec<Sums>,
    /// The last `HISTORY` ended tasks: once it is full, the oldest is at `oldest`. How many ever came.
    ended: Vec<EndedTask>,
    oldest: usize,
    ended_ever: u64,
    bad: HashMap<u32, VecDeque<EndedTask>>,
    bad_kept: usize,
}

impl Shard {
    fn sums_mut(&mut self, place: u32) -> &mut Sums {
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

    /// Counts an ended task and remembers it; `copy` writes what is known of it.
    #[inline]
    pub(crate) fn end(&mut self, at: u64, outcome: Outcome, copy: impl FnOnce(&mut Copied)) {
        let task = self.oldest();
        copy(&mut task.last);
        (task.at, task.outcome) = (at, outcome);
        let Copied { seed, polls, busy, max_poll, .. } = task.last;
        if outcome.did_not_complete() {
            let task = *task;
            self.remember_bad(task);
        }
        let sums = self.sums_mut(seed.location);
        sums.ended += 1;
        sums.polls += polls;
        sums.busy += busy;
        sums.max_poll = sums.max_poll.max(max_poll);
        self.ended_ever += 1;
    }

    /// The place of the oldest ended task, for one that is the newest from now on.
    #[inline]
    fn oldest(&mut self) -> &mut EndedTask {
        let at = self.oldest;
        if self.ended.len() < HISTORY {
            self.ended.push(EndedTask { last: Copied::NOTHING, at: 0, outcome: Outcome::UNKNOWN });
            return &mut self.ended[self.ended_ever as usize];
        }
        self.oldest = if at + 1 == HISTORY { 0 } else { at + 1 };
        // The lock's release would wait for the cache lines of the next one, so they are asked for now.
        prefetch_to_write(&self.ended[self.oldest]);
        &mut self.ended[at]
    }

    /// The ended tasks, oldest first.
    fn in_order(&self) -> impl Iterator<Item = &EndedTask> {
        let (newer, older) = self.ended.split_at(self.oldest);
        older.iter().chain(newer)
    }

    #[cold]
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
        self.in_order().skip(self.ended.len() - new)
    }

    /// Everything remembered; tasks that did not complete may come twice.
    pub(crate) fn history(&self) -> impl Iterator<Item = &EndedTask> {
        self.in_order().chain(self.bad.values().flatten())
    }
}

/// Asks for the cache lines of something that is going to be written.
#[cfg(target_arch = "x86_64")]
#[inline]
fn prefetch_to_write(task: &EndedTask) {
    use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
    let lines = std::ptr::from_ref(task).cast::<[i8; 64]>();
    for line in 0..size_of::<EndedTask>() / 64 {
        // SAFETY: every x86_64 has the instruction or passes over it; it reads nothing, wherever the address leads.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(lines.wrapping_add(line).cast()) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn prefetch_to_write(_: &EndedTask) {}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;
    use crate::records::Slab;

    #[test]
    fn the_history_is_bounded_and_in_order() {
        let mut taken = Vec::new();
        Slab::new().take(&mut taken, 1);
        let record = taken[0];
        let mut shard = Shard::default();
        let mut end = |numbers: std::ops::Range<u64>, outcome| {
            numbers.clone().for_each(|at| shard.end(at, outcome, |last| record.copy_own_into(last, 1)));
            let after: Vec<_> = shard.ended_after(numbers.start).map(|task| task.at).collect();
            (shard.ended_ever(), after, shard.history().count())
        };
        assert_eq!(end(0..3, Outcome::COMPLETED), (3, vec![0, 1, 2], 3));
        let (ever, after, kept) = end(3..2_500, Outcome::COMPLETED);
        assert_eq!((ever, kept), (2_500, HISTORY));
        assert_eq!(after, (1_500..2_500).collect::<Vec<_>>());
        assert_eq!(end(2_500..2_501, Outcome::COMPLETED).1, [2_500]);
        assert_eq!(end(2_501..2_601, Outcome::PANICKED).2, HISTORY + HISTORY_BAD_PER_PLACE);
    }
}
