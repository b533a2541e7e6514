//! `taskscope resources` and `taskscope resource`

use super::fetch::Attached;
use crate::cli::Target;
use crate::cli::resources::{Resource, Resources};
use crate::exit::CommandError;
use crate::print::{Output, headline, json, table, words};
use crate::rows::resources::{self, OperationRow, ResourceRow, Shown, state};
use crate::rows::{Cell, Column};
use crate::source::one_line;
use serde::Serialize;
use std::fmt::Display;
use taskscope_model::change::Attribute;
use taskscope_model::codes::Seen;
use taskscope_model::request::Subscribe;
use taskscope_model::{ResourceId, World};

/// Tasks that one line names.
const MOST_TASKS: usize = 6;

const NUMBER: Column = Column::NUMBER;
const TEXT: Column = Column::TEXT;

static RESOURCES: [Column; 8] = [
    Column { title: "ID", worth: 250, ..NUMBER },
    Column { title: "TYPE", worth: 240, ..TEXT },
    Column { title: "OPERATIONS", worth: 30, ..NUMBER },
    Column { title: "WAITING", worth: 200, ..TEXT },
    Column { title: "TOTAL", worth: 60, ..NUMBER },
    Column { title: "PART OF", worth: 10, ..NUMBER },
    Column { title: "MADE AT", worth: 150, ..Column::PLACE },
    Column { title: "STATE", worth: 100, flexible: true, min_width: 10, ..TEXT },
];

static OPERATIONS: [Column; 8] = [
    Column { title: "ID", worth: 50, ..NUMBER },
    Column { title: "DOES", worth: 240, ..TEXT },
    Column { title: "TASK", worth: 230, ..NUMBER },
    Column { title: "STATE", worth: 220, ..TEXT },
    Column { title: "POLLS", worth: 40, ..NUMBER },
    Column { title: "LAST POLL", worth: 60, ..NUMBER },
    Column { title: "TOTAL", worth: 80, ..NUMBER },
    Column { title: "WITH", worth: 70, flexible: true, min_width: 8, ..TEXT },
];

#[derive(Serialize)]
struct List<'a> {
    process: json::Process<'a>,
    coverage: json::Coverage<'a>,
    resources: Vec<One<'a>>,
}

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    resource: One<'a>,
    operations: Vec<Done<'a>>,
}

/// A resource in JSON.
#[derive(Serialize)]
struct One<'a> {
    id: String,
    #[serde(rename = "type")]
    type_name: Option<&'a str>,
    class: Option<&'a str>,
    internal: bool,
    part_of: Option<String>,
    made_at: Option<json::Place<'a>>,
    state: Vec<Part<'a>>,
    operations: u64,
    waiting: Vec<String>,
    total_ns: Option<u64>,
    dropped: bool,
}

/// An operation in JSON.
#[derive(Serialize)]
struct Done<'a> {
    id: String,
    resource: String,
    source: Option<&'a str>,
    part_of: Option<String>,
    task: Option<String>,
    state: &'static str,
    polls: Option<u64>,
    last_poll_ns_ago: Option<u64>,
    total_ns: Option<u64>,
    #[serde(rename = "with")]
    attributes: Vec<Part<'a>>,
}

/// A part of a state in JSON.
#[derive(Serialize)]
struct Part<'a> {
    name: &'a str,
    value: &'a str,
    unit: Option<&'a str>,
}

/// Lists what there is.
pub(crate) fn resources(options: &Resources, out: &mut Output) -> Result<(), CommandError> {
    let mut attached = Attached::to(&options.target)?;
    attached.fetch(Subscribe { once: true, limit: 1, ..Subscribe::default() })?;
    let (hello, world) = (attached.session.hello(), attached.session.world());
    let rows = resources::resources(world, Shown { internal: options.internal, dropped: options.dropped });
    if options.json {
        let (process, coverage) = (json::Process::of(hello), json::coverage(world));
        return Ok(out.json(&List { process, coverage, resources: rows.iter().map(One::of).collect() })?);
    }
    let head = headline::headline(hello, world, 0, attached.is_recording());
    let text = match rows.is_empty() {
        true => why_none(world),
        false => table::text(
            &RESOURCES.iter().collect::<Vec<_>>(),
            &rows.iter().map(cells).collect::<Vec<_>>(),
            out.look(),
        ),
    };
    Ok(out.text(&format!("{head}\n{text}"))?)
}

/// Shows one of them.
pub(crate) fn resource(options: &Resource, out: &mut Output) -> Result<(), CommandError> {
    let (target, id) = named(options)?;
    let mut attached = Attached::to(&target)?;
    attached.fetch(Subscribe { once: true, limit: 1, ..Subscribe::default() })?;
    let world = attached.session.world();
    let Some(row) = resources::resource(world, id) else {
        return Err(CommandError::NoSuchTask(format!(
            "there is no resource {id} in {}; `taskscope resources` lists those there are",
            attached.name()
        )));
    };
    let operations = resources::operations(world, row.key);
    if options.json {
        let process = json::Process::of(attached.session.hello());
        let operations = operations.iter().map(Done::of).collect();
        return Ok(out.json(&Report { process, resource: One::of(&row), operations })?);
    }
    let mut text = format!("{}\n{}", attached.name(), about(&row));
    if !operations.is_empty() {
        text.push('\n');
        let rows: Vec<_> = operations.iter().map(operation_cells).collect();
        text.push_str(&table::text(&OPERATIONS.iter().collect::<Vec<_>>(), &rows, out.look()));
    }
    Ok(out.text(&text)?)
}

