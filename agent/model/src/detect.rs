//! The detectors: what is wrong in a World. Each is one file, a pure function over the World; the list of them
//! is `DETECTORS`.
//!
//! Findings are derived, never sent or recorded: whoever folds the same Changes finds the same, in whatever
//! order they came, and from a snapshot the same as from all Changes since the start.
//!
//! A detector says which tasks are cases of it, each at a place, and judges a place: over its cases, and over
//! what is counted there. A Change leads to questions about the task or the place that it is about, and about
//! those that looked at it; nothing else is looked at. A case that counts only after a while waits for that in
//! an order of time, so that a Tick costs what has become due. A Tick comes before the facts of its moment, so
//! it is the one before it that says until when everything has been told. Where rare facts about other things
//! decide, the detector names what they may concern, and that is looked at anew.

mod auto_boxed;
mod blocked_worker;
mod blocking_pool_full;
mod bonds;
mod cancelled;
mod deadlock;
mod detector;
mod dropped_half_way;
mod error_unseen;
mod events;
mod futurelock;
mod held_up;
mod idle_too_long;
mod large_future;
mod ledger;
mod lock_held_across_await;
mod locks;
mod lost_waker;
mod never_awaited;
mod never_yields;
mod panic_unseen;
mod pending_at_shutdown;
mod scene;
mod self_wakes;
mod slow_poll;
mod starved;
mod task_leak;
mod unseen;
mod waves;
mod words;

pub use events::Event;

use crate::change::{Change, Fact};
use crate::finding::{Finding, Kind, Severity};
use crate::ids::TaskId;
use crate::task::By;
use crate::time::At;
use crate::world::{Names, World};
use detector::{Detector, Judgement, Place};
use events::Events;
use ledger::{About, Ledger};
use scene::whole_second;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Every detector.
const DETECTORS: &[&dyn Detector] = &[
    &never_awaited::NeverAwaited,
    &dropped_half_way::DroppedHalfWay,
    &cancelled::Cancelled,
    &panic_unseen::PanicUnseen,
    &error_unseen::ErrorUnseen,
    &pending_at_shutdown::PendingAtShutdown,
    &starved::Starved,
    &never_yields::NeverYields,
    &self_wakes::SelfWakes,
    &lost_waker::LostWaker,
    &large_future::LargeFuture,
    &auto_boxed::AutoBoxed,
    &task_leak::TaskLeak,
    &idle_too_long::IdleTooLong,
    &slow_poll::SlowPolls,
    &blocked_worker::BlockedWorker,
    &blocking_pool_full::BlockingPoolFull,
    &deadlock::Deadlock,
    &futurelock::Futurelock,
    &lock_held_across_await::LockHeldAcrossAwait,
];

/// The place of a finding among the others: worst first, then by kind and place.
type Rank = (Reverse<Severity>, Kind, Option<(String, u32, u32)>, Place);

/// The findings so far over one World.
#[derive(Debug)]
pub struct Diagnosis {
    /// One for each detector, in the order of the list.
    ledgers: Vec<Ledger>,
    findings: BTreeMap<Rank, Finding>,
    ranks: HashMap<(Kind, Place), Rank>,
    events: Events,
    /// The last Tick.
    now: At,
    /// Until when everything has been told.
    until: At,
    /// The second in which what ages was last said.
    second: At,
    /// Whether something by which findings call things has been told since they were judged.
    renamed: bool,
}

impl Default for Diagnosis {
    fn default() -> Self {
        Self {
            ledgers: DETECTORS.iter().map(|_| Ledger::default()).collect(),
            findings: BTreeMap::new(),
            ranks: HashMap::new(),
            events: Events::default(),
            now: At::default(),
            until: At::default(),
            second: At::default(),
            renamed: false,
        }
    }
}

impl Diagnosis {
    /// The findings over a World as it is.
    pub fn of(world: &World) -> Self {
        let mut diagnosis = Self::default();
        for change in world.snapshot() {
            diagnosis.see(world, &change);
        }
        diagnosis.settle(world);
        diagnosis
    }

