//! Which tasks, in which order, how deep.

use super::{Shape, waits};
use std::cmp::Ordering;
use std::collections::HashMap;
use taskscope_model::query::Value;
use taskscope_model::task::By;
use taskscope_model::{At, LocationId, Nanos, Order, Query, Task, TaskId, World};

/// The name of the order by spawn location.
const BY_PLACE: &str = "location";

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

/// The first ones of the tasks that match, and how many are left out.
pub(crate) fn first(world: &World, query: &Query, order: &Order, shape: Shape) -> (Vec<Placed>, u64) {
    let mut search = Search::new(world, query, order, shape);
    search.look(world, usize::MAX);
    search.placed()
}

/// The same of some tasks.
pub(crate) fn first_of(
    world: &World,
    tasks: &[TaskId],
    query: &Query,
    order: &Order,
    shape: Shape,
) -> (Vec<Placed>, u64) {
    let mut search = Search::new(world, query, order, shape);
    search.note(world, tasks.iter().filter_map(|id| world.task(*id)));
    search.placed()
}

/// A look at all tasks that goes on for as long as one likes: with very many of them it is done in pieces, so that
/// nobody waits for all of it. What drifts with the time is as of its beginning.
#[derive(Debug)]
pub(crate) struct Search {
    query: Query,
    order: Order,
    shape: Shape,
    now: At,
    /// Those that are still to be looked at begin here; `None`: there are none.
    next: Option<TaskId>,
    /// Those that match so far, by id.
    found: Vec<Found>,
    /// The words by which they are ordered, each with a number: very many tasks have few of them.
    words: HashMap<String, u64>,
    /// Where they are ordered by it, the rank of each spawn location: its text is asked for once.
    places: HashMap<Option<By<LocationId>>, (bool, u64)>,
}

/// A task that matches, and by what it is placed: a few bytes. With very many tasks most of the time goes into moving
/// them about.
#[derive(Debug)]
struct Found {
    /// What is unknown comes last. Of words their number, until all are known.
    rank: (bool, u64),
    id: TaskId,
    /// The task below which it stands, if that is among them.
    above: Option<TaskId>,
}

impl Search {
    /// Nothing has been looked at yet.
    pub(crate) fn new(world: &World, query: &Query, order: &Order, shape: Shape) -> Self {
        let (query, order, next) = (query.clone(), order.clone(), Some(TaskId(0)));
        let (found, words, places) = (Vec::new(), HashMap::new(), HashMap::new());
        Self { query, order, shape, now: world.now(), next, found, words, places }
    }

    /// Looks at so many more tasks; says whether all have been looked at.
    pub(crate) fn look(&mut self, world: &World, most: usize) -> bool {
        let Some(next) = self.next else { return true };
        let mut tasks = world.tasks_from(next);
        self.note(world, tasks.by_ref().take(most));
        self.next = tasks.next().map(Task::id);
        self.next.is_none()
    }

    fn note<'w>(&mut self, world: &World, tasks: impl Iterator<Item = &'w Task>) {
        let ended = self.shape.ended;
        for task in tasks.filter(|task| ended || task.ended().is_none()) {
            if self.query.matches(task, world, self.now) {
                let above = match self.shape.arrangement {
                    Arrangement::Flat => None,
                    Arrangement::BySpawner => task.parent(),
                    Arrangement::ByWaits => waits::whom(task, world),
                };
                let rank = self.rank(task, world);
                self.found.push(Found { rank, id: task.id(), above });
            }
        }
    }

    fn rank(&mut self, task: &Task, world: &World) -> (bool, u64) {
        if self.order.key() != BY_PLACE {
            return self.rank_by_value(task, world);
        }
        let place = task.location();
        if let Some(rank) = self.places.get(&place) {
            return *rank;
        }
        let rank = self.rank_by_value(task, world);
        self.places.insert(place, rank);
        rank
    }

    fn rank_by_value(&mut self, task: &Task, world: &World) -> (bool, u64) {
        match self.order.rank(task, world, self.now) {
            // Of numbers the largest comes first.
            Some(Value::Number(n) | Value::Span(Nanos(n))) => (false, directed(n, !self.order.reverse())),
            Some(Value::Task(id)) => (false, directed(id.0, self.order.reverse())),
            Some(Value::Text(word)) => (false, self.number(word)),
            Some(Value::Choice(word)) => (false, self.number(word.to_owned())),
            None => (true, 0),
        }
    }

    fn number(&mut self, word: String) -> u64 {
        let next = self.words.len() as u64;
        *self.words.entry(word).or_insert(next)
    }

    /// The first ones of those found, and how many are left out.
    pub(crate) fn placed(mut self) -> (Vec<Placed>, u64) {
        self.rank_words();
        let Self { shape, mut found, .. } = self;
        let compare = |a: &Found, b: &Found| (a.rank, a.id).cmp(&(b.rank, b.id));
        let limit = shape.limit.unwrap_or(usize::MAX).min(found.len());
        let left_out = (found.len() - limit) as u64;
        if shape.arrangement != Arrangement::Flat {
            return (Tree::of(&found).placed(limit, |a, b| compare(&found[*a], &found[*b])), left_out);
        }
        let first = sort_first(&mut found, limit, compare);
        (first.iter().map(|it| Placed { id: it.id, depth: 0 }).collect(), left_out)
    }

    /// In place of each word's number its place among all of them. In a flat list no row is left for words behind as many
    /// as there are rows: those are not put in order.
    fn rank_words(&mut self) {
        let limit = self.shape.limit.filter(|_| self.shape.arrangement == Arrangement::Flat);
        let reverse = self.order.reverse();
        let mut words: Vec<_> = self.words.iter().collect();
        let mut places = vec![u64::MAX; words.len()];
        let first =
            sort_first(
                &mut words,
                limit.unwrap_or(usize::MAX),
                |a, b| {
                    if reverse { b.cmp(a) } else { a.cmp(b) }
                },
            );
        for (place, (_, number)) in first.iter().enumerate() {
            places[**number as usize] = place as u64;
        }
        if !places.is_empty() {
            let known = self.found.iter_mut().filter(|found| !found.rank.0);
            known.for_each(|found| found.rank.1 = places[found.rank.1 as usize]);
        }
    }
}

