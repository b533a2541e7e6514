//! What a task waits for and on which line, short enough for a row. Only where that was read from memory: what
//! else is known of a task's awaits is known of few tasks, and is part of its story.

use taskscope_model::change::{Awaits, Location, TreeNode, Wait};
use taskscope_model::codes::TreeKind;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{Task, World};

/// Things waited for at once that are named.
const MOST: usize = 3;
/// What the paths of files hold that are not the program's own.
const FOREIGN: &[&str] = &["/rustc/", "/registry/src/", "/git/checkouts/", "/vendor/"];

fn of(task: &Task) -> Option<By<&Awaits>> {
    task.awaits_by(TreeKind::MEMORY).filter(|_| task.ended().is_none())
}

/// What it waits for.
pub(crate) fn words(task: &Task, world: &World) -> Option<String> {
    let waits = &of(task)?.id.waits;
    let mut words: Vec<_> = waits.iter().take(MOST).map(|wait| one(wait, world)).collect();
    if waits.len() > MOST {
        words.push(format!("{} more", waits.len() - MOST));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn one(wait: &Wait, world: &World) -> String {
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
        _ => wait.text.clone(),
    }
}

/// The line of the innermost await in the program's own code; failing that, of the innermost one of all.
pub(crate) fn place<'w>(task: &Task, world: &'w World) -> Option<&'w Location> {
    let By { source, id: awaits } = of(task)?;
    let tree = world.tree(By { source, id: awaits.tree })?;
    let place = |node: &TreeNode| world.location(By { source, id: node.location? });
    // Where several are awaited at once, none of them is where the task is: it is where they fork.
    let alone = |depth: u16| tree.nodes.iter().filter(|node| node.depth == depth).count() == 1;
    let path = (0..).take_while(|depth| alone(*depth));
    let path = path.filter_map(|depth| tree.nodes.iter().find(|node| node.depth == depth));
    let path: Vec<_> = path.filter_map(place).collect();
    path.iter().rev().find(|place| is_own(place)).or(path.last()).copied()
}

fn is_own(place: &Location) -> bool {
    !FOREIGN.iter().any(|part| place.file.contains(part))
}
