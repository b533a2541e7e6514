//! One task, as told by one or several sources, and what it answers.

mod told;

use crate::change::{
    Attribute, Awaits, CancelAsked, Ended, Fact, Failure, Handled, Held, Looked, Polled, ScheduledTimes,
    Spawned, Woken,
};
use crate::codes::{Activity, Outcome, Source, TaskKind, TreeKind};
use crate::ids::{ChainId, LocationId, RuntimeId, TaskId, Worker};
use crate::time::{At, Nanos};
use std::fmt;
use told::{Facts, More};

/// A number that only means something together with the source that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct By<Id> {
    /// Who numbered.
    pub source: Source,
    /// The number.
    pub id: Id,
}

/// What a task does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// In a poll.
    Running,
    /// Woken, or new, and not polled since. Where wakes are not seen, only a new task is known to be this.
    Scheduled,
    /// Waiting to be woken. Where wakes are not seen, it may be scheduled.
    Idle,
    /// Gone.
    Ended,
}

impl State {
    /// Every state, in the order in which they are listed.
    pub const ALL: [State; 4] = [State::Running, State::Scheduled, State::Idle, State::Ended];

    /// What was seen by who looks from outside.
    fn seen(activity: Activity) -> Option<Self> {
        match activity {
            Activity::RUNNING => Some(State::Running),
            Activity::SCHEDULED => Some(State::Scheduled),
            Activity::IDLE => Some(State::Idle),
            _ => None,
        }
    }

    /// Its name in text and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Scheduled => "scheduled",
            State::Idle => "idle",
            State::Ended => "ended",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One task. What several sources tell is kept apart, so the order in which they speak does not matter;
/// each question is answered by the strongest source that can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    id: TaskId,
    /// Strongest source first; seldom more than one.
    told: Vec<(Source, Facts)>,
}

impl Task {
    /// A task of which nothing is told yet.
    pub fn new(id: TaskId) -> Self {
        Self { id, told: Vec::with_capacity(1) }
    }

    /// Takes in a fact about this task; facts about anything else are ignored.
    pub fn apply(&mut self, source: Source, fact: &Fact) {
        if fact.task() == Some(self.id) {
            self.facts_of(source).apply(fact);
        }
    }

    /// Drops what a source has told; says whether any source is left.
    pub(crate) fn forget(&mut self, source: Source) -> bool {
        self.told.retain(|(teller, _)| *teller != source);
        !self.told.is_empty()
    }

