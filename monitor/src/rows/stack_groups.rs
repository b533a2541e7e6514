//! One row for all tasks that wait in the same way: in the same futures, on the same lines.

use super::groups::{self, GroupKey, GroupTable};
use super::{Cell, Column};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use taskscope_model::change::{Tree, TreeNode};
use taskscope_model::codes::Counter;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{Query, State, Task, TaskId, TreeId, World, await_line};

/// Most futures of a tree that are named.
const MOST: usize = 40;

/// What is known of the tasks of one tree.
#[derive(Clone, Debug)]
struct Group<'w> {
    tasks: u64,
    running: u64,
    scheduled: u64,
    idle: u64,
    /// One of them: they wait on the same line.
    first: &'w Task,
    /// All of them, by number.
    ids: Vec<TaskId>,
}

const NUMBER: Column = Column::NUMBER;

static COLUMNS: [Column; 6] = [
    Column { key: "tasks", json: "tasks", title: "TASKS", worth: 250, ..NUMBER },
    Column { key: "running", json: "running", title: "RUNNING", worth: 90, ..NUMBER },
    Column { key: "scheduled", json: "scheduled", title: "SCHEDULED", worth: 20, ..NUMBER },
    Column { key: "idle", json: "idle", title: "IDLE", worth: 80, ..NUMBER },
    Column { json: "awaits_at", title: "AWAITS AT", worth: 220, ..Column::PLACE },
    Column { json: "awaits", title: "AWAITS", worth: 200, min_width: 20, flexible: true, ..Column::TEXT },
];

/// By which such groups can be ordered.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|column| column.key).filter(|key| !key.is_empty())
}

/// The groups of the tasks that match: ordered by a key, the largest first.
pub(crate) fn by_stack(
    world: &World,
    query: &Query,
    ended: bool,
    sort: &str,
    reverse: bool,
    limit: Option<usize>,
) -> GroupTable {
    let mut rows: Vec<_> = gathered(world, query, ended).into_iter().collect();
    rows.sort_by_key(|(_, group)| Reverse((group.rank(sort), group.tasks)));
    if reverse {
        rows.reverse();
    }
    let shown = limit.unwrap_or(usize::MAX).min(rows.len());
    let cut: u64 = rows.iter().skip(shown).map(|(_, group)| group.tasks).sum();
    let rows = rows.iter().take(shown).map(|(tree, group)| cells(world, *tree, group)).collect();
    let not_shown = cut + world.counted(Counter::NOT_SHOWN).unwrap_or(0);
    GroupTable { columns: COLUMNS.iter().collect(), rows, not_shown }
}

/// The columns and the groups, the largest first, each with what tells it from the others and with its tasks.
pub(crate) fn keyed(world: &World, query: &Query, ended: bool) -> (Vec<&'static Column>, Vec<groups::Group>) {
    let mut rows: Vec<_> = gathered(world, query, ended).into_iter().collect();
    rows.sort_by_key(|(_, group)| Reverse(group.tasks));
    let group = |(tree, group): (Option<By<TreeId>>, Group<'_>)| groups::Group {
        key: GroupKey::Stack(tree),
        cells: cells(world, tree, &group),
        tasks: group.ids,
    };
    (COLUMNS.iter().collect(), rows.into_iter().map(group).collect())
}

fn gathered<'w>(world: &'w World, query: &Query, ended: bool) -> BTreeMap<Option<By<TreeId>>, Group<'w>> {
    let mut groups: BTreeMap<Option<By<TreeId>>, Group<'w>> = BTreeMap::new();
    for task in world.tasks() {
        let wanted = ended || task.state() != Some(State::Ended);
        if wanted && query.matches(task, world, world.now()) {
            let none = Group { tasks: 0, running: 0, scheduled: 0, idle: 0, first: task, ids: Vec::new() };
            groups.entry(tree_of(task, world)).or_insert(none).add(task);
        }
    }
    groups
}

/// The tree that says most; `None` if it says nothing.
fn tree_of(task: &Task, world: &World) -> Option<By<TreeId>> {
    let by = task.awaits()?;
    let tree = By { source: by.source, id: by.id.tree };
    world.tree(tree).filter(|tree| !tree.nodes.is_empty()).map(|_| tree)
}

fn cells(world: &World, tree: Option<By<TreeId>>, group: &Group<'_>) -> Vec<Cell> {
    let line = tree.and_then(|_| world.location(await_line(group.first, world)?));
    vec![
        Cell::Count(group.tasks),
        Cell::Count(group.running),
        Cell::Count(group.scheduled),
        Cell::Count(group.idle),
        Cell::of(line, |line| Cell::Place(line.clone())),
        Cell::of(tree.and_then(|tree| world.tree(tree)), |tree| Cell::Text(words(tree))),
    ]
}

/// `serve > [read, sleep]`: what awaits what, and what is awaited at once.
fn words(tree: &Tree) -> String {
    let nodes = tree.nodes.get(..MOST).unwrap_or(&tree.nodes);
    let (text, rest) = siblings(nodes, 0);
    if rest.is_empty() && nodes.len() == tree.nodes.len() { text } else { format!("{text} ...") }
}

/// The nodes of a depth, each with those below it, and what comes behind them.
fn siblings(mut nodes: &[TreeNode], depth: u16) -> (String, &[TreeNode]) {
    let mut found = Vec::new();
    while let Some((node, below)) = nodes.split_first().filter(|(node, _)| node.depth >= depth) {
        let (inner, rest) = siblings(below, node.depth.saturating_add(1));
        let arrow = if inner.is_empty() { "" } else { " > " };
        found.push(format!("{}{arrow}{inner}", node.function));
        nodes = rest;
    }
    match &found[..] {
        [] => (String::new(), nodes),
        [one] => (one.clone(), nodes),
        several => (format!("[{}]", several.join(", ")), nodes),
    }
}

impl Group<'_> {
    fn add(&mut self, task: &Task) {
        self.tasks += 1;
        self.ids.push(task.id());
        match task.state() {
            Some(State::Running) => self.running += 1,
            Some(State::Scheduled) => self.scheduled += 1,
            Some(State::Idle) => self.idle += 1,
            Some(State::Ended) | None => {}
        }
    }

    fn rank(&self, key: &str) -> u64 {
        match key {
            "running" => self.running,
            "scheduled" => self.scheduled,
            "idle" => self.idle,
            _ => self.tasks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(nodes: &[(u16, &str)]) -> Tree {
        let node = |(depth, function): &(u16, &str)| {
            let (function, detail) = ((*function).to_owned(), String::new());
            TreeNode { depth: *depth, function, location: None, detail }
        };
        Tree { id: TreeId(1), nodes: nodes.iter().map(node).collect() }
    }

    #[test]
    fn a_tree_is_written_in_one_line() {
        assert_eq!(words(&tree(&[(0, "a"), (1, "b"), (2, "c")])), "a > b > c");
        let forked = [(0, "a"), (1, "b"), (2, "c"), (1, "d")];
        assert_eq!(words(&tree(&forked)), "a > [b > c, d]");
        assert_eq!(words(&tree(&[])), "");
        // Only a broken source tells such trees.
        assert_eq!(words(&tree(&[(3, "a"), (1, "b")])), "[a, b]");
    }
}
