//! Tasks that were woken and not polled for long: the workers are busy with something else. Seen only where the
//! source measures the time between wake and poll.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::change::Fact;
use crate::finding::{Kind, Severity};
use crate::task::{State, Task};
use crate::time::Nanos;

pub(super) struct Starved;

/// A worker with nothing else to do polls within microseconds, one with a long queue within milliseconds. A second
/// is what blocks a worker for good, too.
const LIMIT: Nanos = Nanos(1_000_000_000);

impl Detector for Starved {
    fn kind(&self) -> Kind {
        Kind::Starved
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
        let since = task.woken_lately()?.woken_since?;
        let scheduled = task.state() == Some(State::Scheduled);
        scheduled.then(|| Case::after(task.location(), since, LIMIT))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let whom = scene.whom(place, cases, judgement.count);
        let was = if judgement.count == 1 { "was" } else { "were" };
        let evidence = scene.lines(cases, judgement.count, |scene, task| scene.who(task));
        Some(Judgement {
            message: format!("{whom} {was} woken and not polled for more than {LIMIT}"),
            advice: "look for polls that block the workers: taskscope stacktrace",
            evidence,
            ..judgement
        })
    }
}
