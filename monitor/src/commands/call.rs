//! `taskscope call`

use super::fetch::{Attached, refused};
use crate::cli::calls::Call;
use crate::exit::{CommandError, Exit};
use crate::print::{self, Output, json, words};
use crate::source::one_line;
use serde::Serialize;
use std::time::Duration;
use taskscope_model::codes::CallOutcome;
use taskscope_model::request::{Answer, Called, Execute};

/// Beyond what the program needs for an answer.
const ON_THE_WAY: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    command: &'a str,
    task: Option<String>,
    outcome: Option<String>,
    text: &'a str,
    cut_bytes: u64,
    took_ns: u64,
}

/// Has the program run a command of its own, and says what came of it.
pub(crate) fn call(options: &Call, out: &mut Output) -> Result<Exit, CommandError> {
    let (target, name, arguments) = options.target_name_and_arguments();
    let mut attached = Attached::to(&target)?;
    if attached.is_recording() {
        return Err(CommandError::WrongUse("nothing can be run in a recording".to_owned()));
    }
    let within = options.timeout;
    let patience = Duration::from_nanos(within.0).saturating_add(ON_THE_WAY);
    let (name, arguments) = (name.to_owned(), arguments.to_vec());
    let execute = |number| Execute { number, name: name.clone(), arguments, within }.into();
    let asked = attached.ask(execute)?;
    let called = loop {
        match attached.next_answer_within(asked, patience)? {
            Some(Answer::Called(called)) => break called,
            Some(Answer::Denied(denied)) => return Err(refused(&denied)),
            Some(Answer::Waiting(waiting)) => print::note(&one_line(&waiting.message)),
            _ => return Err(attached.silent().into()),
        }
    };
    if options.json {
        out.json(&Report {
            process: json::Process::of(attached.session.hello()),
            command: &name,
            task: called.task.map(|task| task.to_string()),
            outcome: outcome(called.outcome),
            text: &called.text,
            cut_bytes: called.cut,
            took_ns: called.took.0,
        })?;
    } else {
        out.text(&said(&name, &called))?;
    }
    Ok(if called.outcome == CallOutcome::RETURNED { Exit::Done } else { Exit::Found })
}

/// The outcome as a word of the JSON.
pub(super) fn outcome(outcome: CallOutcome) -> Option<String> {
    outcome.name().map(|name| name.replace(' ', "_"))
}

/// What a command returned, in as many lines as it has; of another outcome a line says which.
fn said(name: &str, called: &Called) -> String {
    let text: Vec<_> = called.text.lines().map(words::harmless).collect();
    let mut text = text.join("\n");
    if called.cut > 0 {
        text.push_str(&format!("\n... ({} more)", words::bytes(called.cut)));
    }
    match (called.outcome, text.is_empty()) {
        (CallOutcome::RETURNED, true) => format!("{name}: done in {}\n", called.took),
        (CallOutcome::RETURNED, false) => format!("{text}\n"),
        // Their words say it.
        (CallOutcome::PANICKED | CallOutcome::NOT_BEGUN | CallOutcome::CANCELLED, _) => {
            format!("{name}: {text}\n")
        }
        (outcome, true) => format!("{name}: {outcome}\n"),
        (outcome, false) => format!("{name}: {outcome}: {text}\n"),
    }
}
