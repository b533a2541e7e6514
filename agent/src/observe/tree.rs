//! The await trees of tasks, built from the parents of nodes.

use super::last::LastTree;
use super::nodes::{Copied, Handle, Node};
use super::observer::Observer;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Most nodes of one tree that are told; how many more there are is told too.
const MOST_NODES: usize = 1_000;
/// Deepest node told.
const DEEPEST: u16 = 256;
/// A tree that changes while it is read is read so often.
const TRIES: u32 = 3;

/// What is alike in trees of tasks that wait in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    /// Depth and place of each node, each followed by what it awaits.
    pub(crate) nodes: Vec<(u16, u32)>,
    /// Nodes left out.
    pub(crate) cut: usize,
    /// It changed as fast as it was read, so these may not belong together.
    pub(crate) changing: bool,
}

/// The await tree of one task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AwaitTree {
    pub(crate) shape: Shape,
    /// Of each node, when it was first polled, raw clock.
    pub(crate) since: Vec<u64>,
}

impl Observer {
    /// The await trees of these tasks now. Tasks that await nothing observed have none. Looks at all nodes.
    pub(crate) fn trees(&self, tasks: &[u64]) -> HashMap<u64, AwaitTree> {
        let mut wanted: HashSet<u64> = tasks.iter().copied().collect();
        let mut trees = HashMap::new();
        for tried in 1..=TRIES {
            if wanted.is_empty() {
                break;
            }
            let mut by_task: BTreeMap<u64, Vec<Copied>> = BTreeMap::new();
            let all = self.nodes.iter().filter_map(Node::copy);
            all.filter(|node| wanted.contains(&node.task))
                .for_each(|node| by_task.entry(node.task).or_default().push(node));
            wanted.clear();
            for (task, nodes) in by_task {
                let changing = !nodes.iter().all(|node| self.nodes.is_unchanged(node));
                if changing && tried < TRIES {
                    wanted.insert(task);
                } else {
                    trees.insert(task, build(nodes, changing));
                }
            }
        }
        trees
    }

    /// The last await tree of an ended task, and when it fell, raw clock; of what fell since that time.
    pub(crate) fn last_tree(&self, task: u64, since: u64) -> Option<(u64, AwaitTree)> {
        let fell = self.last.of(task, since);
        let at = fell.iter().map(|tree| tree.at).max()?;
        let mut tree = AwaitTree::default();
        for LastTree { fallen, .. } in fell {
            tree.shape.nodes.extend(fallen.iter().map(|fallen| (fallen.depth, fallen.place)));
            tree.since.extend(fallen.iter().map(|fallen| fallen.first_poll));
        }
        Some((at, tree))
    }
}

/// Puts nodes of one task below their parents, the first polled first.
fn build(mut nodes: Vec<Copied>, changing: bool) -> AwaitTree {
    nodes.sort_unstable_by_key(|node| node.first_poll);
    let known: HashSet<Handle> = nodes.iter().map(|node| node.handle).collect();
    let mut below: HashMap<Handle, Vec<&Copied>> = HashMap::new();
    for node in &nodes {
        // A parent that is gone has polled it and let go of it.
        let parent = if known.contains(&node.parent) { node.parent } else { Handle::NONE };
        below.entry(parent).or_default().push(node);
    }
    let mut tree = AwaitTree::default();
    let mut next: Vec<(u16, &Copied)> = Vec::new();
    let mut descend = |next: &mut Vec<_>, depth: u16, parent: Handle| {
        let children = below.remove(&parent).unwrap_or_default();
        next.extend(children.into_iter().rev().map(|child| (depth, child)));
    };
    descend(&mut next, 0, Handle::NONE);
    while let Some((depth, node)) = next.pop() {
        if tree.since.len() == MOST_NODES {
            break;
        }
        tree.shape.nodes.push((depth, node.place));
        tree.since.push(node.first_poll);
        if depth < DEEPEST {
            descend(&mut next, depth + 1, node.handle);
        }
    }
    tree.shape.cut = nodes.len() - tree.since.len();
    tree.shape.changing = changing;
    tree
}
