//! Records to Changes: one way for snapshots, for ticks and for the history.

mod wrapped;

pub(crate) use wrapped::Standing;

use crate::clock::Clock;
use crate::places::{NO_CHAIN, Places};
use crate::records::{Copied, Record};
use crate::runtimes::UNKNOWN_RUNTIME;
use crate::shard::Remembered;
use crate::store::Store;
use std::borrow::Cow;
use taskscope_model::change::{Ended, Location, Polled, Spawned};
use taskscope_model::task::By;
use taskscope_model::world::Names;
use taskscope_model::{At, ChainId, Fact, LocationId, Nanos, RuntimeId, Source, Task, TaskId, Worker};

/// What is needed to put a record into words. Refreshed by each tick.
pub(crate) struct Teller {
    pub(crate) clock: &'static Clock,
    pub(crate) store: &'static Store,
    pub(crate) now: At,
    /// The worker that each thread slot is now, by the slot's number.
    pub(crate) workers: Vec<Option<Worker>>,
    /// All locations so far, by number, and each as text: searches ask for it once a task.
    pub(crate) locations: Vec<(Location, String)>,
    /// Names of the runtimes, by number.
    pub(crate) runtimes: Vec<(RuntimeId, String)>,
}

impl Teller {
    /// Knows nothing but the clock.
    pub(crate) fn new(store: &'static Store) -> Self {
        let clock = &store.clock;
        Self { clock, store, now: clock.now(), workers: Vec::new(), locations: Vec::new(), runtimes: Vec::new() }
    }

    /// Brings the locations up to now: what was seen before this can be told after it.
    pub(crate) fn refresh_places(&mut self, places: &Places) {
        for location in places.locations_after(self.locations.len()) {
            let text = location.to_string();
            self.locations.push((location, text));
        }
    }

    /// A consistent copy of a record; `None` if it is of no live task.
    pub(crate) fn copy(&self, record: &Record) -> Option<Copied> {
        record.copy(self.clock.long_shift())
    }

    /// Who and what the task is.
    pub(crate) fn spawned(&self, record: &Copied) -> Fact {
        let seed = &record.seed;
        let spawned = Spawned {
            task: TaskId(seed.id),
            kind: seed.kind,
            runtime: (seed.runtime != UNKNOWN_RUNTIME).then_some(RuntimeId(seed.runtime.into())),
            parent: (seed.parent != 0).then_some(TaskId(seed.parent)),
            location: Some(LocationId(seed.location)),
            chain: (seed.chain != NO_CHAIN).then_some(ChainId(seed.chain)),
            at: Some(self.clock.at(seed.spawned)),
        };
        spawned.into()
    }

    /// What it has done.
    pub(crate) fn polled(&self, record: &Copied) -> Fact {
        let at = |raw: u64| (raw != 0).then(|| self.clock.at(raw));
        let begun = record.polls > 0 || record.poll_start != 0;
        let polled = Polled {
            task: TaskId(record.seed.id),
            polls: record.polls,
            busy: self.clock.span(record.busy),
            max_poll: self.clock.span(record.max_poll),
            running_since: at(record.poll_start),
            last_poll: at(record.poll_end),
            worker: self.workers.get(usize::from(record.thread)).copied().flatten().filter(|_| begun),
            long_polls: self.long_polls(record),
        };
        polled.into()
    }

    fn long_polls(&self, record: &Copied) -> Vec<(Nanos, u32)> {
        let bounds = (self.clock.long_shift()..).map(|shift| self.clock.span(1 << shift));
        bounds.zip(record.long.counts()).filter(|(_, count)| *count > 0).map(|(bound, count)| (bound, count.into())).collect()
    }

    /// How it ended.
    pub(crate) fn ended(&self, task: &Remembered) -> Fact {
        Ended { task: TaskId(task.last.seed.id), at: self.clock.at(task.at), outcome: task.outcome }.into()
    }

    /// A living task, as the model sees it: to filter and to rank.
    pub(crate) fn task(&self, record: &Copied) -> Task {
        let mut task = Task::new(TaskId(record.seed.id));
        task.apply(Source::AGENT, &self.spawned(record));
        task.apply(Source::AGENT, &self.polled(record));
        self.aside_of(record).into_iter().for_each(|fact| task.apply(Source::AGENT, &fact));
        task
    }

    /// An ended task, as the model sees it.
    pub(crate) fn ended_task(&self, ended: &Remembered) -> Task {
        let mut task = self.task(&ended.last);
        task.apply(Source::AGENT, &self.ended(ended));
        self.described_ended(ended).iter().for_each(|fact| task.apply(Source::AGENT, fact));
        task
    }
}

impl Names for Teller {
    fn location(&self, location: By<LocationId>) -> Option<&Location> {
        self.locations.get(location.id.0 as usize).map(|(location, _)| location)
    }

    fn location_text(&self, location: By<LocationId>) -> Option<Cow<'_, str>> {
        self.locations.get(location.id.0 as usize).map(|(_, text)| Cow::Borrowed(text.as_str()))
    }

    fn runtime_name(&self, runtime: By<RuntimeId>) -> Option<&str> {
        self.runtimes.iter().find(|(id, _)| *id == runtime.id).map(|(_, name)| name.as_str())
    }
}
