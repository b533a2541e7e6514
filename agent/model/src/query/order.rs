//! The order of tasks.

use super::key::{Key, Takes, Value};
use crate::ids::TaskId;
use crate::task::Task;
use crate::time::At;
use crate::world::Names;
use std::cmp::Ordering;

/// An order of tasks. Numbers and durations: the largest first; texts and ids: the smallest first. Unknown
/// values come last either way, and equal ones are ordered by id, so that rows do not jump.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    key: &'static Key,
    reverse: bool,
}

/// There is no such sort key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is no sort key; there are {}", Key::list())]
pub struct WrongOrder {
    key: String,
}

impl Default for Order {
    /// By id.
    fn default() -> Self {
        Self { key: &super::KEYS[0], reverse: false }
    }
}

impl Order {
    /// The order of that key; the empty text is the order by id.
    ///
    /// # Errors
    /// There is no such key.
    pub fn parse(key: &str, reverse: bool) -> Result<Self, WrongOrder> {
        if key.is_empty() {
            return Ok(Self { reverse, ..Self::default() });
        }
        let key = Key::named(key).ok_or_else(|| WrongOrder { key: key.to_owned() })?;
        Ok(Self { key, reverse })
    }

    /// The name of its key.
    pub fn key(&self) -> &'static str {
        self.key.name
    }

    /// Whether it is turned round.
    pub fn reverse(&self) -> bool {
        self.reverse
    }

    /// The value by which a task is placed; computed once a task, not once a comparison.
    pub fn rank(&self, task: &Task, names: &dyn Names, now: At) -> Option<Value> {
        (self.key.value)(task, names, now)
    }

    /// Compares two tasks by their [`rank`](Self::rank)s and ids.
    pub fn compare(&self, a: (&Option<Value>, &Task), b: (&Option<Value>, &Task)) -> Ordering {
        self.compare_ranked((a.0, a.1.id()), (b.0, b.1.id()))
    }

    /// The same for tasks that are no longer at hand.
    pub fn compare_ranked(&self, a: (&Option<Value>, TaskId), b: (&Option<Value>, TaskId)) -> Ordering {
        let by_value = match (a.0, b.0) {
            (Some(a), Some(b)) => self.directed(compare_values(a, b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_value.then_with(|| a.1.cmp(&b.1))
    }

    fn directed(&self, order: Ordering) -> Ordering {
        let largest_first = matches!(self.key.takes, Takes::Number | Takes::Span);
        if largest_first != self.reverse { order.reverse() } else { order }
    }

    /// Sorts tasks.
    pub fn sort(&self, tasks: &mut [&Task], names: &dyn Names, now: At) {
        let mut ranked: Vec<_> = tasks.iter().map(|task| (self.rank(task, names, now), *task)).collect();
        ranked.sort_unstable_by(|a, b| self.compare((&a.0, a.1), (&b.0, b.1)));
        for (place, (_, task)) in tasks.iter_mut().zip(ranked) {
            *place = task;
        }
    }
}

fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Span(a), Value::Span(b)) => a.cmp(b),
        (Value::Task(a), Value::Task(b)) => a.cmp(b),
        (Value::Choice(a), Value::Choice(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
