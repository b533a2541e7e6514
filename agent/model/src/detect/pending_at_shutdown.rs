//! Tasks dropped with their runtime before they had done anything, or while somebody had their handle to wait for
//! them. Others that a shutdown ends are as they should be: an accept loop ends in no other way.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::change::Fact;
use crate::codes::{HandleState, Outcome};
use crate::finding::{Kind, Severity};
use crate::task::Task;
use crate::time::Nanos;

pub(super) struct PendingAtShutdown;

/// A task that has waited for this long in its first await is one whose work is to wait: nothing was cut off.
const SETTLED: Nanos = Nanos(1_000_000_000);

impl Detector for PendingAtShutdown {
    fn kind(&self) -> Kind {
        Kind::PendingAtShutdown
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(
            fact,
            Fact::Spawned(_)
                | Fact::Polled(_)
                | Fact::Ended(_)
                | Fact::Handled(_)
                | Fact::Described(_)
                | Fact::Outcomes(_)
        )
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        let ended = task.ended().filter(|_| task.outcome() == Some(Outcome::SHUT_DOWN))?;
        let handle = task.handled().map(|handled| handled.handle);
        // Whoever let it go on purpose does not wait for it.
        if handle == Some(HandleState::DETACHED) {
            return None;
        }
        let held = handle == Some(HandleState::HELD);
        let case = Case::now(task.location(), ended.at).marked_if(held);
        (held || had_just_begun(task)).then_some(case)
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let whom = scene.whom(place, cases, judgement.count);
        let was = if judgement.count == 1 { "was" } else { "were" };
        let when = match cases.marked() {
            0 => "at the first await",
            held if held == judgement.count => "while somebody held the handle",
            _ => "at the first await or while somebody held the handle",
        };
        let mut evidence = scene.lines(cases, judgement.count, |scene, task| scene.who(task));
        let outcomes = place.and_then(|place| scene.world.place(place)?.outcomes.as_ref());
        let others = outcomes.map_or(0, |outcomes| outcomes.shut_down.saturating_sub(judgement.count));
        if others > 0 {
            evidence.push(format!("{others} more from there were shut down after they had got further"));
        }
        let message = format!("{whom} {was} shut down with the runtime {when}");
        let advice = "await the handles before the runtime ends";
        Some(Judgement { message, advice, evidence, ..judgement })
    }
}

/// In its first poll, or not long after it. Where polls are not seen, nothing is known.
fn had_just_begun(task: &Task) -> bool {
    let Some(ended) = task.ended() else { return false };
    match task.polled() {
        Some(polled) if polled.polls == 0 => true,
        Some(polled) if polled.polls == 1 && polled.running_since.is_none() => {
            task.spawned_at().is_some_and(|spawned| ended.at.since(spawned) < SETTLED)
        }
        _ => false,
    }
}
