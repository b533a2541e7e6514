//! What a detector is, and what it gets and gives. It keeps nothing: what it says follows from the World.

use super::scene::Scene;
use crate::change::Fact;
use crate::finding::{Kind, MOST_TASKS, Severity};
use crate::ids::{LocationId, TaskId};
use crate::task::{By, Task};
use crate::time::{At, Nanos};
use crate::world::World;
use std::collections::BTreeSet;

/// Where cases are gathered into one finding; `None` for those whose place is not known.
pub(super) type Place = Option<By<LocationId>>;

/// One thing that can be wrong.
pub(super) trait Detector: Sync {
    /// What it finds.
    fn kind(&self) -> Kind;

    /// How bad that is.
    fn severity(&self) -> Severity;

    /// Whether a fact about a task or a place can alter what is said here of that task or place, or of those
    /// that look at it.
    fn heeds(&self, fact: &Fact) -> bool;

    /// Whether a fact can alter what is said here of any of those that [`concern`](Self::concern) names, of all
    /// cases and of all findings. They are all looked at anew at the next Tick: for facts that are rare or about
    /// few.
    fn unsettled_by(&self, _fact: &Fact) -> bool {
        false
    }

    /// The tasks and places of which there may be something to say, where facts about other things decide that.
    fn concern(&self, _world: &World) -> (Vec<TaskId>, Vec<Place>) {
        (Vec::new(), Vec::new())
    }

    /// Whether what is said depends on the time besides: it is said anew each second.
    fn ages(&self) -> bool {
        false
    }

    /// Whether a task is a case of it. Asked whenever a heeded fact is told of the task, so it has to be cheap.
    fn case(&self, _task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        None
    }

    /// What there is to say of a place: over the cases there, and over what is counted there.
    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement>;
}

/// A task for which a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// The place to which it belongs.
    pub(super) place: Place,
    /// Since when the condition holds.
    pub(super) since: At,
    /// From when on that is worth a word, if nothing is told of the task until then.
    pub(super) due: At,
    /// Whether it is one of those that are counted apart, too.
    pub(super) marked: bool,
}

impl Case {
    /// It counts at once.
    pub(super) fn now(place: Place, since: At) -> Self {
        Self { place, since, due: At(0), marked: false }
    }

    /// It counts if the condition holds for longer than this.
    pub(super) fn after(place: Place, since: At, limit: Nanos) -> Self {
        Self { place, since, due: At(since.0.saturating_add(limit.0)), marked: false }
    }

    /// The same, counted apart if this is so.
    pub(super) fn marked_if(self, marked: bool) -> Self {
        Self { marked, ..self }
    }
}

/// The cases of one place that count. There may be very many: what is said of them has to be said after a look
/// at a few.
#[derive(Debug, Default)]
pub(super) struct Cases {
    /// The longest-standing first.
    tasks: BTreeSet<(At, TaskId)>,
    marked: u64,
}

impl Cases {
    pub(super) fn insert(&mut self, id: TaskId, case: &Case) {
        if self.tasks.insert((case.since, id)) {
            self.marked += u64::from(case.marked);
        }
    }

    pub(super) fn remove(&mut self, id: TaskId, case: &Case) {
        if self.tasks.remove(&(case.since, id)) {
            self.marked -= u64::from(case.marked);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.tasks.len() as u64
    }

    /// How many of them are counted apart.
    pub(super) fn marked(&self) -> u64 {
        self.marked
    }

    /// The only one.
    pub(super) fn only(&self) -> Option<TaskId> {
        self.tasks().next().filter(|_| self.tasks.len() == 1)
    }

    /// The tasks.
    pub(super) fn tasks(&self) -> impl DoubleEndedIterator<Item = TaskId> + '_ {
        self.tasks.iter().map(|(_, task)| *task)
    }

    /// A judgement over these, with nothing said yet; `None` if there is none.
    pub(super) fn judgement(&self) -> Option<Judgement> {
        let (since, _) = self.tasks.first()?;
        let tasks = self.tasks().take(MOST_TASKS).collect();
        Some(Judgement { tasks, count: self.count(), since: Some(*since), ..Judgement::default() })
    }
}

/// A finding without what the detector and the place say of it.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) message: String,
    pub(super) advice: &'static str,
    pub(super) tasks: Vec<TaskId>,
    pub(super) count: u64,
    /// `None` if no fact tells.
    pub(super) since: Option<At>,
    pub(super) evidence: Vec<String>,
}
