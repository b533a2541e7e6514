//! What the detectors of stuck locks share: tasks that stand still, what they wait for, and how that is said.

use super::detector::Place;
use super::scene::Scene;
use crate::await_line::await_line;
use crate::change::{Awaits, Fact, Held, Wait};
use crate::codes::{Activity, Source, TreeKind, WaitKind};
use crate::ids::TaskId;
use crate::task::{By, State, Task};
use crate::time::At;
use crate::world::World;

/// Tasks behind another that are named.
const MOST_BEHIND: usize = 64;

/// Whether others can be kept waiting by who has such a thing.
pub(super) fn is_kept(what: WaitKind) -> bool {
    matches!(what, WaitKind::LOCK | WaitKind::SEMAPHORE)
}

/// Since when a task was seen to wait as it waits now, at two looks at least.
pub(super) fn waits_since(task: &Task) -> Option<At> {
    let looked = task.looked().filter(|looked| looked.activity == Activity::IDLE && looked.again)?;
    (task.state() == Some(State::Idle)).then_some(looked.at)
}

/// Since when nothing at all has moved in it.
pub(super) fn still_since(task: &Task) -> Option<At> {
    waits_since(task)?;
    task.looked().map(|looked| looked.still.max(looked.at))
}

/// Where it waits, as seen in memory.
pub(super) fn awaits(task: &Task) -> Option<By<&Awaits>> {
    task.awaits_by(TreeKind::MEMORY)
}

/// The locks and permits it waits for.
pub(super) fn wanted(task: &Task) -> impl Iterator<Item = (Source, &Wait, u64)> {
    let awaits = awaits(task);
    let source = awaits.as_ref().map_or(Source(0), |by| by.source);
    let waits = awaits.into_iter().flat_map(|by| &by.id.waits);
    waits.filter(|wait| is_kept(wait.what)).filter_map(move |wait| Some((source, wait, wait.address?)))
}

/// What it holds, with who tells it.
pub(super) fn held(task: &Task) -> impl Iterator<Item = (Source, &Held)> {
    let (source, held) = task.holds().map_or((Source(0), &[][..]), |by| (by.source, by.id));
    held.iter().filter(|held| is_kept(held.what)).map(move |held| (source, held))
}

/// The tasks that hold anything.
pub(super) fn holders(world: &World) -> Vec<TaskId> {
    let mut tasks: Vec<_> = world.waits().holding().collect();
    tasks.dedup();
    tasks
}

/// The other tasks that wait for what a task has, as many as are named.
pub(super) fn behind(id: TaskId, source: Source, held: &Held, scene: &Scene<'_>) -> Vec<TaskId> {
    let waiters = scene.world.waits().waiters(source, held.address);
    waiters.filter(|waiter| *waiter != id).take(MOST_BEHIND).collect()
}

/// Whether a fact can alter who waits behind whom, or which line that is said of.
pub(super) fn alters(fact: &Fact) -> bool {
    match fact {
        Fact::Holds(_) | Fact::Tree(_) | Fact::Location(_) | Fact::Ended(_) | Fact::Forgotten(_) => true,
        // Of whatever kind: a channel is a semaphore inside, and who waits for it waits behind who has its permits.
        Fact::Awaits(awaits) => awaits.waits.iter().any(|wait| wait.address.is_some()),
        _ => false,
    }
}

impl Scene<'_> {
    /// The line of its await, as a place.
    pub(super) fn await_line(&self, task: &Task) -> Place {
        await_line(task, self.world)
    }

    /// `mutex 0x7f00, at src/main.rs:12`, or whatever else it waits for.
    pub(super) fn what_it_waits_for(&mut self, id: TaskId) -> String {
        let Some(task) = self.task(id) else { return "something".to_owned() };
        let waits = awaits(task).map(|by| by.id.waits.as_slice()).unwrap_or_default();
        let words: Vec<_> = waits.iter().take(3).map(|wait| self.thing(wait)).collect();
        let words = if words.is_empty() { "something".to_owned() } else { words.join(", ") };
        let line = self.await_line(task);
        format!("{words}{}", self.at(line))
    }

    fn thing(&mut self, wait: &Wait) -> String {
        match wait.task {
            Some(other) => format!("the end of {}", self.who(other)),
            None if wait.text.is_empty() => wait.what.to_string(),
            None => super::words::unquoted(&wait.text),
        }
    }

    /// `task 4, task 5 and 7 more`.
    pub(super) fn several(&mut self, tasks: &[TaskId]) -> String {
        const MOST: usize = 5;
        let named: Vec<_> = tasks.iter().take(MOST).map(|id| self.who(*id)).collect();
        match tasks.len().saturating_sub(MOST) {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}
