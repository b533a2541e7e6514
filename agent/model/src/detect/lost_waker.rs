//! Tasks that wait, and nothing is left that could wake them: all their wakers are gone. Seen only where the source
//! counts wakers.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::change::Fact;
use crate::finding::{Kind, Severity};
use crate::task::{State, Task};
use crate::time::Nanos;

pub(super) struct LostWaker;

/// Between a poll's end and the count of wakers there may be another poll: that is over by then.
const LIMIT: Nanos = Nanos(1_000_000_000);

impl Detector for LostWaker {
    fn kind(&self) -> Kind {
        Kind::LostWaker
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(
            fact,
            Fact::Spawned(_)
                | Fact::Polled(_)
                | Fact::Ended(_)
                | Fact::Woken(_)
                | Fact::Looked(_)
                | Fact::Described(_)
        )
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        let since = task.polled()?.last_poll.filter(|_| has_no_waker(task))?;
        Some(Case::after(task.location(), since, LIMIT))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let whom = scene.whom(place, cases, judgement.count);
        let (waits, them) = if judgement.count == 1 { ("waits", "it") } else { ("wait", "them") };
        let evidence = scene.lines(cases, judgement.count, |scene, task| scene.who(task));
        Some(Judgement {
            message: format!("{whom} {waits}, and nothing is left that could wake {them}"),
            advice: "whatever returns Pending has to keep the waker: look at futures written by hand",
            evidence,
            ..judgement
        })
    }
}

/// It waits, and nobody has a waker of it.
pub(super) fn has_no_waker(task: &Task) -> bool {
    task.state() == Some(State::Idle) && task.woken_lately().is_some_and(|woken| woken.wakers == Some(0))
}
