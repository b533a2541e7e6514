//! `taskscope signal`

use super::fetch::{ATTACH_WITHIN, Attached, refused};
use crate::cli::Target;
use crate::cli::calls::Signal;
use crate::exit::CommandError;
use crate::print::{Output, words};
use crate::source::{Address, AttachError, unix};
use crate::{signals, target};
use serde::Serialize;
use taskscope_model::request::{Answer, Raise};

#[derive(Serialize)]
struct Report {
    process: Process,
    signal: String,
    number: i32,
}

/// A program that is stopped does not tell its name.
#[derive(Serialize)]
struct Process {
    pid: Option<u32>,
    program: Option<String>,
}

/// Sends the program a signal.
pub(crate) fn signal(options: &Signal, out: &mut Output) -> Result<(), CommandError> {
    let number = signals::number(&options.signal).ok_or_else(|| {
        let text = words::harmless(&options.signal);
        CommandError::WrongUse(format!("`{text}` is no signal; `kill -l` lists the names there are"))
    })?;
    let target = Target { target: Some(options.target.clone()), token_file: options.token_file.clone() };
    let process = match target::resolve(&target)? {
        Address::Recording(_) => {
            return Err(CommandError::WrongUse("a recording takes no signals".to_owned()));
        }
        Address::Unix { path, pid } => {
            let greeted = unix::greet(&path, &path, ATTACH_WITHIN);
            // What listens there is the program, also where it is stopped and says nothing: only another one that
            // has its number by now is not meant.
            match (greeted.peer, &greeted.answer) {
                (Some(peer), answer) if pid.is_none_or(|pid| pid == peer.pid) && is_there(answer) => {
                    signals::send(peer.pid, number, || {
                        unix::greet(&path, &path, ATTACH_WITHIN).peer == Some(peer)
                    })?;
                    let program = greeted.answer.ok().map(|(hello, _)| hello.program);
                    Process { pid: Some(peer.pid), program }
                }
                _ => by_agent(Address::Unix { path, pid }, number)?,
            }
        }
        address => by_agent(address, number)?,
    };
    let signal = signals::name(number);
    if options.json {
        return Ok(out.json(&Report { process, signal, number })?);
    }
    let pid = process.pid.map(|pid| format!("pid {pid}"));
    let who = match (process.program, pid) {
        (Some(program), Some(pid)) => format!("{} ({pid})", words::harmless(&program)),
        (Some(name), None) | (None, Some(name)) => words::harmless(&name),
        (None, None) => words::harmless(&options.target),
    };
    Ok(out.text(&format!("sent {signal} to {who}\n"))?)
}

/// Whether the connection was taken.
fn is_there<T>(answer: &Result<T, AttachError>) -> bool {
    matches!(answer, Ok(_) | Err(AttachError::Silent { .. } | AttachError::Busy(..)))
}

/// Where the system does not say who is at the other end, the program's agent sends it.
fn by_agent(address: Address, signal: i32) -> Result<Process, CommandError> {
    let mut attached = Attached::at(address)?;
    let answer = attached.answer(|number| Raise { number, signal }.into());
    let hello = attached.session.hello();
    let process =
        Process { pid: Some(hello.pid).filter(|pid| *pid > 0), program: Some(hello.program.clone()) };
    match answer {
        Ok(Some(Answer::Done(_))) => Ok(process),
        Ok(Some(Answer::Denied(denied))) => Err(refused(&denied)),
        // It may be so quick to end that the answer is lost.
        Err(CommandError::Attach(AttachError::Lost { .. })) => Ok(process),
        Ok(_) => Err(attached.silent().into()),
        Err(error) => Err(error),
    }
}
