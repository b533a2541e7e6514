//! Tasks that wait for one another in a ring: each for a lock that the next one holds, or for its end. Only tasks
//! that wait for nothing else besides, and that were seen so twice: what is read of a running program's memory is
//! not of one moment.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::locks;
use super::scene::Scene;
use crate::change::Fact;
use crate::codes::WaitKind;
use crate::finding::{Kind, MOST_TASKS, Severity};
use crate::ids::TaskId;
use crate::task::Task;
use crate::world::World;

pub(super) struct Deadlock;

/// So many tasks are followed from one.
const MOST_FOLLOWED: usize = 64;
/// So many holders of one lock are followed.
const MOST_HOLDERS: usize = 8;
/// Rings of one place that are told of in full.
const MOST_RINGS: usize = 3;
/// Lines of evidence.
const MOST_LINES: usize = 12;

impl Detector for Deadlock {
    fn kind(&self) -> Kind {
        Kind::Deadlock
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(
            fact,
            Fact::Spawned(_)
                | Fact::Polled(_)
                | Fact::Woken(_)
                | Fact::Looked(_)
                | Fact::Awaits(_)
                | Fact::Holds(_)
                | Fact::Ended(_)
                | Fact::Described(_)
        )
    }

    /// Who holds a lock is not named by who waits for it. The lines of awaits come with their trees.
    fn unsettled_by(&self, fact: &Fact) -> bool {
        locks::alters(fact)
    }

    /// In a ring everybody holds something or is waited for.
    fn concern(&self, world: &World) -> (Vec<TaskId>, Vec<Place>) {
        let waits = world.waits();
        let mut tasks: Vec<_> = waits.holding().chain(waits.joined()).collect();
        tasks.sort_unstable();
        tasks.dedup();
        (tasks, Vec::new())
    }

    fn case(&self, task: &Task, scene: &mut Scene<'_>) -> Option<Case> {
        let ring = ring(task, scene)?;
        // One of them stands for all.
        let is_first = ring.iter().min() == Some(&task.id());
        let since = ring.iter().filter_map(|id| locks::waits_since(scene.task(*id)?)).max()?;
        is_first.then(|| Case::now(scene.await_line(task), since))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let (mut tasks, mut evidence) = (Vec::new(), Vec::new());
        let mut first = None;
        for id in cases.tasks().take(MOST_RINGS) {
            let Some(ring) = scene.task(id).and_then(|task| ring(task, scene)) else { continue };
            for (at, id) in ring.iter().enumerate() {
                let next = ring.get(at + 1).or(ring.first()).copied().unwrap_or(*id);
                evidence.push(line(*id, next, scene));
            }
            tasks.extend(ring.iter().copied());
            first.get_or_insert(ring);
        }
        evidence.truncate(MOST_LINES);
        tasks.truncate(MOST_TASKS);
        let at = scene.at(place);
        let message = match (judgement.count, first?.as_slice()) {
            (1, [one]) => format!("{} waits{at} for a lock that it holds itself", scene.who(*one)),
            (1, [one, other]) => {
                format!("{} waits{at} for {}, which waits for it", scene.who(*one), scene.who(*other))
            }
            (1, ring) => format!("{} tasks wait for one another in a ring, one of them{at}", ring.len()),
            (count, _) => format!("{count} rings of tasks wait for one another{at}"),
        };
        let advice =
            "take locks in the same order everywhere, and hold none while waiting for a task that needs it";
        Some(Judgement { message, advice, tasks, evidence, ..judgement })
    }
}

/// The tasks that this one waits for, if it waits for nothing else.
fn waits_only_for(task: &Task, scene: &Scene<'_>) -> Vec<TaskId> {
    let Some(by) = locks::awaits(task).filter(|_| locks::waits_since(task).is_some()) else {
        return Vec::new();
    };
    let [wait] = &by.id.waits[..] else { return Vec::new() };
    match (wait.task, wait.address) {
        _ if wait.until.is_some() => Vec::new(),
        (Some(other), _) => vec![other],
        // Of a semaphore's permits somebody unseen may have some.
        (None, Some(address)) if wait.what == WaitKind::LOCK => {
            let holders = scene.world.waits().holders(by.source, address);
            let holds = |id: &TaskId| scene.world.task(*id).is_some_and(|it| keeps(it, address, task.id()));
            holders.filter(holds).take(MOST_HOLDERS).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a task keeps a lock from another. What it was just given it will take when it is polled; what a future
/// of the task's own keeps from it is another finding.
fn keeps(holder: &Task, address: u64, from: TaskId) -> bool {
    let of_it = |held: &&crate::change::Held| held.address == address;
    let mut held = locks::held(holder).map(|(_, held)| held).filter(of_it);
    held.any(|held| if held.aside { holder.id() != from } else { !held.granted })
}

/// The ring in which a task is, itself first.
pub(super) fn ring(task: &Task, scene: &mut Scene<'_>) -> Option<Vec<TaskId>> {
    let mut path = vec![task.id()];
    let mut open = vec![waits_only_for(task, scene)];
    let mut seen = path.clone();
    while let Some(next) = open.last_mut() {
        let Some(id) = next.pop() else {
            open.pop();
            path.pop();
            continue;
        };
        if id == task.id() {
            return Some(path);
        }
        if seen.contains(&id) || seen.len() >= MOST_FOLLOWED {
            continue;
        }
        seen.push(id);
        let Some(other) = scene.task(id) else { continue };
        path.push(id);
        open.push(waits_only_for(other, scene));
    }
    None
}

/// `task 7 waits for mutex 0x7f00 at src/main.rs:12, held by task 8`.
fn line(id: TaskId, next: TaskId, scene: &mut Scene<'_>) -> String {
    let (who, what) = (scene.who(id), scene.what_it_waits_for(id));
    let by_lock = scene.task(id).is_some_and(|task| locks::wanted(task).next().is_some());
    match by_lock {
        true => format!("{who} waits for {what}, held by {}", scene.who(next)),
        false => format!("{who} waits for {what}"),
    }
}
