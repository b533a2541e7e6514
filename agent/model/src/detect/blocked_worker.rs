//! A worker that has been in one poll for so long that what waits behind it must be noticed.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::held_up::{self, HeldUp};
use super::scene::Scene;
use crate::change::{Fact, SlowPoll};
use crate::codes::TaskKind;
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::{By, Task};
use crate::time::Nanos;
use crate::world::World;

pub(super) struct BlockedWorker;

/// A poll that lasts for so long blocks its worker.
const LIMIT: Nanos = Nanos(1_000_000_000);

impl Detector for BlockedWorker {
    fn kind(&self) -> Kind {
        Kind::BlockedWorker
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn heeds(&self, fact: &Fact) -> bool {
        // Whatever makes the task known: the poll may have been told of before.
        fact.task().is_some()
    }

    fn unsettled_by(&self, fact: &Fact) -> bool {
        held_up::unsettled_by(fact)
    }

    fn concern(&self, world: &World) -> (Vec<TaskId>, Vec<Place>) {
        (world.slow_polls().map(|slow| slow.id.task).collect(), Vec::new())
    }

    fn case(&self, task: &Task, scene: &mut Scene<'_>) -> Option<Case> {
        let slow = lasting(task, scene)?;
        let place = held_up::place(slow);
        Some(Case::after(place, slow.id.at, LIMIT))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let held: Vec<_> = cases.tasks().filter_map(|id| lasting(scene.task(id)?, scene)).collect();
        let first = *held.first()?;
        let held_up = HeldUp::by(first, scene);
        let what = held_up.what(scene.at(place));
        let who = match cases.only() {
            Some(task) => {
                let worker = first.id.worker.map(|worker| format!("worker {worker}"));
                let worker = worker.unwrap_or_else(|| "a worker".to_owned());
                format!(
                    "{worker} has been blocked by one poll for more than a second: {} {what}",
                    scene.who(task)
                )
            }
            None => format!(
                "{} workers have been blocked for more than a second, each by one poll: the code {what}",
                judgement.count
            ),
        };
        let mut evidence = Vec::new();
        // Each tells what waits behind it; where all workers are blocked they tell the same.
        let waiting = held.iter().filter_map(|slow| slow.id.waiting).max();
        match waiting {
            None | Some(0) => {}
            Some(1) => evidence.push("1 task is ready to run and waits behind it".to_owned()),
            Some(waiting) => evidence.push(format!("{waiting} tasks are ready to run and wait behind it")),
        }
        evidence.extend(held_up::evidence(first, scene));
        Some(Judgement { message: who, advice: held_up.advice, evidence, ..judgement })
    }
}

/// The poll that the task is in, if that is too long already and keeps a worker.
fn lasting<'a>(task: &Task, scene: &Scene<'a>) -> Option<By<&'a SlowPoll>> {
    let slow = scene.world.slow_polls().find(|slow| slow.id.task == task.id() && slow.id.length.is_none())?;
    // The end of its poll is told a little later.
    if task.ended().is_some() {
        return None;
    }
    // The thread of `block_on` is a worker only where the runtime has no other.
    let keeps_a_worker = slow.id.worker.is_some() || task.kind() != Some(TaskKind::BLOCK_ON);
    (keeps_a_worker && !held_up::has_left_its_worker(slow, scene)).then_some(slow)
}
