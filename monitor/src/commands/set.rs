//! `taskscope mode` and `taskscope slow-poll`: settings of a running agent. One request each, and its answer.

use super::fetch::{Attached, refused};
use crate::cli::{Set, Target};
use crate::exit::CommandError;
use crate::print::{Output, json};
use serde::Serialize;
use taskscope_model::Nanos;
use taskscope_model::request::{Answer, Request, SetLimit, Switch};

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    message: &'a str,
}

/// Has the agent go on in another mode.
pub(crate) fn mode(options: &Set, out: &mut Output) -> Result<(), CommandError> {
    let (target, mode) = options.target_and_value();
    let mode = mode.to_owned();
    set(&target, options.json, out, |number| Request::Switch(Switch { number, mode }))
}

/// Sets from which length on a poll is slow.
pub(crate) fn slow_poll(options: &Set, out: &mut Output) -> Result<(), CommandError> {
    let (target, limit) = options.target_and_value();
    let slow_poll = match limit {
        "off" => None,
        limit => Some(
            Nanos::parse(limit)
                .map_err(|error| CommandError::WrongUse(format!("{limit}: {error}, or off")))?,
        ),
    };
    set(&target, options.json, out, |number| Request::SetLimit(SetLimit { number, slow_poll }))
}

fn set(
    target: &Target,
    as_json: bool,
    out: &mut Output,
    request: impl FnOnce(u32) -> Request,
) -> Result<(), CommandError> {
    let mut attached = Attached::to(target)?;
    if attached.is_recording() {
        return Err(CommandError::WrongUse("nothing can be set in a recording".to_owned()));
    }
    let message = match attached.answer(request)? {
        Some(Answer::Done(done)) => done.message,
        Some(Answer::Denied(denied)) => return Err(refused(&denied)),
        Some(_) | None => return Err(attached.silent().into()),
    };
    if as_json {
        let process = json::Process::of(attached.session.hello());
        return Ok(out.json(&Report { process, message: &message })?);
    }
    Ok(out.text(&format!("{}\n{message}\n", attached.name()))?)
}
