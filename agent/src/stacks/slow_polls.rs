//! The polls that took too long, by place: for whoever attaches later. Bounded.

use super::Version;
use super::frames::Frames;
use std::collections::{BTreeSet, HashMap, VecDeque};
use taskscope_model::change::{Sample, SlowPoll};
use taskscope_model::codes::Doing;
use taskscope_model::{At, LocationId, Nanos, RuntimeId, SlowPollId, TaskId, Worker};

/// Most that are kept; the oldest that has ended goes first.
const MOST: usize = 256;
/// Most stacks of one poll.
const MOST_SAMPLES: usize = 8;
/// Most functions that compute.
const MOST_LOOPS: usize = 4_096;
/// Those that went, for clients that still have to be told.
const MOST_GONE: usize = 1_024;
/// What has no names yet is told without them after this long, nanoseconds.
const PATIENCE: u64 = 500_000_000;

/// All of them.
#[derive(Default)]
pub(crate) struct SlowPolls {
    entries: VecDeque<Entry>,
    gone: VecDeque<(u64, SlowPoll)>,
    next: u32,
    loops: Loops,
}

/// Functions that were seen computing, each with the line at which that was first: a loop has many lines, and is
/// one place all the same.
#[derive(Default)]
struct Loops(HashMap<String, LocationId>);

impl Loops {
    /// The program's own line that the first stack shows which shows one, as far as they have been looked up.
    fn place_in(&mut self, samples: &[Sample], frames: &Frames) -> Option<LocationId> {
        for Sample { stack, .. } in samples {
            if let Some((place, function)) = frames.own_place(&stack.frames) {
                return Some(self.place(stack.doing, place, function));
            }
            if !frames.names(&stack.frames) {
                return None;
            }
        }
        None
    }

    fn place(&mut self, doing: Doing, place: LocationId, function: &str) -> LocationId {
        if doing != Doing::RUNNING || function.is_empty() {
            return place;
        }
        match self.0.get(function) {
            Some(first) => *first,
            None if self.0.len() >= MOST_LOOPS => place,
            None => *self.0.entry(function.to_owned()).or_insert(place),
        }
    }
}

struct Entry {
    version: u64,
    /// Whether it may be told: its names have been looked up, or that takes too long.
    told: bool,
    named: bool,
    taken: At,
    fact: SlowPoll,
}

/// A poll that has become too long.
#[derive(Clone)]
pub(crate) struct Begun {
    pub(crate) task: TaskId,
    pub(crate) spawned_at: Option<LocationId>,
    pub(crate) runtime: Option<RuntimeId>,
    pub(crate) worker: Option<Worker>,
    pub(crate) tid: u32,
    pub(crate) at: At,
    pub(crate) limit: Nanos,
    pub(crate) waiting: Option<u64>,
}

impl SlowPolls {
    /// A poll has become too long. `stack`: what it did then, if that could be seen.
    pub(crate) fn begin(
        &mut self,
        begun: Begun,
        stack: Option<Sample>,
        now: At,
        version: &Version,
    ) -> SlowPollId {
        let id = SlowPollId(self.next);
        self.next = self.next.wrapping_add(1);
        let fact = SlowPoll {
            id,
            place: None,
            spawned_at: begun.spawned_at,
            count: 1,
            more: 0,
            since: begun.at,
            longest: Nanos(0),
            limit: begun.limit,
            task: begun.task,
            runtime: begun.runtime,
            worker: begun.worker,
            tid: begun.tid,
            at: begun.at,
            length: None,
            waiting: begun.waiting,
            samples: stack.into_iter().collect(),
        };
        let named = fact.samples.is_empty();
        self.entries.push_back(Entry { version: version.next(), told: named, named, taken: now, fact });
        self.make_room(version);
        id
    }

    /// A poll was too long, and nothing more is known of it.
    pub(crate) fn count(&mut self, begun: Begun, length: Nanos, now: At, version: &Version) {
        let same = |entry: &&mut Entry| entry.fact.spawned_at == begun.spawned_at;
        if let Some(entry) = self.entries.iter_mut().rev().find(same) {
            entry.fact.more += 1;
            entry.version = version.next();
            return;
        }
        let id = self.begin(begun, None, now, version);
        self.end(id, length, version);
    }

    /// The poll lasts, and its stack was taken once more.
    pub(crate) fn add(&mut self, id: SlowPollId, sample: Sample, version: &Version) {
        let Some(entry) = self.find(id) else { return };
        if entry.fact.samples.len() < MOST_SAMPLES {
            entry.fact.samples.push(sample);
            entry.named = false;
            entry.version = version.next();
        }
    }

    /// How many tasks wait for the poll's end now.
    pub(crate) fn wait(&mut self, id: SlowPollId, waiting: Option<u64>, version: &Version) {
        let Some(entry) = self.find(id).filter(|entry| entry.fact.waiting != waiting) else { return };
        entry.fact.waiting = waiting;
        entry.version = version.next();
    }

