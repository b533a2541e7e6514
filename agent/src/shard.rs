//! What one thread gathers at the end of tasks: sums per spawn location, and the history of ended tasks. Each thread
//! has its own, behind a lock that only the collector ever contends.

use crate::extensions::{Fate, Grip};
use crate::prefetch::prefetch_to_write;
use crate::records::Copied;
use std::collections::{HashMap, VecDeque};
use std::ops::Deref;
use taskscope_model::codes::{HandleState, Outcome};

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

/// A task that has ended, and what is known besides of a wrapped one.
#[derive(Clone)]
pub(crate) struct Remembered {
    task: EndedTask,
    pub(crate) fate: Option<Fate>,
}

impl Deref for Remembered {
    type Target = EndedTask;

    fn deref(&self) -> &EndedTask {
        &self.task
    }
}

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

/// How the ended tasks of one spawn location have ended, as far as that is known.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcomes {
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    pub(crate) panicked: u64,
    pub(crate) shut_down: u64,
    /// Of the failed and the panicked: nobody looked.
    pub(crate) errors_unseen: u64,
    pub(crate) panics_unseen: u64,
}

impl Outcomes {
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

    fn count_unseen(&mut self, outcome: Outcome, handle: HandleState) {
        match (outcome, handle) {
            (Outcome::FAILED, HandleState::DROPPED | HandleState::DETACHED) => self.errors_unseen += 1,
            (Outcome::PANICKED, HandleState::DROPPED | HandleState::DETACHED) => self.panics_unseen += 1,
            _ => {}
        }
    }

    pub(crate) fn add(&mut self, other: &Outcomes) {
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
    sums: Vec<Sums>,
    outcomes: Vec<Outcomes>,
    /// The last `HISTORY` ended tasks: once it is full, the oldest is at `oldest`. How many ever came.
    ended: Vec<EndedTask>,
    oldest: usize,
    ended_ever: u64,
    /// What is known besides, at the same places: of wrapped tasks. It may be shorter, and hold what belongs to an earlier
    /// task where the one in `ended` is not wrapped.
    fates: Vec<Option<Fate>>,
    bad: HashMap<u32, VecDeque<Remembered>>,
    bad_kept: usize,
    /// Extensions of live tasks that have changed while somebody looks.
    stirred: Vec<Grip>,
}

impl Shard {
    #[inline]
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

    /// How tasks have ended, by the number of their location.
    pub(crate) fn outcomes(&self) -> &[Outcomes] {
        &self.outcomes
    }

    #[inline]
    fn outcomes_mut(&mut self, place: u32) -> &mut Outcomes {
        let place = place as usize;
        if place >= self.outcomes.len() {
            self.outcomes.resize(place + 1, Outcomes::default());
        }
        &mut self.outcomes[place]
    }

    /// Counts an ended task and remembers it; `copy` writes what is known of it.
    #[inline]
    pub(crate) fn end(&mut self, at: u64, outcome: Outcome, copy: impl FnOnce(&mut Copied)) {
        let place = self.next_place();
        let location = self.add(at, outcome, copy);
        if outcome != Outcome::UNKNOWN {
            self.count_outcome(location, outcome, place);
        }
    }

    /// The same of a wrapped task.
    #[inline]
    pub(crate) fn end_wrapped(&mut self, at: u64, outcome: Outcome, fate: Fate, copy: impl FnOnce(&mut Copied)) {
        let place = self.next_place();
        let location = self.add(at, outcome, copy);
        self.outcomes_mut(location).count(outcome);
        if outcome.did_not_complete()
            && let Some(task) = self.ended.get(place)
        {
            let task = Remembered { task: *task, fate: Some(fate.clone()) };
            self.remember_bad(task);
        }
        match self.fates.get_mut(place) {
            Some(before) => {
                *before = Some(fate);
                self.fates.get(self.oldest).inspect(|next| prefetch_to_write(*next));
            }
            None => {
                self.fates.resize_with(place, || None);
                self.fates.push(Some(fate));
            }
        }
    }

    /// Where in `ended` the next task will stand.
    #[inline]
    fn next_place(&self) -> usize {
        if self.ended.len() < HISTORY { self.ended.len() } else { self.oldest }
    }

    #[inline]
    fn add(&mut self, at: u64, outcome: Outcome, copy: impl FnOnce(&mut Copied)) -> u32 {
        let task = self.oldest();
        copy(&mut task.last);
        (task.at, task.outcome) = (at, outcome);
        let Copied { seed, polls, busy, max_poll, .. } = task.last;
        let sums = self.sums_mut(seed.location);
        sums.ended += 1;
        sums.polls += polls;
        sums.busy += busy;
        sums.max_poll = sums.max_poll.max(max_poll);
        self.ended_ever += 1;
        seed.location
    }

    /// A plain task has ended in a way that is known; it stands at that place.
    #[cold]
    fn count_outcome(&mut self, location: u32, outcome: Outcome, place: usize) {
        self.outcomes_mut(location).count(outcome);
        if outcome.did_not_complete()
            && let Some(task) = self.ended.get(place)
        {
            let task = Remembered { task: *task, fate: None };
            self.remember_bad(task);
        }
    }

    /// A wrapped task of that location is over, and its handle is gone in this way: has anybody seen how it ended?
    pub(crate) fn count_unseen(&mut self, location: u32, outcome: Outcome, handle: HandleState) {
        self.outcomes_mut(location).count_unseen(outcome, handle);
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
    fn in_order(&self) -> impl Iterator<Item = Remembered> {
        let places = (self.oldest..self.ended.len()).chain(0..self.oldest);
        places.map(|place| {
            let task = self.ended[place];
            let fate = self.fates.get(place).filter(|_| task.last.seed.extension != 0);
            Remembered { task, fate: fate.cloned().flatten() }
        })
    }

    #[cold]
    fn remember_bad(&mut self, task: Remembered) {
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
    pub(crate) fn ended_after(&self, seen: u64) -> impl Iterator<Item = Remembered> {
        let new = self.ended_ever.saturating_sub(seen).min(self.ended.len() as u64) as usize;
        self.in_order().skip(self.ended.len() - new)
    }

    /// Tasks that ended since that raw time and did not complete, as far as they are remembered for that.
    pub(crate) fn bad_since(&self, at: u64) -> impl Iterator<Item = Remembered> {
        self.bad.values().flatten().filter(move |task| task.at >= at).cloned()
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
    pub(crate) fn history(&self) -> impl Iterator<Item = Remembered> {
        self.in_order().chain(self.bad.values().flatten().cloned())
    }
}

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
        // However many complete after it: what matters stays.
        end(2_601..1_000_000, Outcome::COMPLETED);
        let bad = shard.history().filter(|task| task.outcome == Outcome::PANICKED).map(|task| task.at);
        assert_eq!(bad.collect::<Vec<_>>(), (2_551..2_601).collect::<Vec<_>>());
    }
}
