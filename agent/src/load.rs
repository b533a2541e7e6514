//! How many tasks of each spawn location were alive over the last minutes, so that who attaches late sees their course.
//!
//! Nobody is woken for this: the server looks at each of its ticks while it ticks anyway, else a spawn does, at most
//! one a span, with the time that it has read for itself. Spans in which nobody spawned are filled in by the next look:
//! between what was alive before them and what is alive then.

use crate::sync::lock;
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Spans kept.
const SPANS: usize = 120;
/// Length of a span, nanoseconds.
pub(crate) const EVERY: u64 = 1_000_000_000;

/// The courses of all locations.
pub(crate) struct Load {
    /// From then on a spawn is to look, raw clock.
    due: AtomicU64,
    /// Length of a span, raw clock.
    every: u64,
    state: Mutex<State>,
}

struct State {
    /// Start of the current span, raw clock.
    since: u64,
    courses: HashMap<u32, Course>,
}

/// One location's tasks, over the spans that are over, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) least: VecDeque<u32>,
    pub(crate) most: VecDeque<u32>,
    pub(crate) spawned: VecDeque<u32>,
    now: Now,
}

/// The current span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Now {
    alive: u32,
    least: u32,
    most: u32,
    /// Ever, at the beginning of the span and at the last look.
    spawned_before: u64,
    spawned: u64,
}

/// What there is at one location at the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) spawned: u64,
    pub(crate) ended: u64,
}

impl Load {
    /// `every`: the length of a span on the raw clock.
    pub(crate) fn new(every: u64, now: u64) -> Self {
        let state = State { since: now, courses: HashMap::new() };
        Self { due: AtomicU64::new(now.saturating_add(every)), every: every.max(1), state: Mutex::new(state) }
    }

    /// Whether a spawn is to look, which has read this time.
    #[inline]
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= self.due.load(Ordering::Relaxed)
    }

    /// Takes it upon the caller to look now; false if somebody else does.
    pub(crate) fn take(&self, now: u64) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        let next = now.saturating_add(self.every);
        now >= due && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Takes in what there is at each location.
    pub(crate) fn look(&self, now: u64, counts: impl Iterator<Item = (u32, Count)>) {
        // Spawns have nothing to do as long as somebody looks.
        self.due.fetch_max(now.saturating_add(self.every), Ordering::Relaxed);
        let mut state = lock(&self.state);
        let over = now.saturating_sub(state.since) / self.every;
        state.since = state.since.saturating_add(over * self.every);
        let over = usize::try_from(over).unwrap_or(usize::MAX).min(SPANS);
        for (location, count) in counts {
            let course = state.courses.entry(location).or_default();
            course.look(over, count);
        }
    }

    /// The end of the last span, raw clock.
    pub(crate) fn since(&self) -> u64 {
        lock(&self.state).since
    }

    /// The courses by location, and the end of the last span, raw clock.
    pub(crate) fn courses(&self) -> (u64, Vec<(u32, Course)>) {
        let state = lock(&self.state);
        (state.since, state.courses.iter().map(|(location, course)| (*location, course.clone())).collect())
    }
}

impl Course {
    /// Tells courses apart whose spans that are over differ.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.least, &self.most, &self.spawned).hash(&mut hasher);
        hasher.finish()
    }

    fn look(&mut self, over: usize, count: Count) {
        let alive = u32::try_from(count.spawned.saturating_sub(count.ended)).unwrap_or(u32::MAX);
        let (least, most) = (self.now.alive.min(alive), self.now.alive.max(alive));
        for number in 0..over {
            if number > 0 {
                // Nobody has looked in this one.
                (self.now.least, self.now.most) = (least, most);
            }
            let spawned = self.now.spawned.saturating_sub(self.now.spawned_before);
            push(&mut self.least, self.now.least);
            push(&mut self.most, self.now.most);
            push(&mut self.spawned, u32::try_from(spawned).unwrap_or(u32::MAX));
            self.now.spawned_before = self.now.spawned;
            (self.now.least, self.now.most) = (self.now.alive, self.now.alive);
        }
        let Now { least, most, .. } = self.now;
        self.now = Now { alive, least: least.min(alive), most: most.max(alive), spawned: count.spawned, ..self.now };
    }
}

fn push(spans: &mut VecDeque<u32>, value: u32) {
    if spans.len() == SPANS {
        spans.pop_front();
    }
    spans.push_back(value);
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;

    fn course(looks: &[(u64, u64, u64)]) -> Course {
        let load = Load::new(10, 0);
        for (now, spawned, ended) in looks {
            load.look(*now, [(1, Count { spawned: *spawned, ended: *ended })].into_iter());
        }
        let [(1, course)] = &load.courses().1[..] else { panic!("there is one location") };
        course.clone()
    }

    #[test]
    fn spans_hold_the_least_and_the_most() {
        let course = course(&[(1, 5, 0), (5, 9, 8), (9, 9, 6), (12, 9, 9), (23, 10, 9)]);
        assert_eq!(course.least, [0, 0]);
        assert_eq!(course.most, [5, 3]);
        assert_eq!(course.spawned, [9, 0]);
    }

    #[test]
    fn spans_in_which_nobody_looked_are_filled_in() {
        let course = course(&[(1, 4, 0), (45, 4, 2), (55, 4, 2)]);
        assert_eq!(course.least, [0, 2, 2, 2, 2]);
        assert_eq!(course.most, [4, 4, 4, 4, 4]);
        assert_eq!(course.spawned, [4, 0, 0, 0, 0]);
    }

    #[test]
    fn the_past_is_bounded() {
        let course = course(&[(1, 4, 0), (1_000_000, 4, 0), (u64::MAX, 9, 0)]);
        assert_eq!((course.least.len(), course.most.len(), course.spawned.len()), (SPANS, SPANS, SPANS));
    }

    #[test]
    fn one_spawn_a_span_looks() {
        let load = Load::new(10, 0);
        assert!(!load.is_due(9) && load.is_due(10));
        assert!(load.take(10) && !load.take(10) && !load.is_due(19));
        load.look(15, std::iter::empty());
        assert!(!load.is_due(24) && load.take(25));
    }
}
