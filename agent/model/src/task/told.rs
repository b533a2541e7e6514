//! What one source has told of a task, as it told it.

use crate::change::{
    Awaits, Boxed, CancelAsked, Described, Ended, Fact, Failure, Handled, Holds, Looked, Noted, Polled,
    ScheduledTimes, Spawned, Woken,
};
use crate::codes::TreeKind;
use std::collections::BTreeMap;

/// What one source has told of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) spawned: Option<Spawned>,
    pub(super) polled: Option<Polled>,
    pub(super) ended: Option<Ended>,
    /// What is told of few tasks only.
    pub(super) more: Option<Box<More>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct More {
    pub(super) described: Option<Described>,
    pub(super) handled: Option<Handled>,
    pub(super) cancel: Option<CancelAsked>,
    pub(super) failure: Option<Failure>,
    pub(super) woken: Option<Woken>,
    pub(super) scheduled_times: Option<Box<ScheduledTimes>>,
    pub(super) boxed: Option<Boxed>,
    pub(super) noted: Option<Noted>,
    pub(super) looked: Option<Looked>,
    pub(super) holds: Option<Holds>,
    /// One of each kind.
    pub(super) awaits: BTreeMap<TreeKind, Awaits>,
}

impl Facts {
    /// The latest of each kind holds.
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Spawned(spawned) => self.spawned = Some(spawned.clone()),
            Fact::Polled(polled) => self.polled = Some(polled.clone()),
            Fact::Ended(ended) => self.ended = Some(ended.clone()),
            Fact::Described(described) => self.more().described = Some(described.clone()),
            Fact::Handled(handled) => self.more().handled = Some(handled.clone()),
            Fact::CancelAsked(cancel) => self.more().cancel = Some(cancel.clone()),
            Fact::Failure(failure) => self.more().failure = Some(failure.clone()),
            Fact::Woken(woken) => self.more().woken = Some(woken.clone()),
            Fact::ScheduledTimes(times) => self.more().scheduled_times = Some(Box::new(times.clone())),
            Fact::Boxed(boxed) => self.more().boxed = Some(boxed.clone()),
            Fact::Noted(noted) => self.more().noted = Some(noted.clone()),
            Fact::Looked(looked) => self.more().looked = Some(looked.clone()),
            Fact::Holds(holds) => self.more().holds = Some(holds.clone()),
            Fact::Awaits(awaits) => {
                self.more().awaits.insert(awaits.kind, awaits.clone());
            }
            _ => {}
        }
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// The same as facts, to be told again.
    pub(super) fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        let spawned = self.spawned.iter().cloned().map(Fact::Spawned);
        let polled = self.polled.iter().cloned().map(Fact::Polled);
        let ended = self.ended.iter().cloned().map(Fact::Ended);
        let more = self.more.iter().flat_map(|more| more.facts());
        spawned.chain(polled).chain(ended).chain(more)
    }
}

impl More {
    fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        let described = self.described.iter().cloned().map(Fact::Described);
        let handled = self.handled.iter().cloned().map(Fact::Handled);
        let cancel = self.cancel.iter().cloned().map(Fact::CancelAsked);
        let failure = self.failure.iter().cloned().map(Fact::Failure);
        let woken = self.woken.iter().cloned().map(Fact::Woken);
        let times = self.scheduled_times.iter().map(|times| Fact::ScheduledTimes(times.as_ref().clone()));
        let boxed = self.boxed.iter().cloned().map(Fact::Boxed);
        let noted = self.noted.iter().cloned().map(Fact::Noted);
        let looked = self.looked.iter().cloned().map(Fact::Looked);
        let holds = self.holds.iter().cloned().map(Fact::Holds);
        let awaits = self.awaits.values().cloned().map(Fact::Awaits);
        let fate = described.chain(handled).chain(cancel).chain(failure);
        fate.chain(woken).chain(times).chain(boxed).chain(noted).chain(looked).chain(holds).chain(awaits)
    }
}
