//! Which tasks, in which order, how deep.

use super::Shape;
use std::collections::HashMap;
use taskscope_model::query::Value;
use taskscope_model::{Order, Query, State, Task, TaskId, World};

/// How tasks are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// One below the other.
    Flat,
    /// Each below the task that spawned it. A task whose spawner is not among them stands at the top.
    BySpawner,
}

/// A task's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The task.
    pub(crate) id: TaskId,
    /// How deep it stands in a tree; 0 in a flat table.
    pub(crate) depth: usize,
}

type Ranked<'w> = (Option<Value>, &'w Task);

/// Every task that matches, in order.
pub(crate) fn arrange(world: &World, query: &Query, order: &Order, shape: Shape) -> Vec<Placed> {
    first(world, query, order, Shape { limit: None, ..shape }).0
}

/// The first ones of the tasks that match, and how many are left out.
pub(crate) fn first(world: &World, query: &Query, order: &Order, shape: Shape) -> (Vec<Placed>, u64) {
    let mut ranked = matching(world, query, order, shape.ended);
    let limit = shape.limit.unwrap_or(usize::MAX).min(ranked.len());
    let left_out = (ranked.len() - limit) as u64;
    let compare = |a: &Ranked<'_>, b: &Ranked<'_>| order.compare((&a.0, a.1), (&b.0, b.1));
    if shape.arrangement == Arrangement::Flat && limit > 0 && limit < ranked.len() {
        ranked.select_nth_unstable_by(limit - 1, compare);
        ranked.truncate(limit);
    }
    ranked.sort_unstable_by(compare);
    let mut placed = match shape.arrangement {
        Arrangement::Flat => ranked.iter().map(|(_, task)| Placed { id: task.id(), depth: 0 }).collect(),
        Arrangement::BySpawner => by_spawner(&ranked),
    };
    placed.truncate(limit);
    (placed, left_out)
}

fn matching<'w>(world: &'w World, query: &Query, order: &Order, ended: bool) -> Vec<Ranked<'w>> {
    let now = world.now();
    world
        .tasks()
        .filter(|task| ended || task.state() != Some(State::Ended))
        .filter(|task| query.matches(task, world, now))
        .map(|task| (order.rank(task, world, now), task))
        .collect()
}

/// Depth first, siblings in their order. Parents that form a circle, which only a broken source can tell,
/// are cut at its first member.
fn by_spawner(ranked: &[Ranked<'_>]) -> Vec<Placed> {
    let at: HashMap<TaskId, usize> = ranked.iter().enumerate().map(|(at, (_, it))| (it.id(), at)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); ranked.len()];
    let mut roots = Vec::new();
    for (child, (_, task)) in ranked.iter().enumerate() {
        match task.parent().and_then(|parent| at.get(&parent)) {
            Some(&parent) if parent != child => children[parent].push(child),
            _ => roots.push(child),
        }
    }
    let mut placed = Vec::with_capacity(ranked.len());
    let mut seen = vec![false; ranked.len()];
    for root in roots.into_iter().chain(0..ranked.len()) {
        let mut stack = vec![(root, 0)];
        while let Some((at, depth)) = stack.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                placed.push(Placed { id: ranked[at].1.id(), depth });
                stack.extend(children[at].iter().rev().map(|child| (*child, depth + 1)));
            }
        }
    }
    placed
}
