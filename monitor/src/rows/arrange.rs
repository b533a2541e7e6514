//! Which tasks, in which order, how deep.

use super::{Shape, waits};
use taskscope_model::query::{Key, Takes, Value};
use taskscope_model::{Nanos, Order, Query, Task, TaskId, World};

/// How tasks are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// One below the other.
    Flat,
    /// Each below the task that spawned it. A task whose spawner is not among them stands at the top.
    BySpawner,
    /// Each below the task that it waits for: whose end it wants, or who has the lock that it wants.
    ByWaits,
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

/// The first ones of the tasks that match, and how many are left out.
pub(crate) fn first(world: &World, query: &Query, order: &Order, shape: Shape) -> (Vec<Placed>, u64) {
    if shape.arrangement == Arrangement::Flat && is_by_number(order) {
        return first_by_number(world, query, order, shape);
    }
    let mut ranked = matching(world, query, order, shape.ended);
    let limit = shape.limit.unwrap_or(usize::MAX).min(ranked.len());
    let left_out = (ranked.len() - limit) as u64;
    let compare = |a: &Ranked<'_>, b: &Ranked<'_>| order.compare((&a.0, a.1), (&b.0, b.1));
    let placed = match shape.arrangement {
        Arrangement::Flat => {
            if limit > 0 && limit < ranked.len() {
                ranked.select_nth_unstable_by(limit - 1, compare);
                ranked.truncate(limit);
            }
            ranked.sort_unstable_by(compare);
            ranked.iter().take(limit).map(|(_, task)| Placed { id: task.id(), depth: 0 }).collect()
        }
        Arrangement::BySpawner | Arrangement::ByWaits => {
            let mut in_order: Vec<_> = (0..ranked.len()).collect();
            in_order.sort_unstable_by(|a, b| compare(&ranked[*a], &ranked[*b]));
            let by_waits = shape.arrangement == Arrangement::ByWaits;
            let above = |task: &Task| if by_waits { waits::whom(task, world) } else { task.parent() };
            Tree::of(&ranked, &in_order, above).placed(limit)
        }
    };
    (placed, left_out)
}

fn is_by_number(order: &Order) -> bool {
    Key::named(order.key()).is_some_and(|key| matches!(key.takes, Takes::Number | Takes::Span))
}

/// The same for an order by a number or duration, in a few bytes a task: with very many tasks most of the time goes
/// into moving them about.
fn first_by_number(world: &World, query: &Query, order: &Order, shape: Shape) -> (Vec<Placed>, u64) {
    let now = world.now();
    let rank = |task: &Task| match order.rank(task, world, now) {
        // The largest first; what is unknown comes last either way.
        Some(Value::Number(n) | Value::Span(Nanos(n))) => {
            (false, if order.reverse() { n } else { u64::MAX - n })
        }
        _ => (true, 0),
    };
    let alive = |task: &&Task| shape.ended || task.ended().is_none();
    let matching = world.tasks().filter(alive).filter(|task| query.matches(task, world, now));
    let mut ranked: Vec<_> = matching.map(|task| (rank(task), task.id())).collect();
    let limit = shape.limit.unwrap_or(usize::MAX).min(ranked.len());
    let left_out = (ranked.len() - limit) as u64;
    if limit > 0 && limit < ranked.len() {
        ranked.select_nth_unstable(limit - 1);
    }
    ranked.truncate(limit);
    ranked.sort_unstable();
    (ranked.into_iter().map(|(_, id)| Placed { id, depth: 0 }).collect(), left_out)
}

/// By id, as the World walks them.
fn matching<'w>(world: &'w World, query: &Query, order: &Order, ended: bool) -> Vec<Ranked<'w>> {
    let now = world.now();
    world
        .tasks()
        .filter(|task| ended || task.ended().is_none())
        .filter(|task| query.matches(task, world, now))
        .map(|task| (order.rank(task, world, now), task))
        .collect()
}

/// Who stands below whom. Tasks are named by their place in the list by id.
struct Tree {
    ids: Vec<TaskId>,
    /// Those that stand below none of them, in order.
    roots: Vec<usize>,
    /// Of each task its first child, and of each child the next one; in order.
    first_child: Vec<Option<usize>>,
    next_sibling: Vec<Option<usize>>,
}

impl Tree {
    /// `ranked` is by id, `in_order` names its places in the order that siblings are to have.
    fn of(ranked: &[Ranked<'_>], in_order: &[usize], above: impl Fn(&Task) -> Option<TaskId>) -> Self {
        let ids: Vec<_> = ranked.iter().map(|(_, task)| task.id()).collect();
        let (mut first_child, mut next_sibling) = (vec![None; ids.len()], vec![None; ids.len()]);
        let mut roots = Vec::new();
        for &child in in_order.iter().rev() {
            let parent = above(ranked[child].1).and_then(|parent| ids.binary_search(&parent).ok());
            match parent.filter(|parent| *parent != child) {
                Some(parent) => next_sibling[child] = first_child[parent].replace(child),
                None => roots.push(child),
            }
        }
        roots.reverse();
        Self { ids, roots, first_child, next_sibling }
    }

    /// Depth first. A circle (tasks that wait for each other; of spawners only a broken source tells one) is cut at
    /// one of them.
    fn placed(&self, limit: usize) -> Vec<Placed> {
        let mut placed = Vec::with_capacity(limit);
        let mut seen = vec![false; self.ids.len()];
        for root in self.roots.iter().copied().chain(0..self.ids.len()) {
            let mut stack = vec![(root, 0)];
            while let Some((at, depth)) = stack.pop() {
                if placed.len() == limit {
                    return placed;
                }
                if std::mem::replace(&mut seen[at], true) {
                    continue;
                }
                placed.push(Placed { id: self.ids[at], depth });
                stack.extend(self.next_sibling[at].filter(|_| depth > 0).map(|sibling| (sibling, depth)));
                stack.extend(self.first_child[at].map(|child| (child, depth + 1)));
            }
        }
        placed
    }
}

#[cfg(test)]
mod tests;
