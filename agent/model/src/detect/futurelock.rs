//! A task has a future that holds a lock, or was given one, and does not poll it: it waits for something else, often
//! for that very lock. So nobody ever lets go of it. (The branch of a `select!` that lost and lives on by reference.)

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::{deadlock, locks};
use crate::change::{Fact, Held};
use crate::codes::Source;
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::Task;
use crate::time::Nanos;
use crate::world::World;

pub(super) struct Futurelock;

/// If it waits for something else than the lock it may go on by itself, and poll the future again.
const LIMIT: Nanos = Nanos(1_000_000_000);

impl Detector for Futurelock {
    fn kind(&self) -> Kind {
        Kind::Futurelock
    }

    fn severity(&self) -> Severity {
        Severity::Error
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
        let since = locks::waits_since(task)?;
        let (source, held) = kept(task, scene)?;
        let place = scene.await_line(task);
        if wants_itself(task, source, held) {
            return Some(Case::now(place, since));
        }
        let behind = locks::behind(task.id(), source, held, scene).into_iter().next()?;
        let waits = locks::waits_since(scene.task(behind)?)?;
        Some(Case::after(place, locks::still_since(task)?.max(waits), LIMIT))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let whom = match cases.only() {
            Some(task) => scene.who(task),
            None => format!("{} tasks", judgement.count),
        };
        let (waits, has, does, it) = match judgement.count {
            1 => ("waits", "has", "does", "it"),
            _ => ("wait", "have", "do", "they"),
        };
        let evidence = scene.lines(cases, judgement.count, line);
        let at = scene.at(place);
        Some(Judgement {
            message: format!(
                "{whom} {waits}{at} and {does} not poll a future that {it} {has}, which keeps a lock meanwhile"
            ),
            advice: "drop that future before awaiting anything else, or let it run in a task of its own",
            evidence,
            ..judgement
        })
    }
}

/// What a future has that the task does not poll, and somebody wants.
fn kept<'a>(task: &'a Task, scene: &Scene<'_>) -> Option<(Source, &'a Held)> {
    let waits = scene.world.waits();
    locks::held(task)
        .find(|(source, held)| held.aside && waits.waiters(*source, held.address).next().is_some())
}

fn wants_itself(task: &Task, source: Source, held: &Held) -> bool {
    locks::wanted(task).any(|(by, _, address)| (by, address) == (source, held.address))
}

fn line(scene: &mut Scene<'_>, id: TaskId) -> String {
    let who = scene.who(id);
    let Some(task) = scene.task(id) else { return who };
    let Some((source, held)) = kept(task, scene) else { return who };
    let has = if held.granted { "was given to" } else { "is held by" };
    let place = scene.at(super::words::by(crate::task::By { source, id: () }, held.location));
    let what = format!("{} {:#x}", super::words::unquoted(&held.text), held.address);
    let waits = scene.what_it_waits_for(id);
    let behind = locks::behind(id, source, held, scene);
    let behind = match behind.is_empty() {
        true => String::new(),
        false => format!("; behind it: {}", scene.several(&behind)),
    };
    format!("{what} {has} a future of {who}{place} that is not polled, while {who} waits for {waits}{behind}")
}
