//! Where a task waits, as far as its operations on resources tell.

use super::operations::Operations;
use std::collections::HashMap;
use taskscope_model::change::{Attribute, Awaits, Operation, Resource, Tree, TreeNode, Wait};
use taskscope_model::codes::{TreeKind, WaitKind};
use taskscope_model::{At, Fact, TaskId, TreeId};

/// Deepest operation that is followed.
const DEEPEST: u16 = 16;

/// The await trees told so far, and what was told last of each task that is looked at.
#[derive(Debug, Default)]
pub(super) struct Waits {
    trees: HashMap<Vec<TreeNode>, TreeId>,
    told: HashMap<TaskId, (TreeId, Vec<Wait>)>,
}

impl Waits {
    /// Only these tasks are looked at from now on.
    pub(super) fn only(&mut self, is_one: impl Fn(TaskId) -> bool) {
        self.told.retain(|task, _| is_one(*task));
    }

    /// Tells where a task waits, if that has changed. `waiting` are the operations in which it does.
    pub(super) fn tell(
        &mut self,
        task: TaskId,
        waiting: &[&Operation],
        operations: &Operations,
        now: At,
        out: &mut Vec<Fact>,
    ) {
        let is_whole = |it: &&&Operation| waiting.iter().all(|other| Some(other.id) != it.parent);
        let whole: Vec<_> = waiting.iter().filter(is_whole).copied().collect();
        let mut nodes = Vec::new();
        for operation in &whole {
            push(operation, waiting, operations, 0, &mut nodes);
        }
        let waits: Vec<_> = whole.iter().map(|operation| wait(operation, operations)).collect();
        // Where nothing is known there is nothing to say, unless something was said.
        if nodes.is_empty() && !self.told.contains_key(&task) {
            return;
        }
        let tree = self.tree(nodes, out);
        if self.told.get(&task).is_some_and(|(told, waited)| *told == tree && *waited == waits) {
            return;
        }
        self.told.insert(task, (tree, waits.clone()));
        let (kind, since) = (TreeKind::OPERATIONS, Vec::new());
        out.push(Awaits { task, at: now, kind, tree, since, waits }.into());
    }

    fn tree(&mut self, nodes: Vec<TreeNode>, out: &mut Vec<Fact>) -> TreeId {
        let next = TreeId(u32::try_from(self.trees.len()).unwrap_or(u32::MAX));
        let id = *self.trees.entry(nodes.clone()).or_insert(next);
        if id == next {
            out.push(Tree { id, nodes }.into());
        }
        id
    }
}

fn push(
    operation: &Operation,
    all: &[&Operation],
    operations: &Operations,
    depth: u16,
    nodes: &mut Vec<TreeNode>,
) {
    let resource = operations.resource(operation.resource);
    nodes.push(TreeNode {
        depth,
        function: operation.source.clone(),
        location: resource.and_then(|resource| resource.location),
        detail: resource.map(of_type).unwrap_or_default(),
    });
    if depth < DEEPEST {
        let parts = all.iter().filter(|it| it.parent == Some(operation.id) && it.id != operation.id);
        parts.for_each(|part| push(part, all, operations, depth + 1, nodes));
    }
}

fn wait(operation: &Operation, operations: &Operations) -> Wait {
    let resource = operations.resource(operation.resource);
    Wait {
        what: resource.map_or(WaitKind::OTHER, what),
        text: match resource {
            Some(resource) => {
                format!("{}, {} (resource {})", operation.source, of_type(resource), operation.resource)
            }
            None => format!("{} (resource {})", operation.source, operation.resource),
        },
        task: None,
        address: Some(operation.resource.0),
        until: resource.and_then(end),
    }
}

/// When a timer is over, if it runs for as long as it was made for.
fn end(timer: &Resource) -> Option<At> {
    let is_span = |it: &&Attribute| it.name == "duration" && it.unit == "ms";
    let millis: u64 = timer.attributes.iter().find(is_span)?.value.parse().ok()?;
    Some(At(timer.at?.0.saturating_add(millis.saturating_mul(1_000_000))))
}

fn of_type(resource: &Resource) -> String {
    format!("a {}", resource.type_name)
}

fn what(resource: &Resource) -> WaitKind {
    let name = resource.type_name.as_str();
    match name {
        "Mutex" | "RwLock" => WaitKind::LOCK,
        "Semaphore" => WaitKind::SEMAPHORE,
        "Barrier" | "Notify" => WaitKind::NOTIFY,
        _ if resource.class == "timer" => WaitKind::SLEEP,
        _ if name.contains("Sender") || name.contains("Receiver") => WaitKind::CHANNEL,
        _ => WaitKind::OTHER,
    }
}