fn directed(n: u64, reverse: bool) -> u64 {
    if reverse { u64::MAX - n } else { n }
}

/// The first so many of them in order: more are not put in order.
fn sort_first<T>(items: &mut [T], limit: usize, compare: impl Fn(&T, &T) -> Ordering) -> &mut [T] {
    let limit = limit.min(items.len());
    if 0 < limit && limit < items.len() {
        items.select_nth_unstable_by(limit - 1, &compare);
    }
    let first = &mut items[..limit];
    first.sort_unstable_by(compare);
    first
}

/// Who stands below whom. Tasks are named by their place in the list by id.
struct Tree {
    ids: Vec<TaskId>,
    /// Those that stand below none of them, then the children of the first task, those of the second, and so on.
    below: Vec<usize>,
    /// Where in `below` the children of each task begin, and where those of the last one end.
    begins: Vec<usize>,
}

impl Tree {
    fn of(found: &[Found]) -> Self {
        let ids: Vec<_> = found.iter().map(|it| it.id).collect();
        // Ids are nearly sequential: it is mostly where it would be without gaps.
        let first = ids.first().map_or(0, |id| id.0);
        let place = |id: TaskId| {
            let guess = usize::try_from(id.0.wrapping_sub(first)).ok();
            guess.filter(|at| ids.get(*at) == Some(&id)).or_else(|| ids.binary_search(&id).ok())
        };
        // The roots are the children of no task: place 0.
        let parent = |at: usize| {
            let above = found[at].above.and_then(place).filter(|above| *above != at);
            above.map_or(0, |above| above + 1)
        };
        let parents: Vec<_> = (0..ids.len()).map(parent).collect();
        let mut begins = vec![0; ids.len() + 2];
        parents.iter().for_each(|parent| begins[parent + 1] += 1);
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let (mut below, mut next) = (vec![0; ids.len()], begins.clone());
        for (at, parent) in parents.iter().enumerate() {
            below[next[*parent]] = at;
            next[*parent] += 1;
        }
        Self { ids, below, begins }
    }

    /// Depth first. Only those that are placed are put in order. A circle (tasks that wait for each other; of
    /// spawners only a broken source tells one) is cut at one of them.
    fn placed(mut self, limit: usize, compare: impl Fn(&usize, &usize) -> Ordering) -> Vec<Placed> {
        let mut placed: Vec<Placed> = Vec::with_capacity(limit);
        let mut seen = vec![false; self.ids.len()];
        let roots = self.children(0, limit, &compare);
        for root in roots.into_iter().chain(0..self.ids.len()) {
            let mut stack = vec![(root, 0)];
            while let Some((at, depth)) = stack.pop() {
                if placed.len() == limit {
                    return placed;
                }
                if std::mem::replace(&mut seen[at], true) {
                    continue;
                }
                placed.push(Placed { id: self.ids[at], depth });
                let children = self.children(at + 1, limit - placed.len(), &compare);
                stack.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
            }
        }
        placed
    }

    /// The first children of a task, or the first roots.
    fn children(
        &mut self,
        of: usize,
        limit: usize,
        compare: &impl Fn(&usize, &usize) -> Ordering,
    ) -> Vec<usize> {
        let all = &mut self.below[self.begins[of]..self.begins[of + 1]];
        sort_first(all, limit, compare).to_vec()
    }
}

#[cfg(test)]
mod tests;
