//! Futures so large that tokio put them into a box of their own when they were spawned: an allocation more for each
//! task. Seen only where tokio's spans are.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::large_future;
use super::scene::Scene;
use super::words::kibibytes;
use crate::change::Fact;
use crate::finding::{Kind, Severity};
use crate::task::Task;

pub(super) struct AutoBoxed;

impl Detector for AutoBoxed {
    fn kind(&self) -> Kind {
        Kind::AutoBoxed
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Spawned(_) | Fact::Described(_) | Fact::Boxed(_))
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        task.original_size()?;
        Some(Case::now(task.location(), task.spawned_at().unwrap_or_default()))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let size = cases.only().and_then(|task| scene.task(task)?.original_size());
        let whom = scene.whom(place, cases, judgement.count);
        let message = match size {
            Some(size) => format!("tokio boxed the future of {whom}: it takes {}", kibibytes(size)),
            None => format!("tokio boxed the futures of {whom}: they are large"),
        };
        let evidence = scene
            .lines(cases, judgement.count, |scene, id| large_future::line(scene, id, Task::original_size));
        let advice = "keep large values in a Box or a Vec, not in variables that live across an await";
        Some(Judgement { message, advice, evidence, ..judgement })
    }
}
