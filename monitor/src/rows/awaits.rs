//! Where a task waits: its await tree, and what is at the end of it.

use taskscope_model::change::{Awaits, Location, Wait};
use taskscope_model::codes::TreeKind;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{At, Task, World};

/// An await tree as it was at some time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AwaitTree {
    /// How it was found, and so what its locations mean.
    pub(crate) kind: TreeKind,
    /// When.
    pub(crate) at: At,
    /// Outermost first, each followed by what it awaits.
    pub(crate) nodes: Vec<AwaitNode>,
    /// What it waits for.
    pub(crate) waits: Vec<Wait>,
}

impl AwaitTree {
    /// Whether there is anything in it: of a task in a poll nothing is seen.
    fn says_something(&self) -> bool {
        !self.nodes.is_empty() || !self.waits.is_empty()
    }
}

/// One future of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AwaitNode {
    /// How many futures it is inside of.
    pub(crate) depth: usize,
    /// The function, label or type.
    pub(crate) function: String,
    /// Where it awaits, or was made.
    pub(crate) location: Option<Location>,
    /// What else there is to say; may be empty.
    pub(crate) detail: String,
    /// Since when it is there.
    pub(crate) since: Option<At>,
}

/// The tree that says most.
pub(crate) fn awaits(task: &Task, world: &World) -> Option<AwaitTree> {
    task.awaits().map(|awaits| tree(task, awaits, world)).filter(AwaitTree::says_something)
}

/// The tree that was found in that way.
pub(crate) fn awaits_by(task: &Task, world: &World, kind: TreeKind) -> Option<AwaitTree> {
    task.awaits_by(kind).map(|awaits| tree(task, awaits, world))
}

fn tree(task: &Task, awaits: By<&Awaits>, world: &World) -> AwaitTree {
    let (source, awaits) = (awaits.source, awaits.id);
    let told = world.tree(By { source, id: awaits.tree });
    let nodes = told.iter().flat_map(|tree| tree.nodes.iter().enumerate());
    let node = |(at, node): (usize, &taskscope_model::change::TreeNode)| AwaitNode {
        depth: usize::from(node.depth),
        function: node.function.clone(),
        location: node.location.and_then(|id| world.location(By { source, id })).cloned(),
        detail: node.detail.clone(),
        since: awaits.since.get(at).copied(),
    };
    let by = By { source, id: task.id() };
    let wait = |wait: &Wait| {
        let text = format!("{}{}", wait.text, super::waits::held_by(wait, world, by));
        Wait { text, ..wait.clone() }
    };
    AwaitTree {
        kind: awaits.kind,
        at: awaits.at,
        nodes: nodes.map(node).collect(),
        waits: awaits.waits.iter().map(wait).collect(),
    }
}
