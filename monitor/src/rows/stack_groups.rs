//! One row for all tasks that wait in the same way: in the same futures, on the same lines.

use super::groups::{self, GroupKey, GroupTable};
use super::walk::Walk;
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
#[derive(Debug)]
struct Group {
    tasks: u64,
    running: u64,
    scheduled: u64,
    idle: u64,
    /// One of them: they wait on the same line.
    first: TaskId,
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
    let mut gathering = Gathering::new(query, ended);
    gathering.look(world, usize::MAX);
    let mut rows: Vec<_> = gathering.groups.into_iter().collect();
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

/// The columns of the groups.
pub(crate) fn columns() -> Vec<&'static Column> {
    COLUMNS.iter().collect()
}

/// A look at all tasks that goes on for as long as one likes: with very many of them it is done in pieces.
#[derive(Debug)]
pub(crate) struct Gathering {
    walk: Walk,
    groups: BTreeMap<Option<By<TreeId>>, Group>,
}

impl Gathering {
    /// Nothing has been looked at yet.
    pub(crate) fn new(query: &Query, ended: bool) -> Self {
        Self { walk: Walk::new(query, ended), groups: BTreeMap::new() }
    }

    /// Looks at so many more tasks; says whether all have been looked at.
    pub(crate) fn look(&mut self, world: &World, most: usize) -> bool {
        let groups = &mut self.groups;
        self.walk.on(world, most, |task| {
            groups.entry(tree_of(task, world)).or_insert_with(|| Group::new(task)).add(task);
        })
    }

    /// The groups, the largest first, each with what tells it from the others and with its tasks.
    pub(crate) fn groups(self, world: &World) -> Vec<groups::Group> {
        let mut rows: Vec<_> = self.groups.into_iter().collect();
        rows.sort_by_key(|(_, group)| Reverse(group.tasks));
        let group = |(tree, group): (Option<By<TreeId>>, Group)| groups::Group {
            key: GroupKey::Stack(tree),
            cells: cells(world, tree, &group),
            tasks: group.ids,
        };
        rows.into_iter().map(group).collect()
    }
}

/// The tree that says most; `None` if it says nothing.
fn tree_of(task: &Task, world: &World) -> Option<By<TreeId>> {
    let by = task.awaits()?;
    let tree = By { source: by.source, id: by.id.tree };
    world.tree(tree).filter(|tree| !tree.nodes.is_empty()).map(|_| tree)
}

fn cells(world: &World, tree: Option<By<TreeId>>, group: &Group) -> Vec<Cell> {
    let first = tree.and_then(|_| world.task(group.first));
    let line = first.and_then(|task| world.location(await_line(task, world)?));
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

impl Group {
    /// No task is in it yet; this will be the first one.
    fn new(first: &Task) -> Self {
        Self { tasks: 0, running: 0, scheduled: 0, idle: 0, first: first.id(), ids: Vec::new() }
    }

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
