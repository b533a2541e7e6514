//! JSON, as scripts rely on it: durations are whole nanoseconds, ids are strings, unknown is `null`.

use crate::rows::findings::FindingRow;
use crate::rows::{Cell, Column};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use taskscope_model::World;
use taskscope_model::change::Location;
use taskscope_model::hello::Hello;

/// Which program.
#[derive(Serialize)]
pub(crate) struct Process<'a> {
    /// Of a console-subscriber elsewhere nobody knows it.
    pid: Option<u32>,
    program: &'a str,
}

impl<'a> Process<'a> {
    pub(crate) fn of(hello: &'a Hello) -> Self {
        Self::named(&hello.program, hello.pid)
    }

    /// The program of that name; a pid of 0 is not known.
    pub(crate) fn named(program: &'a str, pid: u32) -> Self {
        Self { pid: Some(pid).filter(|pid| *pid > 0), program }
    }
}

/// What is seen of each topic.
pub(crate) type Coverage<'a> = BTreeMap<&'a str, Topic<'a>>;

/// What is seen of one topic.
#[derive(Serialize)]
pub(crate) struct Topic<'a> {
    seen: Option<&'static str>,
    why: Option<&'a str>,
    remedy: Option<&'a str>,
}

/// What the strongest source can see of each topic.
pub(crate) fn coverage(world: &World) -> Coverage<'_> {
    let words = |text: &'_ str| -> bool { !text.is_empty() };
    let mut topics = Coverage::new();
    for (_, it) in world.coverage() {
        let why = Some(it.why.as_str()).filter(|text| words(text));
        let remedy = Some(it.remedy.as_str()).filter(|text| words(text));
        topics.entry(&it.topic).or_insert(Topic { seen: it.seen.name(), why, remedy });
    }
    topics
}

/// A row as an object with a key for each column.
pub(crate) struct Object<'a> {
    pub(crate) columns: &'a [&'static Column],
    pub(crate) cells: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            map.serialize_entry(column.json, cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Unknown => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Word(word) => serializer.serialize_str(word),
            Cell::Count(count) => serializer.serialize_u64(*count),
            Cell::Span(span) => serializer.serialize_u64(span.0),
            Cell::Share(thousandths) => serializer.serialize_f64(f64::from(*thousandths) / 1000.0),
            Cell::Place(location) => Place::of(location).serialize(serializer),
            Cell::State(state) => serializer.serialize_str(state.name()),
            Cell::Outcome(outcome) => outcome.name().serialize(serializer),
            Cell::Task(task) => serializer.collect_str(task),
            Cell::Sources(sources) => serializer.collect_seq(sources.iter().map(|source| source.name())),
        }
    }
}

/// A source location.
#[derive(Serialize)]
pub(crate) struct Place<'a> {
    file: &'a str,
    line: u32,
    /// Debug information tells no columns of awaits.
    column: Option<u32>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(location: &'a Location) -> Self {
        Self {
            file: &location.file,
            line: location.line,
            column: Some(location.column).filter(|column| *column > 0),
        }
    }
}

/// The same, owned.
pub(crate) struct OwnPlace(pub(crate) Location);

impl Serialize for OwnPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Place::of(&self.0).serialize(serializer)
    }
}

/// A finding.
#[derive(Serialize)]
pub(crate) struct Finding<'a> {
    kind: &'static str,
    severity: &'static str,
    message: &'a str,
    advice: Option<&'a str>,
    tasks: Vec<String>,
    location: Option<Place<'a>>,
    count: u64,
    since_ns_ago: u64,
    evidence: &'a [String],
}

impl<'a> Finding<'a> {
    pub(crate) fn of(row: &'a FindingRow) -> Self {
        Self {
            kind: row.kind.name(),
            severity: row.severity.name(),
            message: &row.message,
            advice: Some(row.advice.as_str()).filter(|text| !text.is_empty()),
            tasks: row.tasks.iter().map(ToString::to_string).collect(),
            location: row.location.as_ref().map(Place::of),
            count: row.count,
            since_ns_ago: row.since.0,
            evidence: &row.evidence,
        }
    }
}
