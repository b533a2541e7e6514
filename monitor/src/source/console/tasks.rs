//! Tasks: what they are, and what they have done so far.

use super::fields::Names;
use super::histogram::Times;
use super::history::History;
use super::moments::{self, Moments};
use super::places::Places;
use super::span::What;
use crate::source::threaded::Root;
use console_api::tasks::{Stats, Task as Told, TaskUpdate};
use std::collections::{BTreeMap, HashMap};
use taskscope_model::change::{Ended, Forgotten, Polled, ScheduledTimes, Spawned, Woken};
use taskscope_model::codes::{Outcome, TaskKind};
use taskscope_model::{At, Fact, LocationId, Nanos, TaskId};

/// Ended tasks whose spans are remembered, for operations that are told later. The World has bounds of its own.
const MOST_ENDED: usize = 1_000;

/// Tasks that are kept; what is more is counted. To a program with so many, console-subscriber costs ten gigabytes.
const MOST: usize = 200_000;

/// The tasks told of so far, by their spans.
#[derive(Debug)]
pub(super) struct Tasks {
    known: HashMap<u64, Known>,
    ended: History<u64>,
    live: u64,
    /// Live tasks of which only figures were told.
    bare: u64,
    left_out: u64,
    /// Those that an agent shows.
    roots: Vec<Root>,
}

#[derive(Debug)]
struct Known {
    spawned: Spawned,
    /// Whether what it is was told, and not only figures.
    described: bool,
    ended: bool,
    running: bool,
    polled: Option<Polled>,
    /// Of a task that is looked at.
    times: Option<Times>,
}

impl Default for Tasks {
    fn default() -> Self {
        let (known, ended) = (HashMap::new(), History::of(MOST_ENDED));
        Self { known, ended, live: 0, bare: 0, left_out: 0, roots: Vec::new() }
    }
}

impl Tasks {
    /// Takes in an update.
    pub(super) fn update(
        &mut self,
        update: TaskUpdate,
        names: &Names,
        places: &mut Places,
        moments: Moments,
        out: &mut Vec<Fact>,
    ) {
        let mut stats = update.stats_update;
        for told in update.new_tasks {
            let Some(span) = told.id.map(|id| id.id) else { continue };
            let at = stats.get(&span).and_then(|stats| moments.some(stats.created_at.as_ref()));
            self.spawned(span, &told, at, names, places, out);
        }
        for (span, stats) in stats.drain() {
            self.stats(span, &stats, moments, out);
        }
    }

    /// How many are alive.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// How many are alive of which only figures were told.
    pub(super) fn bare(&self) -> u64 {
        self.bare
    }

    /// Tasks that found no room.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// An agent shows these roots: those of them that are known here get their numbers. Gives back the numbers
    /// before and now.
    pub(super) fn roots(
        &mut self,
        roots: Vec<Root>,
        places: &Places,
        out: &mut Vec<Fact>,
    ) -> Vec<(TaskId, TaskId)> {
        self.roots = roots;
        let is_one = |known: &Known| known.spawned.kind == TaskKind::BLOCK_ON && !known.ended;
        let mut spans: Vec<_> =
            self.known.iter().filter(|(_, known)| is_one(known)).map(|(span, _)| *span).collect();
        spans.sort_unstable_by_key(|span| self.known.get(span).and_then(|known| known.spawned.at));
        let mut renamed = Vec::new();
        for span in spans {
            let Some(known) = self.known.get(&span).filter(|known| !known.spawned.task.is_root()) else {
                continue;
            };
            let Some(root) = self.root(known.spawned.location, places) else { continue };
            let Some(known) = self.known.get_mut(&span) else { continue };
            let before = std::mem::replace(&mut known.spawned.task, root);
            renamed.push((before, root));
            out.push(Forgotten { task: before }.into());
            out.push(known.spawned.clone().into());
            if let Some(polled) = &mut known.polled {
                polled.task = root;
                out.push(polled.clone().into());
            }
        }
        renamed
    }

