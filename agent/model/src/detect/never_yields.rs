//! Tasks that have been in their first poll for long: nothing in them has waited yet, and their worker does nothing
//! else. Where somebody watches for slow polls this is left to them: they know whether the poll ran at all, or waited
//! for a processor or a debugger, and where it is.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use crate::change::Fact;
use crate::codes::TaskKind;
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::{State, Task};
use crate::time::Nanos;
use crate::world::World;

pub(super) struct NeverYields;

/// As long as tokio-console waits before it says that a task has never yielded.
const LIMIT: Nanos = Nanos(1_000_000_000);

impl Detector for NeverYields {
    fn kind(&self) -> Kind {
        Kind::NeverYields
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Spawned(_) | Fact::Polled(_) | Fact::Ended(_) | Fact::Described(_))
    }

    fn unsettled_by(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Limits(_))
    }

    fn concern(&self, world: &World) -> (Vec<TaskId>, Vec<Place>) {
        let first = |task: &&Task| task.polled().is_some_and(|polled| polled.polls == 0);
        (world.tasks().filter(first).map(Task::id).collect(), Vec::new())
    }

    fn case(&self, task: &Task, scene: &mut Scene<'_>) -> Option<Case> {
        if scene.world.limits().is_some_and(|limits| limits.slow_poll.is_some()) {
            return None;
        }
        let polled = task.polled().filter(|polled| polled.polls == 0)?;
        let since = polled.running_since.filter(|_| task.state() == Some(State::Running))?;
        // A blocking task is there to block, and a program's start may take its time.
        let may_block = matches!(task.kind(), Some(TaskKind::BLOCKING | TaskKind::BLOCK_ON));
        (!may_block).then(|| Case::after(task.location(), since, LIMIT))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let whom = scene.whom(place, cases, judgement.count);
        let has = if judgement.count == 1 { "has" } else { "have" };
        let evidence = scene.lines(cases, judgement.count, |scene, task| scene.who(task));
        Some(Judgement {
            message: format!("{whom} {has} not waited for anything in more than {LIMIT} of the first poll"),
            advice: "move the work to tokio::task::spawn_blocking, or await tokio::task::yield_now() now and then",
            evidence,
            ..judgement
        })
    }
}
