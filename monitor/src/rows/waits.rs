//! What a task waits for and on which line, short enough for a row. Only where that was read from memory: what
//! else is known of a task's awaits is known of few tasks, and is part of its story.

use taskscope_model::change::{Awaits, Held, Location, Wait};
use taskscope_model::codes::{TreeKind, WaitKind};
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{Task, TaskId, World, await_line};

/// Things waited for at once that are named.
const MOST: usize = 3;

fn of(task: &Task) -> Option<By<&Awaits>> {
    task.awaits_by(TreeKind::MEMORY).filter(|_| task.ended().is_none())
}

/// What it waits for.
pub(crate) fn words(task: &Task, world: &World) -> Option<String> {
    let waits = &of(task)?.id.waits;
    let source = of(task)?.source;
    let mut words: Vec<_> =
        waits.iter().take(MOST).map(|wait| one(wait, world, By { source, id: task.id() })).collect();
    if waits.len() > MOST {
        words.push(format!("{} more", waits.len() - MOST));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn one(wait: &Wait, world: &World, of: By<TaskId>) -> String {
    if let Some(until) = wait.until {
        let left = until.since(world.now());
        return if left.0 > 0 {
            format!("{} for {left} more", wait.text)
        } else {
            format!("{}, over", wait.text)
        };
    }
    match wait.task {
        Some(task) if wait.text.is_empty() && task.is_root() => format!("the end of {task}"),
        Some(task) if wait.text.is_empty() => format!("the end of task {task}"),
        _ if wait.text.is_empty() => wait.what.to_string(),
        _ => format!("{}{}", wait.text, held_by(wait, world, of)),
    }
}

/// The task that it waits for: the first of those whose end it wants, or that have what it wants.
pub(crate) fn whom(task: &Task, world: &World) -> Option<TaskId> {
    let By { source, id: awaits } = of(task)?;
    awaits.waits.iter().find_map(|wait| {
        let mut holders = wait.address.into_iter().flat_map(|at| world.waits().holders(source, at));
        wait.task.or_else(|| holders.find(|holder| *holder != task.id()))
    })
}

/// What a task has that others may want.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Holding {
    /// What it is: `mutex 0x7f00`.
    pub(crate) what: String,
    /// The await across which it is held.
    pub(crate) location: Option<Location>,
    /// It is a future that the task does not poll now that has it.
    pub(crate) aside: bool,
    /// The tasks that wait for it.
    pub(crate) wanted_by: Vec<TaskId>,
}

/// The locks and permits that a task holds.
pub(crate) fn holdings(task: &Task, world: &World) -> Vec<Holding> {
    let Some(By { source, id: held }) = task.holds().filter(|_| task.ended().is_none()) else {
        return Vec::new();
    };
    let holding = |held: &Held| Holding {
        what: format!("{} {:#x}", held.text, held.address),
        location: held.location.and_then(|id| world.location(By { source, id })).cloned(),
        aside: held.aside,
        wanted_by: world.waits().waiters(source, held.address).collect(),
    };
    held.iter().map(holding).collect()
}

/// `, held by task 3, task 4`, if what is waited for is a lock or a permit that is seen to be held.
pub(crate) fn held_by(wait: &Wait, world: &World, of: By<TaskId>) -> String {
    let is_kept = matches!(wait.what, WaitKind::LOCK | WaitKind::SEMAPHORE);
    let Some(address) = wait.address.filter(|_| is_kept) else { return String::new() };
    let holders: Vec<_> = world.waits().holders(of.source, address).collect();
    let mut words: Vec<_> = holders.iter().take(MOST).map(|holder| called(*holder, of.id)).collect();
    if holders.len() > MOST {
        words.push(format!("{} more", holders.len() - MOST));
    }
    if words.is_empty() { String::new() } else { format!(", held by {}", words.join(", ")) }
}

fn called(holder: TaskId, by: TaskId) -> String {
    match holder {
        itself if itself == by => "itself".to_owned(),
        root if root.is_root() => root.to_string(),
        task => format!("task {task}"),
    }
}

/// The line on which it waits.
pub(crate) fn place<'w>(task: &Task, world: &'w World) -> Option<&'w Location> {
    of(task).and_then(|_| world.location(await_line(task, world)?))
}
