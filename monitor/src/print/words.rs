//! Values in words, for people.

use crate::rows::Cell;
use taskscope_model::change::Location;
use taskscope_model::codes::Outcome;

/// What stands for a value that nobody can tell.
pub(crate) const UNKNOWN: &str = "-";

/// A value as a person reads it. What a program may have put in is made harmless for a terminal.
pub(crate) fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Unknown => UNKNOWN.to_owned(),
        Cell::Text(text) => harmless(text),
        Cell::Word(word) => (*word).to_owned(),
        Cell::Count(count) => count.to_string(),
        Cell::Span(span) => span.to_string(),
        Cell::Share(share) => format!("{}.{}%", share / 10, share % 10),
        Cell::Place(location) => place(location),
        Cell::State(state) => state.to_string(),
        Cell::Outcome(outcome) => self::outcome(*outcome).to_owned(),
        Cell::Task(task) => task.to_string(),
        Cell::Sources(sources) => sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// `src/main.rs:12:5`.
pub(crate) fn place(location: &Location) -> String {
    harmless(&location.to_string())
}

/// How a task ended.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    outcome.name().unwrap_or("ended (tokio::spawn does not tell how)")
}

/// Control characters, which a terminal would obey, become blanks.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `1 task`, `2 tasks`.
pub(crate) fn count(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}