    /// Takes in a Change that has just been folded into `world`. The cost is that of the task or place that
    /// changed. What is wrong is found at once; what else there is to say of a finding, that it counts more or is
    /// no longer true, at the next Tick, or when it is [settled](Self::settle).
    pub fn see(&mut self, world: &World, change: &Change) {
        match &change.fact {
            Fact::Tick(_) => {
                self.until = self.now;
                self.now = world.now();
                self.catch_up(world);
            }
            Fact::Complete(_) | Fact::Goodbye(_) => self.settle(world),
            Fact::Location(_) | Fact::Runtime(_) => self.renamed = true,
            fact => {
                if let Some(task) = fact.task() {
                    self.reconsider(world, fact, task);
                }
                if let Some(id) = fact.place() {
                    self.touch(fact, Some(By { source: change.source, id }));
                }
                self.judge(world);
            }
        }
        for (detector, ledger) in DETECTORS.iter().zip(&mut self.ledgers) {
            if detector.unsettled_by(&change.fact) {
                ledger.unsettle();
            }
        }
    }

    /// Judges what has been put off until the next Tick: everything until the World's now has been told. For the
    /// end of a page, of a recording, and wherever else somebody is about to look.
    pub fn settle(&mut self, world: &World) {
        self.now = world.now();
        self.until = self.now;
        self.catch_up(world);
    }

    /// The findings that hold, worst first, then by kind and place.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }

    /// What has happened since this was last called, oldest first; bounded, the oldest go first. A finding that
    /// was raised and has changed since is told once, as it is now.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.take()
    }

    /// Whether a finding has come up since events were last taken.
    pub fn has_raised(&self) -> bool {
        self.events.has_raised()
    }

    fn reconsider(&mut self, world: &World, fact: &Fact, id: TaskId) {
        let about = About { id, task: world.task(id) };
        // Where several sources tell, whatever one of them says may mean that another is no longer believed.
        let several = about.task.is_some_and(|task| task.seen_by().nth(1).is_some());
        let any = several || matches!(fact, Fact::Forgotten(_));
        for (detector, ledger) in DETECTORS.iter().zip(&mut self.ledgers) {
            if any || detector.heeds(fact) {
                ledger.reconsider(*detector, world, about, self.until);
            }
        }
    }

    fn touch(&mut self, fact: &Fact, place: Place) {
        for (detector, ledger) in DETECTORS.iter().zip(&mut self.ledgers) {
            if detector.heeds(fact) {
                ledger.touch(place);
            }
        }
    }

    fn catch_up(&mut self, world: &World) {
        let renamed = std::mem::take(&mut self.renamed);
        let older =
            whole_second(world.now()) != std::mem::replace(&mut self.second, whole_second(world.now()));
        for (detector, ledger) in DETECTORS.iter().zip(&mut self.ledgers) {
            ledger.tick(*detector, world, self.until, renamed || older && detector.ages());
        }
        self.judge(world);
    }

    fn judge(&mut self, world: &World) {
        for (at, detector) in DETECTORS.iter().enumerate() {
            for place in self.ledgers[at].take_open() {
                let judgement = self.ledgers[at].judge(*detector, world, place);
                self.conclude(*detector, world, place, judgement);
            }
        }
    }

    /// Raises, updates or clears the finding at a place.
    fn conclude(
        &mut self,
        detector: &dyn Detector,
        world: &World,
        place: Place,
        judgement: Option<Judgement>,
    ) {
        let kind = detector.kind();
        let before = self.ranks.remove(&(kind, place)).and_then(|rank| self.findings.remove(&rank));
        let Some(judgement) = judgement else {
            before.into_iter().for_each(|finding| self.events.push(Event::Cleared(finding)));
            return;
        };
        let Judgement { message, advice, tasks, count, since, evidence } = judgement;
        let finding = Finding {
            kind,
            severity: detector.severity(),
            message,
            advice: advice.to_owned(),
            tasks,
            location: place,
            count,
            since: since.unwrap_or_default(),
            evidence,
        };
        match before {
            None => self.events.push(Event::Raised(finding.clone())),
            Some(before) if before != finding => self.events.push(Event::Updated(finding.clone())),
            Some(_) => {}
        }
        let location = place.and_then(|place| world.location(place));
        let location = location.map(|it| (it.file.clone(), it.line, it.column));
        let rank = (Reverse(finding.severity), kind, location, place);
        self.ranks.insert((kind, place), rank.clone());
        self.findings.insert(rank, finding);
    }
}