fn named(options: &Resource) -> Result<(Target, ResourceId), CommandError> {
    let (target, id) = match &options.words[..] {
        [id] => (None, id),
        [target, id] => (Some(target.clone()), id),
        _ => {
            let why = "`resource` is about one: taskscope resource [TARGET] ID";
            return Err(CommandError::WrongUse(why.to_owned()));
        }
    };
    let Ok(number) = id.parse() else {
        let why = format!("`{id}` is no resource's id: `taskscope resources` lists them");
        return Err(CommandError::WrongUse(one_line(&why)));
    };
    Ok((Target { target, token_file: options.token_file.clone() }, ResourceId(number)))
}

/// Why there is no row.
fn why_none(world: &World) -> String {
    match world.coverage_of("resources") {
        Some(coverage) if coverage.seen == Seen::NO => {
            one_line(&format!("resources are not seen: {}", coverage.why)) + "\n"
        }
        Some(_) => "there is no lock, semaphore, timer or channel that is seen\n".to_owned(),
        None => "resources are seen only through console-subscriber (http://HOST:PORT)\n".to_owned(),
    }
}

fn cells(row: &ResourceRow) -> Vec<Cell> {
    vec![
        Cell::Count(row.key.id.0),
        Cell::Text(row.type_name.clone()),
        Cell::Count(row.operations),
        waiting(row).map_or(Cell::Unknown, Cell::Text),
        Cell::of(row.total, Cell::Span),
        Cell::of(row.parent, |parent| Cell::Count(parent.0)),
        Cell::of(row.location.clone(), Cell::Place),
        Cell::Text(if row.dropped { "dropped".to_owned() } else { state(&row.attributes) }),
    ]
}

/// The tasks that wait, as many as a line takes; `None` if none does.
fn waiting(row: &ResourceRow) -> Option<String> {
    let named: Vec<_> = row.waiting.iter().take(MOST_TASKS).map(ToString::to_string).collect();
    match row.waiting.len().saturating_sub(MOST_TASKS) {
        _ if named.is_empty() => None,
        0 => Some(named.join(" ")),
        more => Some(format!("{} and {more} more", named.join(" "))),
    }
}

fn operation_cells(row: &OperationRow) -> Vec<Cell> {
    vec![
        Cell::Count(row.id.0),
        Cell::Text(row.source.clone()),
        Cell::of(row.task, Cell::Task),
        Cell::Word(row.state.name()),
        Cell::of(row.polls, Cell::Count),
        Cell::of(row.since_poll, Cell::Span),
        Cell::of(row.total, Cell::Span),
        Cell::Text(state(&row.attributes)),
    ]
}

fn about(row: &ResourceRow) -> String {
    let mut lines = vec![format!("{} {}", row.type_name, row.key.id)];
    let mut line = |what: &str, value: String| lines.push(format!("{what:<9} {value}"));
    if let Some(location) = &row.location {
        line("made at", words::place(location));
    }
    if let Some(parent) = row.parent {
        line("part of", format!("resource {parent}"));
    }
    if !row.attributes.is_empty() {
        line("state", state(&row.attributes));
    }
    if let Some(total) = row.total {
        match row.dropped {
            true => line("dropped", format!("after {total}")),
            false => line("alive", format!("for {total}")),
        }
    }
    line("waiting", waiting(row).unwrap_or_else(|| "nobody".to_owned()));
    let harmless: Vec<_> = lines.iter().map(|line| words::harmless(line)).collect();
    harmless.join("\n") + "\n"
}

impl<'a> Part<'a> {
    fn of(attribute: &'a Attribute) -> Self {
        Self { name: &attribute.name, value: &attribute.value, unit: known(&attribute.unit) }
    }
}

impl<'a> One<'a> {
    fn of(row: &'a ResourceRow) -> Self {
        Self {
            id: row.key.id.to_string(),
            type_name: known(&row.type_name),
            class: known(&row.class),
            internal: row.internal,
            part_of: text(row.parent),
            made_at: row.location.as_ref().map(json::Place::of),
            state: parts(&row.attributes),
            operations: row.operations,
            waiting: row.waiting.iter().map(ToString::to_string).collect(),
            total_ns: row.total.map(|total| total.0),
            dropped: row.dropped,
        }
    }
}

impl<'a> Done<'a> {
    fn of(row: &'a OperationRow) -> Self {
        Self {
            id: row.id.to_string(),
            resource: row.resource.to_string(),
            source: known(&row.source),
            part_of: text(row.parent),
            task: text(row.task),
            state: row.state.name(),
            polls: row.polls,
            last_poll_ns_ago: row.since_poll.map(|since| since.0),
            total_ns: row.total.map(|total| total.0),
            attributes: parts(&row.attributes),
        }
    }
}

fn parts(attributes: &[Attribute]) -> Vec<Part<'_>> {
    attributes.iter().map(Part::of).collect()
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn text(value: Option<impl Display>) -> Option<String> {
    value.map(|value| value.to_string())
}
