//! The line on which a task waits, as a person would name it.

use crate::codes::TreeKind;
use crate::ids::LocationId;
use crate::task::{By, Task};
use crate::world::{Names, World};

/// What the paths of files hold that are not the program's own.
const FOREIGN: &[&str] = &["/rustc/", "/registry/src/", "/git/checkouts/", "/vendor/"];

/// The line of the innermost await in the program's own code, as far as it is seen in memory; failing that, of the
/// innermost one of all.
pub fn await_line(task: &Task, world: &World) -> Option<By<LocationId>> {
    let By { source, id: awaits } = task.awaits_by(TreeKind::MEMORY)?;
    let tree = world.tree(By { source, id: awaits.tree })?;
    // Where several are awaited at once, none of them is where the task is: it is where they fork.
    let alone = |depth: &u16| {
        let mut there = tree.nodes.iter().filter(|node| node.depth == *depth);
        there.next().filter(|_| there.next().is_none())
    };
    let path = (0..u16::MAX).map_while(|depth| alone(&depth));
    let path: Vec<_> = path.filter_map(|node| Some(By { source, id: node.location? })).collect();
    let is_own = |place: &&By<LocationId>| {
        let file = world.location(**place).map(|location| location.file.as_str());
        file.is_some_and(|file| !FOREIGN.iter().any(|part| file.contains(part)))
    };
    path.iter().rev().find(is_own).or(path.last()).copied()
}
