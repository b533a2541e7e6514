//! `taskscope commands` and `taskscope values`

use super::fetch::{Attached, refused};
use crate::cli::Reading;
use crate::cli::calls::Values;
use crate::exit::{CommandError, Exit};
use crate::print::{Output, json, table, words};
use crate::rows::{Cell, Column};
use serde::Serialize;
use std::time::Duration;
use taskscope_model::Nanos;
use taskscope_model::codes::{CallOutcome, OfferKind};
use taskscope_model::request::{Answer, Evaluate, Evaluation, Subscribe};
use taskscope_model::task::By;
use taskscope_model::world::Names as _;

const TEXT: Column = Column::TEXT;

static COMMANDS: [Column; 4] = [
    Column { title: "COMMAND", worth: 250, ..TEXT },
    Column { title: "DOES", worth: 240, flexible: true, min_width: 10, ..TEXT },
    Column { title: "RUNTIME", worth: 50, ..TEXT },
    Column { title: "OFFERED AT", worth: 100, ..Column::PLACE },
];

static VALUES: [Column; 2] = [
    Column { title: "VALUE", worth: 250, ..TEXT },
    Column { title: "IS", worth: 240, flexible: true, min_width: 10, ..TEXT },
];

/// Beyond what the program needs for an answer.
const ON_THE_WAY: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Listing<'a> {
    process: json::Process<'a>,
    commands: Vec<Command<'a>>,
}

#[derive(Serialize)]
struct Command<'a> {
    name: &'a str,
    help: Option<&'a str>,
    runtime: Option<&'a str>,
    offered_at: Cell,
}

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    values: Vec<Value<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    name: &'a str,
    outcome: Option<String>,
    text: &'a str,
    cut_bytes: u64,
    took_ns: u64,
}

/// Lists the commands that the program offers.
pub(crate) fn commands(options: &Reading, out: &mut Output) -> Result<(), CommandError> {
    let mut attached = Attached::to(&options.target)?;
    attached.fetch(Subscribe { once: true, limit: 1, ..Subscribe::default() })?;
    let (hello, world) = (attached.session.hello(), attached.session.world());
    let offers: Vec<_> = world.offers().filter(|offer| offer.kind == OfferKind::COMMAND).collect();
    let source = hello.source;
    let commands: Vec<_> = offers
        .iter()
        .map(|offer| Command {
            name: &offer.name,
            help: Some(offer.help.as_str()).filter(|help| !help.is_empty()),
            runtime: offer.runtime.and_then(|id| world.runtime_name(By { source, id })),
            offered_at: offer
                .location
                .and_then(|id| world.location(By { source, id }))
                .map_or(Cell::Unknown, |location| Cell::Place(location.clone())),
        })
        .collect();
    if options.json {
        return Ok(out.json(&Listing { process: json::Process::of(hello), commands })?);
    }
    let who = words::harmless(&attached.name());
    if commands.is_empty() {
        return Ok(out.text(&format!("{who} offers no commands; taskscope_agent::command offers one\n"))?);
    }
    let text = |text: Option<&str>| Cell::of(text.map(str::to_owned), Cell::Text);
    let rows: Vec<Vec<Cell>> = commands
        .into_iter()
        .map(|it| vec![text(Some(it.name)), text(it.help), text(it.runtime), it.offered_at])
        .collect();
    let table = table::text(&COMMANDS.iter().collect::<Vec<_>>(), &rows, out.look());
    Ok(out.text(&format!("{who}\n\n{table}"))?)
}

/// Says what the program's own values are.
pub(crate) fn values(options: &Values, out: &mut Output) -> Result<Exit, CommandError> {
    let mut attached = Attached::to(&options.target)?;
    if attached.is_recording() {
        return Err(CommandError::WrongUse(
            "a recording has nobody who could be asked for values".to_owned(),
        ));
    }
    let (names, within) = (options.names.clone(), options.timeout);
    let patience = Duration::from_nanos(within.0).saturating_add(ON_THE_WAY);
    let asked = attached.ask(|number| Evaluate { number, names, within }.into())?;
    let values = match attached.next_answer_within(asked, patience)? {
        Some(Answer::Evaluated(evaluated)) => evaluated.values,
        Some(Answer::Denied(denied)) => return Err(refused(&denied)),
        _ => return Err(attached.silent().into()),
    };
    let exit = values.iter().map(exit).max().unwrap_or(Exit::Done);
    if options.json {
        let values = values.iter().map(|it| Value {
            name: &it.name,
            outcome: super::call::outcome(it.outcome),
            text: &it.text,
            cut_bytes: it.cut,
            took_ns: it.took.0,
        });
        let process = json::Process::of(attached.session.hello());
        out.json(&Report { process, values: values.collect() })?;
        return Ok(exit);
    }
    let who = words::harmless(&attached.name());
    if values.is_empty() {
        out.text(&format!("{who} offers no values; taskscope_agent::value offers one\n"))?;
        return Ok(exit);
    }
    let rows: Vec<Vec<Cell>> =
        values.iter().map(|it| vec![Cell::Text(it.name.clone()), Cell::Text(said(it))]).collect();
    let table = table::text(&VALUES.iter().collect::<Vec<_>>(), &rows, out.look());
    out.text(&format!("{who}\n\n{table}"))?;
    Ok(exit)
}

/// A value, or what there is to say instead.
fn said(value: &Evaluation) -> String {
    let mut text = match value.outcome {
        CallOutcome::RETURNED => value.text.clone(),
        CallOutcome::FAILED => format!("failed: {}", value.text),
        // The words say it themselves.
        _ => value.text.clone(),
    };
    if value.cut > 0 {
        text.push_str(&format!(" ... ({} more)", words::bytes(value.cut)));
    }
    let slow = Nanos(100_000_000);
    if value.took > slow && value.outcome == CallOutcome::RETURNED {
        text.push_str(&format!(" (took {})", value.took));
    }
    text
}

fn exit(value: &Evaluation) -> Exit {
    match value.outcome {
        CallOutcome::RETURNED => Exit::Done,
        CallOutcome::UNKNOWN_NAME => Exit::WrongUse,
        _ => Exit::Found,
    }
}
