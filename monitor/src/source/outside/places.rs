//! Numbers of what tasks have in common: places, await trees, runtimes. Each is told once, before what names it.

use std::collections::HashMap;
use std::mem;
use taskscope_inspect::{Node, Place, Spawn};
use taskscope_model::change::{Location, Tree, TreeNode};
use taskscope_model::{Fact, LocationId, TreeId};

/// The places told so far. There are as many as the program's code has.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<(String, u32, u32), LocationId>);

impl Places {
    /// Of a line of which the column is not known.
    pub(super) fn line(&mut self, place: &Place, out: &mut Vec<Fact>) -> LocationId {
        self.number((place.file.to_string(), place.line, 0), out)
    }

    /// Of a place where tasks are spawned.
    pub(super) fn spawn(&mut self, spawn: &Spawn, out: &mut Vec<Fact>) -> LocationId {
        self.number((spawn.file.clone(), spawn.line, spawn.column), out)
    }

    fn number(&mut self, place: (String, u32, u32), out: &mut Vec<Fact>) -> LocationId {
        let next = LocationId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        let (file, line, column) = place.clone();
        *self.0.entry(place).or_insert_with(|| {
            out.push(Location { id: next, file, line, column }.into());
            next
        })
    }
}

/// The await trees that some task is in. The number of one that no task is in any more is used again, but not
/// within the same look: somebody may be told of half of it.
#[derive(Debug)]
pub(super) struct Trees {
    known: HashMap<Vec<TreeNode>, Used>,
    nodes: HashMap<TreeId, Vec<TreeNode>>,
    free: Vec<TreeId>,
    freed: Vec<TreeId>,
    next: u32,
}

#[derive(Debug)]
struct Used {
    id: TreeId,
    by: usize,
}

/// The tree of tasks of which no tree is seen.
pub(super) const NO_TREE: TreeId = TreeId(0);

impl Default for Trees {
    fn default() -> Self {
        let (known, nodes) = (HashMap::new(), HashMap::new());
        Self { known, nodes, free: Vec::new(), freed: Vec::new(), next: NO_TREE.0 + 1 }
    }
}

impl Trees {
    /// Tells of the tree without nodes.
    pub(super) fn begin(out: &mut Vec<Fact>) {
        out.push(Tree { id: NO_TREE, nodes: Vec::new() }.into());
    }

    /// A task is in this tree from now on.
    pub(super) fn enter(&mut self, root: &Node, places: &mut Places, out: &mut Vec<Fact>) -> TreeId {
        let mut nodes = Vec::new();
        flatten(root, 0, places, &mut nodes, out);
        if let Some(used) = self.known.get_mut(&nodes) {
            used.by += 1;
            return used.id;
        }
        let id = self.free.pop().unwrap_or_else(|| {
            self.next = self.next.saturating_add(1);
            TreeId(self.next - 1)
        });
        out.push(Tree { id, nodes: nodes.clone() }.into());
        self.nodes.insert(id, nodes.clone());
        self.known.insert(nodes, Used { id, by: 1 });
        id
    }

    /// A task is no longer in this tree.
    pub(super) fn leave(&mut self, id: TreeId) {
        let Some(used) = self.nodes.get(&id).and_then(|nodes| self.known.get_mut(nodes)) else { return };
        used.by = used.by.saturating_sub(1);
        if used.by == 0 {
            if let Some(nodes) = self.nodes.remove(&id) {
                self.known.remove(&nodes);
            }
            self.freed.push(id);
        }
    }

    /// A look has been told whole.
    pub(super) fn settle(&mut self) {
        self.free.append(&mut mem::take(&mut self.freed));
    }
}

fn flatten(node: &Node, depth: u16, places: &mut Places, nodes: &mut Vec<TreeNode>, out: &mut Vec<Fact>) {
    let detail = match (&node.location, &node.detail) {
        (Some(place), None) if !place.exact => "begins there".to_owned(),
        (_, detail) => detail.as_deref().unwrap_or_default().to_owned(),
    };
    let location = node.location.as_ref().map(|place| places.line(place, out));
    nodes.push(TreeNode { depth, function: node.function.to_string(), location, detail });
    for child in &node.children {
        flatten(child, depth.saturating_add(1), places, nodes, out);
    }
}