    /// The polls that keep a worker and have lasted for at least so long.
    pub(super) fn lasting(&self, now: At, least: Nanos) -> BTreeSet<SlowPollId> {
        let lasts = |fact: &&SlowPoll| fact.length.is_none() && now.since(fact.at) >= least;
        let facts = self.entries.iter().map(|entry| &entry.fact);
        facts.filter(lasts).filter(|fact| keeps_a_worker(fact)).map(|fact| fact.id).collect()
    }

    /// The polls that kept a worker of a runtime, and whether all of them have ended and have their names.
    pub(super) fn of(&self, runtime: RuntimeId) -> (Vec<SlowPoll>, bool) {
        let own = |entry: &&Entry| entry.fact.runtime == Some(runtime) && keeps_a_worker(&entry.fact);
        let own: Vec<&Entry> = self.entries.iter().filter(own).collect();
        let settled = own.iter().all(|entry| entry.named && entry.fact.length.is_some());
        (own.into_iter().map(|entry| entry.fact.clone()).collect(), settled)
    }

    /// The poll has ended.
    pub(crate) fn end(&mut self, id: SlowPollId, length: Nanos, version: &Version) {
        let Some(entry) = self.find(id) else { return };
        entry.fact.length = Some(length);
        entry.fact.longest = entry.fact.longest.max(length);
        entry.version = version.next();
        if entry.named {
            self.merge(id, version);
        }
    }

    /// Names have been found; says whether anything can be told now that could not be before.
    pub(super) fn settle(&mut self, frames: &Frames, version: &Version) -> bool {
        let mut ended = Vec::new();
        let mut settled = false;
        for entry in self.entries.iter_mut().filter(|entry| !entry.named) {
            if !entry.fact.samples.iter().all(|sample| frames.names(&sample.stack.frames)) {
                continue;
            }
            entry.fact.place = self.loops.place_in(&entry.fact.samples, frames);
            entry.version = version.next();
            (entry.named, entry.told, settled) = (true, true, true);
            if entry.fact.length.is_some() {
                ended.push(entry.fact.id);
            }
        }
        ended.into_iter().for_each(|id| self.merge(id, version));
        settled
    }

    /// Lets go of what has waited too long for its names; some have perhaps been found.
    pub(super) fn release(&mut self, frames: &Frames, now: At, version: &Version) {
        for entry in self.entries.iter_mut().filter(|entry| !entry.told) {
            if now.since(entry.taken).0 >= PATIENCE {
                entry.fact.place = self.loops.place_in(&entry.fact.samples, frames);
                entry.told = true;
                entry.version = version.next();
            }
        }
    }

    /// An ended poll joins those that ended before it in the same place.
    fn merge(&mut self, id: SlowPollId, version: &Version) {
        let Some(at) = self.entries.iter().position(|entry| entry.fact.id == id) else { return };
        let Some(last) = self.entries.get(at).map(|entry| entry.fact.clone()) else { return };
        let same = |other: &&mut Entry| {
            let fact = &other.fact;
            let place = (fact.place, fact.spawned_at, fact.runtime);
            place == (last.place, last.spawned_at, last.runtime)
                && fact.id != id
                && other.named
                && fact.length.is_some()
        };
        let Some(group) = self.entries.iter_mut().find(same) else { return };
        let before = &group.fact;
        group.fact = SlowPoll {
            id: before.id,
            count: before.count + last.count,
            more: before.more + last.more,
            since: before.since.min(last.since),
            longest: before.longest.max(last.longest),
            ..last
        };
        group.version = version.next();
        self.remove(at, version);
    }

    fn make_room(&mut self, version: &Version) {
        while self.entries.len() > MOST {
            let ended = self.entries.iter().position(|entry| entry.fact.length.is_some());
            self.remove(ended.unwrap_or(0), version);
        }
    }

    fn remove(&mut self, at: usize, version: &Version) {
        let Some(entry) = self.entries.remove(at) else { return };
        if self.gone.len() == MOST_GONE {
            self.gone.pop_front();
        }
        let forgotten = SlowPoll { count: 0, samples: Vec::new(), ..entry.fact };
        self.gone.push_back((version.next(), forgotten));
    }

    fn find(&mut self, id: SlowPollId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.fact.id == id)
    }

    /// What is new since a version.
    pub(super) fn facts_after(&self, told: u64) -> Vec<SlowPoll> {
        // Somebody who knows nothing has nothing to forget.
        let gone = self.gone.iter().filter(|(version, _)| *version > told && told > 0).map(|(_, fact)| fact);
        let new =
            self.entries.iter().filter(|entry| entry.told && entry.version > told).map(|entry| &entry.fact);
        new.chain(gone).cloned().collect()
    }
}

/// The thread of `block_on` is a worker only where the runtime has no other.
fn keeps_a_worker(fact: &SlowPoll) -> bool {
    fact.worker.is_some() || !fact.task.is_root()
}