    /// The root that an agent shows at a place, unless that is another span's already.
    fn root(&self, location: Option<LocationId>, places: &Places) -> Option<TaskId> {
        let location = location?;
        let taken = |task| self.known.values().any(|known| known.spawned.task == task && !known.ended);
        let here = self.roots.iter().filter(|root| places.is_at(location, &root.file, root.line));
        here.map(|root| root.task).find(|task| !taken(*task))
    }

    /// The task of a span.
    pub(super) fn id(&self, span: u64) -> Option<TaskId> {
        self.known.get(&span).map(|known| known.spawned.task)
    }

    /// These tasks, those that live with their spans.
    pub(super) fn spans(&self, tasks: &[TaskId]) -> BTreeMap<TaskId, Option<u64>> {
        let mut spans: BTreeMap<_, _> = tasks.iter().map(|task| (*task, None)).collect();
        for (span, known) in self.known.iter().filter(|(_, known)| !known.ended) {
            if let Some(found) = spans.get_mut(&known.spawned.task) {
                *found = Some(*span);
            }
        }
        spans
    }

    /// Whether a task is in no poll, as of what was told last.
    pub(super) fn is_at_rest(&self, span: u64) -> bool {
        self.known.get(&span).is_some_and(|known| !known.running && !known.ended)
    }

    /// What histograms tell of a task; `None`: nobody looks at it any more, and what was told of its waits stays.
    pub(super) fn looked_at(&mut self, span: u64, times: Option<Times>, out: &mut Vec<Fact>) {
        let Some(known) = self.known.get_mut(&span).filter(|known| known.times != times) else { return };
        known.times = times;
        if let Some(polled) = known.polled.clone() {
            out.push(known.with_polls(polled).into());
        }
        out.extend(known.scheduled_times());
    }

    fn spawned(
        &mut self,
        span: u64,
        told: &Told,
        at: Option<At>,
        names: &Names,
        places: &mut Places,
        out: &mut Vec<Fact>,
    ) {
        let what = What::of(told, names);
        let location = places.of(told.location.as_ref(), out);
        let before = self.known.get(&span);
        let id = self.number(span, &what, location, places);
        let at = at.or(before.filter(|known| known.spawned.task == id).and_then(|known| known.spawned.at));
        if before.is_none() && self.known.len() >= MOST {
            self.left_out += 1;
            return;
        }
        let spawned =
            Spawned { task: id, kind: what.kind, runtime: None, parent: None, location, chain: None, at };
        let again = before.is_some_and(|known| known.spawned == spawned && known.described);
        if again {
            return;
        }
        // The number of a span is given again after its end, and with it that of a task known by its span alone.
        // One that seems alive has ended unseen.
        if let Some(before) = before.filter(|known| (known.spawned.task == id) == known.ended) {
            out.push(Forgotten { task: before.spawned.task }.into());
        }
        self.count_out(span);
        out.push(spawned.clone().into());
        out.extend(what.facts(id));
        let (running, polled, times) = (false, None, None);
        self.known.insert(span, Known { spawned, described: true, ended: false, running, polled, times });
        self.live += 1;
    }

    /// The number under which a task is told.
    fn number(&self, span: u64, what: &What, location: Option<LocationId>, places: &Places) -> TaskId {
        let before = self.known.get(&span).filter(|known| !known.ended).map(|known| known.spawned.task);
        let known_as_root = before.filter(|task| task.is_root() && what.kind == TaskKind::BLOCK_ON);
        let root = || self.root(location, places).filter(|_| what.kind == TaskKind::BLOCK_ON);
        known_as_root.or_else(root).unwrap_or_else(|| what.id.map_or(TaskId::span(span), TaskId))
    }

    fn count_out(&mut self, span: u64) {
        if let Some(known) = self.known.get(&span).filter(|known| !known.ended) {
            self.live -= 1;
            self.bare -= u64::from(!known.described);
        }
    }