    /// The facts from which this task can be told again.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (Source, Fact)> + '_ {
        self.told.iter().flat_map(|(source, facts)| facts.facts().map(|fact| (*source, fact)))
    }

    fn facts_of(&mut self, source: Source) -> &mut Facts {
        let at = match self.told.binary_search_by(|(teller, _)| source.cmp(teller)) {
            Ok(at) => at,
            Err(at) => {
                self.told.insert(at, (source, Facts::default()));
                at
            }
        };
        &mut self.told[at].1
    }

    fn strongest<T>(&self, mut get: impl FnMut(&Facts) -> Option<T>) -> Option<T> {
        self.told.iter().find_map(|(_, facts)| get(facts))
    }

    fn strongest_by<T>(&self, mut get: impl FnMut(&Facts) -> Option<T>) -> Option<By<T>> {
        self.told.iter().find_map(|(source, facts)| get(facts).map(|id| By { source: *source, id }))
    }

    fn spawned<T>(&self, get: impl Fn(&Spawned) -> Option<T>) -> Option<T> {
        self.strongest(|facts| facts.spawned.as_ref().and_then(&get))
    }

    /// Its id.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.more(|more| more.described.as_ref().map(|it| it.name.as_str()).filter(|name| !name.is_empty()))
    }

    /// The type of its future.
    pub fn future(&self) -> Option<&str> {
        self.more(|more| more.described.as_ref().map(|it| it.future.as_str()).filter(|it| !it.is_empty()))
    }

    /// Size of its future, bytes.
    pub fn size(&self) -> Option<u64> {
        self.size_by().map(|by| by.id)
    }

    /// The same, with who tells it.
    pub fn size_by(&self) -> Option<By<u64>> {
        self.more_by(|more| more.described.as_ref()?.size)
    }

    /// Size its future had before tokio put it into a box of its own, bytes; `None` if it did not.
    pub fn original_size(&self) -> Option<u64> {
        self.more(|more| more.boxed.as_ref()).map(|boxed| boxed.original_size)
    }

    /// What else was noted of it when it was spawned.
    pub fn noted(&self) -> &[Attribute] {
        self.more(|more| more.noted.as_ref()).map_or(&[], |noted| &noted.fields)
    }

    /// What became of its handle; `None` if nobody can tell.
    pub fn handled(&self) -> Option<&Handled> {
        self.more(|more| more.handled.as_ref())
    }

    /// Who asked it to stop first, if that is known.
    pub fn cancel(&self) -> Option<&CancelAsked> {
        self.asked_to_stop().map(|by| by.id)
    }

    /// The same, with who tells it and so numbers the places in it.
    pub fn asked_to_stop(&self) -> Option<By<&CancelAsked>> {
        self.more_by(|more| more.cancel.as_ref())
    }

    /// What it said when it failed or panicked.
    pub fn failure(&self) -> Option<By<&Failure>> {
        self.more_by(|more| more.failure.as_ref())
    }

    /// How it was woken; `None` where wakes are not seen.
    pub fn woken(&self) -> Option<&Woken> {
        self.more(|more| more.woken.as_ref())
    }

    /// The same, from who has seen its last poll too. Where one source tells of polls and another of wakes, the
    /// latter may be behind: what it says of a task that was polled since is over.
    pub fn woken_lately(&self) -> Option<&Woken> {
        let last_poll = self.polled().and_then(|polled| polled.last_poll);
        self.told.iter().find_map(|(_, facts)| {
            let woken = facts.more.as_deref()?.woken.as_ref()?;
            let seen = facts.polled.as_ref().and_then(|polled| polled.last_poll);
            (seen >= last_poll).then_some(woken)
        })
    }

    /// How long it waited between wake and poll, each time; `None` if nobody tells.
    pub fn scheduled_times(&self) -> Option<&ScheduledTimes> {
        self.more(|more| more.scheduled_times.as_deref())
    }

    /// What it was seen to do from outside.
    pub fn looked(&self) -> Option<&Looked> {
        self.more(|more| more.looked.as_ref())
    }

    /// Locks and permits that it has while it does not run, as far as they are seen; with who tells it.
    pub fn holds(&self) -> Option<By<&[Held]>> {
        self.more_by(|more| more.holds.as_ref().map(|holds| holds.held.as_slice()))
    }

    /// Where it waits, the way it was found that says most: memory, then its stack, then observed futures, then
    /// operations on resources.
    pub fn awaits(&self) -> Option<By<&Awaits>> {
        let all = self.told.iter().rev().flat_map(|(source, facts)| {
            let awaits = facts.more.iter().flat_map(|more| more.awaits.values());
            awaits.map(|id| By { source: *source, id })
        });
        all.max_by_key(|by| (by.id.kind != TreeKind::OPERATIONS, by.id.kind))
    }

    /// Where it waits, as found in one way.
    pub fn awaits_by(&self, kind: TreeKind) -> Option<By<&Awaits>> {
        self.more_by(|more| more.awaits.get(&kind))
    }

    fn more<'a, T>(&'a self, get: impl Fn(&'a More) -> Option<T>) -> Option<T> {
        self.more_by(get).map(|by| by.id)
    }

    fn more_by<'a, T>(&'a self, get: impl Fn(&'a More) -> Option<T>) -> Option<By<T>> {
        self.told.iter().find_map(|(source, facts)| {
            let id = get(facts.more.as_deref()?)?;
            Some(By { source: *source, id })
        })
    }

    /// The sources that have told of it, strongest first.
    pub fn seen_by(&self) -> impl Iterator<Item = Source> + '_ {
        self.told.iter().map(|(source, _)| *source)
    }

    /// What it is to its runtime; `None` if nobody tells a kind that this version knows.
    pub fn kind(&self) -> Option<TaskKind> {
        self.spawned(|spawned| Some(spawned.kind).filter(|kind| kind.name().is_some()))
    }

    /// Its runtime.
    pub fn runtime(&self) -> Option<By<RuntimeId>> {
        self.strongest_by(|facts| facts.spawned.as_ref()?.runtime)
    }

    /// The task that spawned it.
    pub fn parent(&self) -> Option<TaskId> {
        self.spawned(|spawned| spawned.parent)
    }

    /// Where it was spawned.
    pub fn location(&self) -> Option<By<LocationId>> {
        self.strongest_by(|facts| facts.spawned.as_ref()?.location)
    }

    /// Its ancestry.
    pub fn chain(&self) -> Option<By<ChainId>> {
        self.strongest_by(|facts| facts.spawned.as_ref()?.chain)
    }

    /// When it was spawned.
    pub fn spawned_at(&self) -> Option<At> {
        self.spawned(|spawned| spawned.at)
    }

    /// What it has done so far.
    pub fn polled(&self) -> Option<&Polled> {
        self.told.iter().find_map(|(_, facts)| facts.polled.as_ref())
    }

    /// When it ended. Only the agent ends a task that the agent tracks. The outcome in here is that source's
    /// alone: see [`outcome`](Self::outcome).
    pub fn ended(&self) -> Option<&Ended> {
        match self.told.iter().find(|(source, _)| *source == Source::AGENT) {
            Some((_, facts)) => facts.ended.as_ref(),
            None => self.told.iter().find_map(|(_, facts)| facts.ended.as_ref()),
        }
    }

    /// How it ended, by the strongest source that knows; `None` if it lives or nobody can tell.
    pub fn outcome(&self) -> Option<Outcome> {
        self.ended()?;
        let outcome = |facts: &Facts| facts.ended.as_ref().map(|ended| ended.outcome);
        self.strongest(|facts| outcome(facts).filter(|outcome| outcome.name().is_some()))
    }

    /// What it does now; `None` if nobody can tell.
    pub fn state(&self) -> Option<State> {
        if self.ended().is_some() {
            return Some(State::Ended);
        }
        let woken = self.woken_lately().is_some_and(|woken| woken.woken_since.is_some());
        match self.polled() {
            Some(polled) if polled.running_since.is_some() => Some(State::Running),
            Some(_) if woken => Some(State::Scheduled),
            Some(polled) if polled.polls > 0 => Some(State::Idle),
            Some(_) => Some(State::Scheduled),
            None => self.looked().and_then(|looked| State::seen(looked.activity)),
        }
    }

    /// The worker of its current or last poll.
    pub fn worker(&self) -> Option<Worker> {
        self.polled().and_then(|polled| polled.worker)
    }

    /// Polls begun, the current one included.
    pub fn polls(&self) -> Option<u64> {
        self.polled().map(|polled| polled.polls.saturating_add(polled.running_since.is_some().into()))
    }

    /// Time in polls, the current one included.
    pub fn busy(&self, now: At) -> Option<Nanos> {
        self.polled().map(|polled| polled.busy + self.current_poll(now))
    }

    /// Its longest poll, the current one included; `None` if nobody can tell.
    pub fn max_poll(&self, now: At) -> Option<Nanos> {
        let polled = self.polled()?;
        // It was busy, so some poll took time.
        let unknown = polled.max_poll == Nanos(0) && polled.busy > Nanos(0);
        (!unknown).then(|| polled.max_poll.max(self.current_poll(now)))
    }

    /// Time woken and not polled, the current wait included; `None` where that is not measured.
    pub fn scheduled(&self, now: At) -> Option<Nanos> {
        let woken = self.woken()?;
        let current = woken.woken_since.filter(|_| self.state() == Some(State::Scheduled));
        Some(woken.scheduled? + current.map_or(Nanos(0), |since| now.since(since)))
    }

    /// Time not in a poll; where `scheduled` is unknown it is part of this.
    pub fn idle(&self, now: At) -> Option<Nanos> {
        Some(self.total(now)? - self.busy(now)? - self.scheduled(now).unwrap_or_default())
    }

    /// Time from its spawn to its end, or to now.
    pub fn total(&self, now: At) -> Option<Nanos> {
        self.spawned_at().map(|at| self.end_or(now).since(at))
    }

    /// Time since its spawn.
    pub fn age(&self, now: At) -> Option<Nanos> {
        self.spawned_at().map(|at| now.since(at))
    }

    /// Time since its last poll ended; zero while it is in one, `None` before the first.
    pub fn since_last_poll(&self, now: At) -> Option<Nanos> {
        let polled = self.polled()?;
        let end = if polled.running_since.is_some() { Some(self.end_or(now)) } else { polled.last_poll };
        end.map(|at| now.since(at))
    }

    /// A poll that was never seen to end has ended with its task at the latest.
    fn current_poll(&self, now: At) -> Nanos {
        let since = self.polled().and_then(|polled| polled.running_since);
        since.map_or(Nanos(0), |since| self.end_or(now).since(since))
    }

    fn end_or(&self, now: At) -> At {
        self.ended().map_or(now, |ended| ended.at)
    }
}
