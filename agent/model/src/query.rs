//! The query language, and the order of tasks. Parsed once; the same for `ps`, the TUI and the agent.
//!
//! ```text
//! query  = term*                       all terms must match
//! term   = ["-"] ( word | key op value )
//! op     = ":" | "=" | ">" | ">=" | "<" | "<="
//! word   = text without blanks, or "text with blanks"
//! ```
//! A word matches the name, future or location of a task if it stands in it, or the id if it is equal to it;
//! upper and lower case are the same. A value the task does not have matches no term, so its negation does.

mod key;
mod order;
mod parse;

pub use key::{KEYS, Key, Takes, Value};
pub use order::{Order, WrongOrder};
pub use parse::QueryError;

use crate::ids::TaskId;
use crate::task::Task;
use crate::time::At;
use crate::world::Names;

/// A parsed query. The default matches every task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// In lower case.
    Word { text: String, id: Option<TaskId> },
    /// A key's value stands in this relation to that one.
    Key { key: &'static Key, relation: Relation, value: Value },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Is,
    More,
    AtLeast,
    Less,
    AtMost,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Points at the place that is wrong, and says what could stand there.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text).map(|terms| Self { terms })
    }

    /// How many terms it has.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether it has no term, and so matches every task.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether every task matches.
    pub fn matches_all(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a task may begin or cease to match by the passing of time alone.
    pub fn depends_on_time(&self) -> bool {
        self.terms.iter().any(|term| matches!(&term.test, Test::Key { key, .. } if key.drifts()))
    }

    /// Whether a task matches now.
    pub fn matches(&self, task: &Task, names: &impl Names, now: At) -> bool {
        self.terms.iter().all(|term| term.test.holds(task, names, now) != term.negated)
    }
}

impl Test {
    fn holds(&self, task: &Task, names: &impl Names, now: At) -> bool {
        match self {
            Test::Word { text, id } => *id == Some(task.id()) || word_stands_in(text, task, names),
            Test::Key { key, relation, value } => {
                (key.value)(task, names, now).is_some_and(|actual| relation.holds(&actual, value))
            }
        }
    }
}

fn word_stands_in(word: &str, task: &Task, names: &impl Names) -> bool {
    let stands_in = |text: &str| contains_ignoring_case(text, word);
    task.name().is_some_and(stands_in)
        || task.future().is_some_and(stands_in)
        || task.location().and_then(|it| names.location_text(it)).is_some_and(|text| stands_in(&text))
}

/// `word` is in lower case already. Nearly all texts are ASCII, and then nothing is allocated.
fn contains_ignoring_case(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let Some(first) = word.as_bytes().first() else { return true };
    text.as_bytes()
        .windows(word.len())
        .any(|part| part[0].to_ascii_lowercase() == *first && part.eq_ignore_ascii_case(word.as_bytes()))
}

impl Relation {
    fn holds(self, actual: &Value, wanted: &Value) -> bool {
        let order = match (actual, wanted) {
            (Value::Text(actual), Value::Text(wanted)) => return contains_ignoring_case(actual, wanted),
            (Value::Number(actual), Value::Number(wanted)) => actual.cmp(wanted),
            (Value::Span(actual), Value::Span(wanted)) => actual.cmp(wanted),
            (Value::Task(actual), Value::Task(wanted)) => actual.cmp(wanted),
            (Value::Choice(actual), Value::Choice(wanted)) => return actual == wanted,
            _ => return false,
        };
        match self {
            Relation::Is => order.is_eq(),
            Relation::More => order.is_gt(),
            Relation::AtLeast => order.is_ge(),
            Relation::Less => order.is_lt(),
            Relation::AtMost => order.is_le(),
        }
    }
}

#[cfg(test)]
mod tests;