    fn stats(&mut self, span: u64, stats: &Stats, moments: Moments, out: &mut Vec<Fact>) {
        let created = moments.some(stats.created_at.as_ref());
        let dropped = moments.some(stats.dropped_at.as_ref());
        if !self.known.contains_key(&span) {
            if dropped.is_some() {
                return;
            }
            if self.known.len() >= MOST {
                // Its figures come again and again: it cannot be counted.
                self.left_out = self.left_out.max(1);
                return;
            }
            self.only_figures(span, created, out);
        }
        let Some(known) = self.known.get_mut(&span) else { return };
        if known.ended {
            return;
        }
        if known.spawned.at.is_none() && created.is_some() {
            known.spawned.at = created;
            out.push(known.spawned.clone().into());
        }
        known.figures(stats, dropped.is_some(), moments, out);
        if let Some(at) = dropped {
            let task = known.spawned.task;
            self.count_out(span);
            if let Some(known) = self.known.get_mut(&span) {
                known.ended = true;
                known.times = None;
            }
            out.push(Ended { task, at, outcome: Outcome::UNKNOWN }.into());
            if let Some(oldest) = self.ended.push(span)
                && self.known.get(&oldest).is_some_and(|known| known.ended)
            {
                self.known.remove(&oldest);
            }
        }
    }

    /// A task of which only figures are told: it was spawned before we came, and its server has too many to tell.
    fn only_figures(&mut self, span: u64, at: Option<At>, out: &mut Vec<Fact>) {
        let (runtime, parent, location, chain) = (None, None, None, None);
        let spawned =
            Spawned { task: TaskId::span(span), kind: TaskKind(0), runtime, parent, location, chain, at };
        out.push(spawned.clone().into());
        let (running, polled, times) = (false, None, None);
        let known = Known { spawned, described: false, ended: false, running, polled, times };
        self.known.insert(span, known);
        self.live += 1;
        self.bare += 1;
    }
}

impl Known {
    fn figures(&mut self, stats: &Stats, ended: bool, moments: Moments, out: &mut Vec<Fact>) {
        let task = self.spawned.task;
        let polls = stats.poll_stats.unwrap_or_default();
        let (begun, over) =
            (moments.some(polls.last_poll_started.as_ref()), moments.some(polls.last_poll_ended.as_ref()));
        self.running = !ended && begun > over;
        let busy = moments::span(polls.busy_time.as_ref());
        let count = polls.polls.saturating_sub(self.running.into());
        let polled = Polled {
            task,
            polls: count,
            busy,
            // Of several polls only the sum is told.
            max_poll: if count == 1 { busy } else { Nanos(0) },
            running_since: begun.filter(|_| self.running),
            last_poll: over,
            worker: None,
            long_polls: Vec::new(),
        };
        out.push(self.with_polls(polled.clone()).into());
        self.polled = Some(polled);
        if self.is_woken_in_sight() {
            let last_wake = moments.some(stats.last_wake.as_ref());
            let woken = last_wake.filter(|wake| !ended && begun.is_none_or(|begun| *wake > begun));
            out.push(
                Woken {
                    task,
                    wakes: stats.wakes,
                    self_wakes: stats.self_wakes,
                    wakers: Some(stats.waker_clones.saturating_sub(stats.waker_drops)),
                    scheduled: Some(moments::span(stats.scheduled_time.as_ref())),
                    // A wake within a poll makes it wait from the end of that poll on.
                    woken_since: woken.map(|wake| wake.max(over.unwrap_or(wake))),
                    last_wake,
                }
                .into(),
            );
        }
    }

    /// A thread that blocks on a future is woken in a way that tokio does not tell of, and a blocking task is
    /// never woken.
    fn is_woken_in_sight(&self) -> bool {
        !matches!(self.spawned.kind, TaskKind::BLOCK_ON | TaskKind::BLOCKING)
    }

    fn scheduled_times(&self) -> Option<Fact> {
        let waits = self.times.as_ref()?.waits.as_ref().filter(|_| self.is_woken_in_sight())?;
        let (task, longest) = (self.spawned.task, waits.longest);
        Some(ScheduledTimes { task, waits: waits.count, longest, long_waits: waits.long.clone() }.into())
    }

    fn with_polls(&self, mut polled: Polled) -> Polled {
        if let Some(Times { polls, .. }) = &self.times {
            // The longest is rounded up, and no poll is longer than all of them.
            polled.max_poll = polls.longest.min(polled.busy);
            polled.long_polls = polls.long.clone();
        }
        polled
    }
}
