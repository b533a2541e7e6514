//! One value of a row.

use taskscope_model::change::Location;
use taskscope_model::codes::Outcome;
use taskscope_model::{Nanos, Source, State, TaskId};

/// A typed value. How it is written is the business of whoever shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nobody can tell.
    Unknown,
    /// Words.
    Text(String),
    /// One of a few words.
    Word(&'static str),
    /// How many, or the number of something.
    Count(u64),
    /// How long.
    Span(Nanos),
    /// A part of a whole, in thousandths.
    Share(u16),
    /// Where in the source.
    Place(Location),
    /// What a task does.
    State(State),
    /// How a task ended; it may be that this is unknown.
    Outcome(Outcome),
    /// A task.
    Task(TaskId),
    /// Who saw it.
    Sources(Vec<Source>),
}

impl Cell {
    /// A value that may be unknown.
    pub(crate) fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
        value.map_or(Cell::Unknown, cell)
    }

    /// Words that may be unknown.
    pub(crate) fn text(value: Option<&str>) -> Cell {
        Self::of(value, |text| Cell::Text(text.to_owned()))
    }
}
