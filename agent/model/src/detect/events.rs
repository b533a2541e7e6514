//! What has happened to the findings since somebody last asked.

use crate::finding::{Finding, Kind};
use crate::ids::LocationId;
use crate::task::By;
use std::collections::{HashMap, VecDeque};

/// Most events that wait to be taken; of more, the oldest go.
const MOST_EVENTS: usize = 1_000;

/// What has become of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is new.
    Raised(Finding),
    /// Its count, tasks or evidence have changed.
    Updated(Finding),
    /// It is no longer true.
    Cleared(Finding),
}

/// A finding's kind and place: there is one of each.
type Name = (Kind, Option<By<LocationId>>);

/// Events that wait to be taken.
#[derive(Debug, Default)]
pub(super) struct Events {
    waiting: VecDeque<Event>,
    /// How many have gone, taken or not.
    gone: u64,
    /// The number of each finding's last event that waits.
    last: HashMap<Name, u64>,
}

impl Event {
    /// The finding, as it was then.
    pub fn finding(&self) -> &Finding {
        match self {
            Event::Raised(finding) | Event::Updated(finding) | Event::Cleared(finding) => finding,
        }
    }

    fn name(&self) -> Name {
        (self.finding().kind, self.finding().location)
    }
}

impl Events {
    /// An update of a finding whose last event still waits takes that one's place.
    pub(super) fn push(&mut self, event: Event) {
        let name = event.name();
        if let (Event::Updated(finding), Some(waiting)) = (&event, self.last_of(name)) {
            match waiting {
                Event::Raised(old) | Event::Updated(old) => {
                    old.clone_from(finding);
                    return;
                }
                Event::Cleared(_) => {}
            }
        }
        if self.waiting.len() == MOST_EVENTS
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.gone += 1;
            if self.last.get(&oldest.name()).is_some_and(|number| *number < self.gone) {
                self.last.remove(&oldest.name());
            }
        }
        self.last.insert(name, self.gone + self.waiting.len() as u64);
        self.waiting.push_back(event);
    }

    fn last_of(&mut self, name: Name) -> Option<&mut Event> {
        let at = self.last.get(&name)?.checked_sub(self.gone)?;
        self.waiting.get_mut(usize::try_from(at).ok()?)
    }

    pub(super) fn has_raised(&self) -> bool {
        self.waiting.iter().any(|event| matches!(event, Event::Raised(_)))
    }

    pub(super) fn take(&mut self) -> Vec<Event> {
        self.gone += self.waiting.len() as u64;
        self.last.clear();
        std::mem::take(&mut self.waiting).into()
    }
}
