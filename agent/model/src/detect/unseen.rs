//! Bad ends at which nobody looked: what is common to panics and errors.

use super::detector::{Case, Cases, Judgement, Place};
use super::scene::Scene;
use super::words::{by, in_full, quoted};
use crate::change::{Fact, Outcomes};
use crate::codes::{HandleState, Outcome};
use crate::ids::TaskId;
use crate::task::Task;

/// A sort of bad end.
pub(super) struct Unseen {
    pub(super) outcome: Outcome,
    /// How many of them there were at a place.
    pub(super) counted: fn(&Outcomes) -> u64,
    /// `panicked`.
    pub(super) verb: &'static str,
    pub(super) advice: &'static str,
}

/// The facts by which this is judged.
pub(super) fn heeds(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Spawned(_)
            | Fact::Ended(_)
            | Fact::Handled(_)
            | Fact::Failure(_)
            | Fact::Described(_)
            | Fact::Outcomes(_)
    )
}

impl Unseen {
    /// It ended that way, and whoever could have looked has let go of it.
    pub(super) fn case(&self, task: &Task) -> Option<Case> {
        let ended = task.ended().filter(|_| task.outcome() == Some(self.outcome))?;
        let handle = task.handled()?.handle;
        let let_go = handle == HandleState::DROPPED || handle == HandleState::DETACHED;
        let_go.then(|| Case::now(task.location(), ended.at))
    }

    /// The history may have forgotten some of them: the sums have not.
    pub(super) fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let outcomes = place.and_then(|place| scene.world.place(place)?.outcomes.as_ref());
        let count = outcomes.map_or(0, self.counted).max(cases.count());
        if count == 0 {
            return None;
        }
        let whom = scene.whom(place, cases, count);
        let last = cases.tasks().next_back();
        let said = last.and_then(|last| self.said(last, count, scene)).unwrap_or_default();
        let message = format!("{whom} {} and nobody looked{said}", self.verb);
        let evidence = scene.lines(cases, count, line);
        let judgement = cases.judgement().unwrap_or_default();
        Some(Judgement { message, advice: self.advice, count, evidence, ..judgement })
    }

    /// What the last of them said: `` : `boom` at src/main.rs:30 ``.
    fn said(&self, last: TaskId, count: u64, scene: &mut Scene<'_>) -> Option<String> {
        let failure = scene.task(last)?.failure()?;
        let at = scene.at(by(failure, failure.id.location));
        let text = &failure.id.message;
        let the_last = if count == 1 { "" } else { " the last" };
        match text.is_empty() {
            true if at.is_empty() => None,
            true => Some(format!(":{the_last}{at}")),
            false => Some(format!(":{the_last} {}{at}", quoted(text))),
        }
    }
}

/// `` task 7 `mailer`: boom at src/main.rs:30; its handle was dropped ``.
fn line(scene: &mut Scene<'_>, id: TaskId) -> String {
    let mut line = scene.who(id);
    let task = scene.task(id);
    if let Some(failure) = task.and_then(Task::failure) {
        let at = scene.at(by(failure, failure.id.location));
        let text = in_full(&failure.id.message);
        let text = if text.is_empty() { "said nothing".to_owned() } else { text };
        line.push_str(&format!(": {text}{at}"));
    }
    match task.and_then(Task::handled).map(|handled| handled.handle) {
        Some(HandleState::DETACHED) => line.push_str("; its handle was let go on purpose"),
        Some(_) => line.push_str("; its handle was dropped"),
        None => {}
    }
    line
}
