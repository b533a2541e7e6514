//! Tasks that wake themselves most of the time: they look again and again whether something has happened.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::change::Fact;
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::Task;

pub(super) struct SelfWakes;

/// Fewer wakes say nothing: whoever used up its budget wakes itself once.
const LEAST_WAKES: u64 = 100;

impl Detector for SelfWakes {
    fn kind(&self) -> Kind {
        Kind::SelfWakes
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Spawned(_) | Fact::Woken(_) | Fact::Described(_))
    }

    /// More than half, as tokio-console has it.
    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        let woken = task.woken().filter(|woken| woken.wakes >= LEAST_WAKES)?;
        let most = woken.self_wakes > woken.wakes / 2;
        most.then(|| Case::now(task.location(), task.spawned_at().unwrap_or_default()))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let message = match cases.only() {
            Some(task) => format!("{} is woken by itself most of the time", scene.who(task)),
            None => format!(
                "{} are woken by themselves most of the time",
                scene.whom(place, cases, judgement.count)
            ),
        };
        let evidence = scene.lines(cases, judgement.count, line);
        let advice = "wait for an event rather than wake oneself to look again";
        Some(Judgement { message, advice, evidence, ..judgement })
    }
}

fn line(scene: &mut Scene<'_>, id: TaskId) -> String {
    let who = scene.who(id);
    match scene.task(id).and_then(Task::woken) {
        Some(woken) => format!("{who}: {} of {} wakes were its own", woken.self_wakes, woken.wakes),
        None => who,
    }
}
