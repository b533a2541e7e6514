//! What is told of wrapped tasks besides what their records hold.

use super::Teller;
use crate::extensions::{Asked, FutureType, Handled, Said, Side, Waits, Wakes, Woke};
use crate::records::Copied;
use crate::shard::Remembered;
use crate::wrapped::counts_wakes;
use std::sync::Arc;
use taskscope_model::change::{CancelAsked, Described, Failure, Handled as HandledFact, ScheduledTimes, Woken};
use taskscope_model::codes::HandleState;
use taskscope_model::{Fact, LocationId, Nanos, TaskId};

/// How a wrapped task stands at one moment: what may change while it lives, and a little after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    handled: Handled,
    asked: Option<Asked>,
    said: Option<Said>,
    woke: Option<Box<Woke>>,
}

impl Standing {
    /// Whether somebody still has its handle.
    pub(crate) fn has_handle(&self) -> bool {
        matches!(self.handled.state, HandleState::HELD | HandleState::IN_SET)
    }
}

impl Teller {
    /// What only the spawn of a living task knows of it; `None` if it is not wrapped.
    pub(crate) fn described(&self, record: &Copied) -> Option<Fact> {
        let grip = self.store.extensions.grip(record.seed.extension, record.seed.id)?;
        let (future, name) = grip.read(|extension| {
            let name = self.store.sides.look(extension, |side| side.name.clone()).flatten();
            (extension.future(), name)
        })?;
        Some(described(TaskId(record.seed.id), future, name))
    }

    /// The same of an ended one.
    pub(crate) fn described_ended(&self, ended: &Remembered) -> Option<Fact> {
        let fate = ended.fate.as_ref()?;
        let name = fate.more.as_ref().and_then(|more| more.name.clone());
        Some(described(TaskId(ended.last.seed.id), fate.future, name))
    }

    /// How a living task stands; `None` if it is not wrapped.
    pub(crate) fn standing(&self, record: &Copied) -> Option<Standing> {
        let grip = self.store.extensions.grip(record.seed.extension, record.seed.id)?;
        grip.read(|extension| {
            let read = |wakes: &Arc<Wakes>| Box::new(wakes.read(counts_wakes()));
            let aside = |side: &Side| (side.asked, side.wakes.as_ref().map(read));
            let (asked, woke) = self.store.sides.look(extension, aside).unwrap_or_default();
            // It says something a moment before it ends.
            Standing { handled: extension.handled(), asked, said: None, woke }
        })
    }

    /// How an ended task stands; `None` if it was not wrapped.
    pub(crate) fn standing_ended(&self, ended: &Remembered) -> Option<Standing> {
        let fate = ended.fate.as_ref()?;
        let more = fate.more.as_deref();
        Some(Standing {
            handled: fate.handled(),
            asked: more.and_then(|more| more.asked),
            said: more.and_then(|more| more.said.clone()),
            woke: more.and_then(|more| more.woke.clone()),
        })
    }

    /// What a query may ask of a living task besides its record.
    pub(super) fn aside_of(&self, record: &Copied) -> Vec<Fact> {
        if record.seed.extension == 0 {
            return Vec::new();
        }
        let mut facts: Vec<Fact> = self.described(record).into_iter().collect();
        let woke = self.standing(record).and_then(|standing| standing.woke);
        facts.extend(woke.map(|woke| self.woken(TaskId(record.seed.id), &woke)));
        facts
    }

    /// How a task stands in facts: those that `told`, what was said of it last, does not hold already.
    pub(crate) fn news_of(&self, task: TaskId, now: &Standing, told: Option<&Standing>) -> Vec<Fact> {
        let mut facts = Vec::new();
        if told.is_none_or(|told| told.handled != now.handled) {
            facts.push(self.handled(task, now.handled));
        }
        if let Some(asked) = now.asked.filter(|_| told.is_none_or(|told| told.asked != now.asked)) {
            facts.push(self.cancel_asked(task, &asked));
        }
        if let Some(said) = now.said.as_ref().filter(|_| told.is_none_or(|told| told.said != now.said)) {
            facts.push(self.failure(task, said));
        }
        let before = told.and_then(|told| told.woke.as_deref());
        if let Some(woke) = now.woke.as_deref().filter(|woke| before != Some(*woke)) {
            facts.push(self.woken(task, woke));
            let is_new = before.is_none_or(|before| before.waits != woke.waits);
            facts.extend(is_new.then(|| self.scheduled_times(task, &woke.waits)));
        }
        facts
    }

    /// What became of a task's handle.
    pub(crate) fn handled(&self, task: TaskId, handled: Handled) -> Fact {
        HandledFact { task, handle: handled.state, at: self.clock.at(handled.at) }.into()
    }

    fn cancel_asked(&self, task: TaskId, asked: &Asked) -> Fact {
        let asked = CancelAsked {
            task,
            at: self.clock.at(asked.at),
            way: asked.way,
            by: (asked.by != 0).then_some(TaskId(asked.by)),
            location: asked.place.map(LocationId),
            set: asked.set.map(LocationId),
        };
        asked.into()
    }

    fn failure(&self, task: TaskId, said: &Said) -> Fact {
        let (at, location) = (self.clock.at(said.at), said.place.map(LocationId));
        Failure { task, at, message: said.message.clone(), location }.into()
    }

    fn woken(&self, task: TaskId, woke: &Woke) -> Fact {
        let at = |raw: u64| (raw != 0).then(|| self.clock.at(raw));
        let woken = Woken {
            task,
            wakes: woke.wakes,
            self_wakes: woke.self_wakes,
            wakers: Some(woke.wakers.into()),
            scheduled: Some(self.clock.span(woke.scheduled)),
            woken_since: at(woke.woken_since),
            last_wake: at(woke.last_wake),
        };
        woken.into()
    }

    /// How long it waited each time.
    fn scheduled_times(&self, task: TaskId, waits: &Waits) -> Fact {
        let long = (self.clock.long_wait_shift()..).zip(waits.long).filter(|(_, count)| *count > 0);
        let long_waits = long.map(|(shift, count)| (self.clock.span(1 << shift), count)).collect::<Vec<(Nanos, u32)>>();
        ScheduledTimes { task, waits: waits.count(), longest: self.clock.span(waits.longest), long_waits }.into()
    }
}

fn described(task: TaskId, future: Option<&'static FutureType>, name: Option<Arc<str>>) -> Fact {
    let described = Described {
        task,
        name: name.map_or_else(String::new, |name| name.as_ref().to_owned()),
        future: future.map_or_else(String::new, |future| future.name().to_owned()),
        size: future.map(|future| future.size as u64),
    };
    described.into()
}
