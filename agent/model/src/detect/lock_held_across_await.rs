//! Tasks that hold a lock or a permit while they wait for something else, with others behind them that want it: all
//! of these wait for what the holder waits for.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::{deadlock, locks};
use crate::change::{Fact, Held};
use crate::codes::{Source, WaitKind};
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::{By, Task};
use crate::time::Nanos;
use crate::world::World;

pub(super) struct LockHeldAcrossAwait;

/// A short wait under a lock is what locks for async code are for.
const LIMIT: Nanos = Nanos(1_000_000_000);
/// Permits are made to be held across awaits, so it has to last longer.
const PERMIT_LIMIT: Nanos = Nanos(3_000_000_000);

impl Detector for LockHeldAcrossAwait {
    fn kind(&self) -> Kind {
        Kind::LockHeldAcrossAwait
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        deadlock::Deadlock.heeds(fact)
    }

    fn unsettled_by(&self, fact: &Fact) -> bool {
        locks::alters(fact)
    }

    fn concern(&self, world: &World) -> (Vec<TaskId>, Vec<Place>) {
        (locks::holders(world), Vec::new())
    }

    fn case(&self, task: &Task, scene: &mut Scene<'_>) -> Option<Case> {
        let still = locks::still_since(task)?;
        // Who waits for a lock itself is held up by whoever holds that.
        if locks::awaits(task).is_none() || locks::wanted(task).next().is_some() {
            return None;
        }
        // In a ring nobody is.
        if deadlock::ring(task, scene).is_some() {
            return None;
        }
        let (source, held) = kept(task, scene)?;
        let first = locks::behind(task.id(), source, held, scene).into_iter().next()?;
        let waits = locks::waits_since(scene.task(first)?)?;
        let limit = if held.what == WaitKind::SEMAPHORE { PERMIT_LIMIT } else { LIMIT };
        let place = held.location.map(|id| By { source, id }).or_else(|| scene.await_line(task));
        Some(Case::after(place, still.max(waits), limit))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let first = cases.tasks().next()?;
        let what = scene.task(first).and_then(|task| kept(task, scene)).map(|(_, held)| held.what);
        let (thing, limit) = match what {
            Some(WaitKind::SEMAPHORE) => ("a permit", PERMIT_LIMIT),
            _ => ("a lock", LIMIT),
        };
        let (whom, holds, others) = match cases.only() {
            Some(task) => (scene.who(task), "holds", "others wait behind it"),
            None => (format!("{} tasks", judgement.count), "hold", "others wait behind them"),
        };
        let at = scene.at(place);
        let evidence = scene.lines(cases, judgement.count, line);
        Some(Judgement {
            message: format!(
                "{whom} {holds} {thing} across the await{at} for more than {limit}, and {others}"
            ),
            advice: "let go of it before the await, or bound the wait with tokio::time::timeout",
            evidence,
            ..judgement
        })
    }
}

/// What it holds and others want.
fn kept<'a>(task: &'a Task, scene: &Scene<'_>) -> Option<(Source, &'a Held)> {
    let waits = scene.world.waits();
    let is_wanted =
        |source: Source, held: &Held| waits.waiters(source, held.address).any(|id| id != task.id());
    locks::held(task).find(|(source, held)| !held.aside && !held.granted && is_wanted(*source, held))
}

/// `task 3 holds mutex 0x55c4 and waits for sleep at src/main.rs:45; behind it: task 4, task 5`.
fn line(scene: &mut Scene<'_>, id: TaskId) -> String {
    let (who, waits) = (scene.who(id), scene.what_it_waits_for(id));
    let Some(task) = scene.task(id) else { return who };
    let Some((source, held)) = kept(task, scene) else { return who };
    let behind = locks::behind(id, source, held, scene);
    let what = format!("{} {:#x}", super::words::unquoted(&held.text), held.address);
    format!("{who} holds {what} and waits for {waits}; behind it: {}", scene.several(&behind))
}
