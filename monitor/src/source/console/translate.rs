//! From messages of console-subscriber to facts. Knows no connection and no clock.

use super::coverage::{Shown, coverage};
use super::fields::Names;
use super::histogram;
use super::moments::Moments;
use super::operations::{Context, Operations};
use super::places::Places;
use super::tasks::Tasks;
use super::waits::Waits;
use crate::source::threaded::Root;
use console_api::instrument::Update;
use console_api::tasks::TaskDetails;
use std::collections::BTreeMap;
use taskscope_model::change::{Counted, Coverage, Tick};
use taskscope_model::codes::Counter;
use taskscope_model::{At, Fact, TaskId};

/// What was told so far, as far as it takes to understand what comes.
#[derive(Debug, Default)]
pub(super) struct Translator {
    names: Names,
    places: Places,
    moments: Moments,
    tasks: Tasks,
    operations: Operations,
    waits: Waits,
    now: At,
    /// Tasks that are looked at, and the span of each.
    looked_at: BTreeMap<TaskId, Option<u64>>,
    shown: Shown,
    told: Option<Vec<Coverage>>,
    counted: BTreeMap<Counter, u64>,
    begun: bool,
}

impl Translator {
    /// Takes in an update that came at that moment.
    pub(super) fn update(&mut self, update: Update, came: At, out: &mut Vec<Fact>) {
        if let Some(now) = &update.now {
            self.moments.begin(now, came);
            self.now = self.now.max(self.moments.at(now));
        }
        out.push(Tick { at: self.now }.into());
        self.names.register(update.new_metadata.unwrap_or_default());
        // A program's own first spans are described before any task of it begins.
        self.shown.begun_without_all |= !self.begun && self.names.is_empty();
        self.begun = true;
        let tasks = update.task_update.unwrap_or_default();
        let resources = update.resource_update.unwrap_or_default();
        let operations = update.async_op_update.unwrap_or_default();
        let lost = [tasks.dropped_events, resources.dropped_events, operations.dropped_events];
        for (sum, lost) in self.shown.lost.iter_mut().zip(lost) {
            *sum = sum.saturating_add(lost);
        }
        self.tasks.update(tasks, &self.names, &mut self.places, self.moments, out);
        let Self { names, places, moments, tasks, .. } = self;
        let mut context = Context { names, places, moments: *moments, tasks };
        self.operations.update(resources, operations, &mut context, out);
        self.tell_waits(out);
        self.count(out);
        self.cover(out);
        out.push(Tick { at: self.now }.into());
    }

    /// Whether anything has been told yet.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// The roots that an agent shows: from now on each is one task with what is told here of its `block_on`.
    pub(super) fn roots(&mut self, roots: Vec<Root>, out: &mut Vec<Fact>) {
        let renamed = self.tasks.roots(roots, &self.places, out);
        self.operations.rename(&renamed, out);
    }

    /// Only these tasks are looked at from now on. Gives back the spans of those of them that live, in their order.
    pub(super) fn look_at(&mut self, tasks: &[TaskId], out: &mut Vec<Fact>) -> Vec<u64> {
        let before = std::mem::take(&mut self.looked_at);
        self.looked_at = self.tasks.spans(tasks);
        let gone = before.iter().filter(|(task, _)| !self.looked_at.contains_key(task));
        for span in gone.filter_map(|(_, span)| *span) {
            self.tasks.looked_at(span, None, out);
        }
        self.waits.only(|task| self.looked_at.contains_key(&task));
        self.tell_waits(out);
        tasks.iter().filter_map(|task| *self.looked_at.get(task)?).collect()
    }

    /// Takes in the details of a task that is looked at.
    pub(super) fn details(&mut self, details: &TaskDetails, out: &mut Vec<Fact>) {
        let span = details.task_id.map(|id| id.id);
        let looked_at = self.looked_at.values().filter_map(|span| *span);
        if let Some(span) = looked_at.into_iter().find(|it| Some(*it) == span)
            && let Some(times) = histogram::times(details)
        {
            self.tasks.looked_at(span, Some(times), out);
        }
    }

    /// The program's console-subscriber is paused, or not; `None`: it cannot tell.
    pub(super) fn paused(&mut self, paused: Option<bool>, out: &mut Vec<Fact>) {
        self.shown.paused = paused == Some(true);
        self.shown.has_no_state = paused.is_none();
        self.cover(out);
    }

    fn tell_waits(&mut self, out: &mut Vec<Fact>) {
        if self.looked_at.is_empty() {
            return;
        }
        let mut waiting = self.operations.waiting(|task| self.looked_at.contains_key(&task));
        for (task, span) in &self.looked_at {
            if span.is_some_and(|span| self.tasks.is_at_rest(span)) {
                let operations = waiting.remove(task).unwrap_or_default();
                self.waits.tell(*task, &operations, &self.operations, self.now, out);
            }
        }
    }

    fn count(&mut self, out: &mut Vec<Fact>) {
        self.shown.bare = self.tasks.bare();
        self.shown.left_out = [self.tasks.left_out(), self.operations.left_out()];
        let lost = self.shown.lost.iter().fold(0_u64, |sum, lost| sum.saturating_add(*lost));
        for (counter, count) in [(Counter::LIVE, self.tasks.live()), (Counter::EVENTS_LOST, lost)] {
            if self.counted.insert(counter, count) != Some(count) {
                out.push(Counted { counter, count }.into());
            }
        }
    }

    /// Tells what has changed of the coverage.
    fn cover(&mut self, out: &mut Vec<Fact>) {
        let now = coverage(&self.shown);
        let told = self.told.replace(now.clone()).unwrap_or_default();
        out.extend(now.into_iter().filter(|topic| !told.contains(topic)).map(Fact::from));
    }
}
