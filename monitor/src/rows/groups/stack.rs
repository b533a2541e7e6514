//! Tasks with the same await stack in one row: where ten thousand of them wait is one line.

use super::{Group, GroupKey};
use crate::rows::awaits::{AwaitTree, awaits};
use crate::rows::{Cell, Column};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use taskscope_model::{Nanos, Query, TaskId, World};

const NUMBER: Column = Column::NUMBER;

static COLUMNS: [Column; 5] = [
    Column { key: "tasks", json: "tasks", title: "TASKS", worth: 250, ..NUMBER },
    Column { json: "busy_ns", title: "BUSY", worth: 90, ..NUMBER },
    Column { json: "last_poll_ns_ago", title: "LONGEST WAIT", worth: 100, ..NUMBER },
    Column {
        json: "waits_for",
        title: "WAITS FOR",
        worth: 120,
        flexible: true,
        min_width: 8,
        ..Column::TEXT
    },
    Column { json: "awaits", title: "AWAITS", worth: 200, flexible: true, min_width: 16, ..Column::TEXT },
];

/// What is known of the tasks of one stack.
#[derive(Default)]
struct Sums {
    tasks: Vec<TaskId>,
    busy: Option<Nanos>,
    longest: Option<Nanos>,
    waits_for: String,
}

/// The columns, and the groups: the largest first.
pub(super) fn grouped(world: &World, query: &Query, ended: bool) -> (Vec<&'static Column>, Vec<Group>) {
    let now = world.now();
    let mut groups: BTreeMap<Option<String>, Sums> = BTreeMap::new();
    let alive = |task: &&taskscope_model::Task| ended || task.ended().is_none();
    for task in world.tasks().filter(alive).filter(|task| query.matches(task, world, now)) {
        let tree = awaits(task, world);
        let sums = groups.entry(tree.as_ref().and_then(stack)).or_default();
        sums.tasks.push(task.id());
        sums.busy = match (sums.busy, task.busy(now)) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        sums.longest = sums.longest.max(task.since_last_poll(now));
        if let Some(wait) =
            tree.iter().flat_map(|tree| &tree.waits).next().filter(|_| sums.waits_for.is_empty())
        {
            sums.waits_for = if wait.text.is_empty() { wait.what.to_string() } else { wait.text.clone() };
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, sums)| Reverse(sums.tasks.len()));
    (COLUMNS.iter().collect(), groups.into_iter().map(group).collect())
}

fn group((stack, sums): (Option<String>, Sums)) -> Group {
    let cells = vec![
        Cell::Count(sums.tasks.len() as u64),
        Cell::of(sums.busy, Cell::Span),
        Cell::of(sums.longest, Cell::Span),
        Cell::of(Some(sums.waits_for).filter(|text| !text.is_empty()), Cell::Text),
        Cell::Text(stack.clone().unwrap_or_else(|| "not known where".to_owned())),
    ];
    Group { key: GroupKey::Stack(stack), cells, tasks: sums.tasks }
}

/// The innermost future first, as of a stack; `None` if there is none.
fn stack(tree: &AwaitTree) -> Option<String> {
    let node = |node: &crate::rows::awaits::AwaitNode| match &node.location {
        Some(at) => format!("{} {}:{}", node.function, at.file, at.line),
        None => node.function.clone(),
    };
    let words: Vec<_> = tree.nodes.iter().rev().map(node).collect();
    (!words.is_empty()).then(|| words.join(" < "))
}
