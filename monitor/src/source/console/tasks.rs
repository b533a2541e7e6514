//! Tasks: what they are, and what they have done so far.

use super::fields::{self, Names};
use super::histogram::Polls;
use super::history::History;
use super::moments::{self, Moments};
use super::places::Places;
use console_api::tasks::task::Kind;
use console_api::tasks::{Stats, Task as Told, TaskUpdate};
use std::collections::HashMap;
use taskscope_model::change::{Attribute, Boxed, Described, Ended, Forgotten, Noted, Polled, Spawned, Woken};
use taskscope_model::codes::{Outcome, TaskKind};
use taskscope_model::{At, Fact, Nanos, TaskId};

/// Ended tasks whose spans are remembered, for operations that are told later. The World has bounds of its own.
const MOST_ENDED: usize = 1_000;

/// The tasks told of so far, by their spans.
#[derive(Debug)]
pub(super) struct Tasks {
    known: HashMap<u64, Known>,
    ended: History<u64>,
    live: u64,
    /// Live tasks of which only figures were told.
    bare: u64,
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
    polls: Option<Polls>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { known: HashMap::new(), ended: History::of(MOST_ENDED), live: 0, bare: 0 }
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

    /// The task of a span.
    pub(super) fn id(&self, span: u64) -> Option<TaskId> {
        self.known.get(&span).map(|known| known.spawned.task)
    }

    /// The span of a task that lives.
    pub(super) fn span(&self, task: TaskId) -> Option<u64> {
        let mut live = self.known.iter().filter(|(_, known)| !known.ended);
        live.find(|(_, known)| known.spawned.task == task).map(|(span, _)| *span)
    }

    /// Whether a task is in no poll, as of what was told last.
    pub(super) fn is_at_rest(&self, span: u64) -> bool {
        self.known.get(&span).is_some_and(|known| !known.running && !known.ended)
    }

    /// What a histogram tells of a task's polls; `None`: nobody looks at it any more.
    pub(super) fn looked_at(&mut self, span: u64, polls: Option<Polls>, out: &mut Vec<Fact>) {
        let Some(known) = self.known.get_mut(&span).filter(|known| known.polls != polls) else { return };
        known.polls = polls;
        if let Some(polled) = known.polled.clone() {
            out.push(known.with_polls(polled).into());
        }
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
        let id = what.id.map_or(TaskId::span(span), TaskId);
        let before = self.known.get(&span);
        let at = at.or(before.filter(|known| known.spawned.task == id).and_then(|known| known.spawned.at));
        let location = places.of(told.location.as_ref(), out);
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
        let (running, polled, polls) = (false, None, None);
        self.known.insert(span, Known { spawned, described: true, ended: false, running, polled, polls });
        self.live += 1;
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
                known.polls = None;
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
        let (running, polled, polls) = (false, None, None);
        let known = Known { spawned, described: false, ended: false, running, polled, polls };
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

    fn with_polls(&self, mut polled: Polled) -> Polled {
        if let Some(polls) = &self.polls {
            // The longest is rounded up, and no poll is longer than all of them.
            polled.max_poll = polls.longest.min(polled.busy);
            polled.long_polls = polls.long.clone();
        }
        polled
    }
}

/// What the fields of a task's span say.
struct What {
    id: Option<u64>,
    kind: TaskKind,
    name: String,
    future: String,
    size: Option<u64>,
    original_size: Option<u64>,
    noted: Vec<Attribute>,
}

impl What {
    fn of(told: &Told, names: &Names) -> Self {
        let kind = if told.kind == Kind::Blocking as i32 { TaskKind::BLOCKING } else { TaskKind::ASYNC };
        let (name, future, noted) = (String::new(), String::new(), Vec::new());
        let mut what = Self { id: None, kind, name, future, size: None, original_size: None, noted };
        for field in &told.fields {
            let Some(name) = names.of(field) else { continue };
            match name {
                "task.id" => what.id = fields::number(field).filter(|id| is_tokios(TaskId(*id))),
                "task.name" => what.name = fields::words(field),
                "fn" => what.future = fields::words(field),
                "size.bytes" => what.size = fields::number(field),
                "original_size.bytes" => what.original_size = fields::number(field),
                "kind" => match fields::words(field).as_str() {
                    "task" => what.kind = TaskKind::ASYNC,
                    "local" => what.kind = TaskKind::LOCAL,
                    "blocking" => what.kind = TaskKind::BLOCKING,
                    "block_on" => what.kind = TaskKind::BLOCK_ON,
                    other => what.note(name, other),
                },
                name => what.note(name, &fields::words(field)),
            }
        }
        what
    }

    fn note(&mut self, name: &str, value: &str) {
        let (name, value, unit) = (name.to_owned(), value.to_owned(), String::new());
        self.noted.push(Attribute { name, value, unit });
    }

    fn facts(self, task: TaskId) -> impl Iterator<Item = Fact> {
        let Self { name, future, size, original_size, noted: fields, .. } = self;
        let is_described = !name.is_empty() || !future.is_empty() || size.is_some();
        let described = is_described.then_some(Described { task, name, future, size });
        let boxed = original_size.map(|original_size| Boxed { task, original_size });
        let noted = (!fields.is_empty()).then_some(Noted { task, fields });
        described.map(Fact::from).into_iter().chain(boxed.map(Fact::from)).chain(noted.map(Fact::from))
    }
}

/// Whether tokio can have given that number.
fn is_tokios(id: TaskId) -> bool {
    !id.is_root() && !id.is_span()
}
