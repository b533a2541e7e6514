//! The keys of the query language: one table for filters, sorting, completion and messages.

use crate::codes::{Outcome, TaskKind};
use crate::ids::TaskId;
use crate::task::{State, Task};
use crate::time::{At, Nanos};
use crate::world::Names;

/// A property of a task by which one can filter, sort, or both.
pub struct Key {
    /// Its name in a query and after `--sort`.
    pub name: &'static str,
    /// What may stand on the other side.
    pub takes: Takes,
    /// The task's value now; `None` if it is unknown.
    pub value: fn(&Task, &dyn Names, At) -> Option<Value>,
}

/// Tables are compared by name.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.name)
    }
}

/// What may stand on the other side of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Any text: it has to stand in the value.
    Text,
    /// A whole number.
    Number,
    /// A duration with a unit.
    Span,
    /// A task's id.
    Task,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Some text.
    Text(String),
    /// A count or a number of something.
    Number(u64),
    /// A duration.
    Span(Nanos),
    /// A task.
    Task(TaskId),
    /// One of a few words.
    Choice(&'static str),
}

const STATES: &[&str] =
    &[State::Running.name(), State::Scheduled.name(), State::Idle.name(), State::Ended.name()];

const OUTCOMES: &[&str] = &["unknown", "completed", "failed", "cancelled", "panicked", "shutdown"];

const KINDS: &[&str] = &["async", "block_on", "local", "blocking", "command"];

/// One word for each outcome, so that it can stand in a query.
fn outcome_word(outcome: Option<Outcome>) -> &'static str {
    outcome.and_then(|it| OUTCOMES.get(usize::from(it.0)).copied()).unwrap_or(OUTCOMES[0])
}

/// Every key.
pub const KEYS: &[Key] = &[
    Key { name: "id", takes: Takes::Task, value: |task, _, _| Some(Value::Task(task.id())) },
    Key { name: "name", takes: Takes::Text, value: |task, _, _| task.name().map(text) },
    Key {
        name: "state",
        takes: Takes::Choice(STATES),
        value: |task, _, _| task.state().map(|it| Value::Choice(it.name())),
    },
    Key {
        name: "outcome",
        takes: Takes::Choice(OUTCOMES),
        value: |task, _, _| task.ended().map(|_| Value::Choice(outcome_word(task.outcome()))),
    },
    Key { name: "future", takes: Takes::Text, value: |task, _, _| task.future().map(text) },
    Key {
        name: "location",
        takes: Takes::Text,
        value: |task, names, _| names.location_text(task.location()?).map(|it| Value::Text(it.into_owned())),
    },
    Key {
        name: "runtime",
        takes: Takes::Text,
        value: |task, names, _| names.runtime_name(task.runtime()?).map(text),
    },
    Key {
        name: "worker",
        takes: Takes::Number,
        value: |task, _, _| task.worker().map(|it| Value::Number(it.0.into())),
    },
    Key {
        name: "task_kind",
        takes: Takes::Choice(KINDS),
        value: |task, _, _| task.kind().and_then(TaskKind::name).map(Value::Choice),
    },
    Key { name: "parent", takes: Takes::Task, value: |task, _, _| task.parent().map(Value::Task) },
    Key { name: "polls", takes: Takes::Number, value: |task, _, _| task.polls().map(Value::Number) },
    Key { name: "busy", takes: Takes::Span, value: |task, _, now| task.busy(now).map(Value::Span) },
    Key { name: "scheduled", takes: Takes::Span, value: |task, _, now| task.scheduled(now).map(Value::Span) },
    Key { name: "idle", takes: Takes::Span, value: |task, _, now| task.idle(now).map(Value::Span) },
    Key { name: "total", takes: Takes::Span, value: |task, _, now| task.total(now).map(Value::Span) },
    Key { name: "max_poll", takes: Takes::Span, value: |task, _, now| task.max_poll(now).map(Value::Span) },
    Key { name: "age", takes: Takes::Span, value: |task, _, now| task.age(now).map(Value::Span) },
    Key {
        name: "last_poll",
        takes: Takes::Span,
        value: |task, _, now| task.since_last_poll(now).map(Value::Span),
    },
];

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

impl Key {
    /// The key of that name.
    pub fn named(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Whether its value changes while nothing happens to the task.
    pub(super) fn drifts(&self) -> bool {
        matches!(self.name, "scheduled" | "idle" | "total" | "age" | "last_poll")
    }

    /// The names of all keys, for a message.
    pub fn list() -> String {
        KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
    }
}
