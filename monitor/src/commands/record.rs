//! `taskscope record`

use super::fetch::ATTACH_WITHIN;
use crate::cli::recording::Record;
use crate::exit::CommandError;
use crate::print::{Output, json, words};
use crate::record::{Ended, Recorder, Written, record};
use crate::source::{Live, name_of};
use crate::target;
use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    recording: Recording,
}

#[derive(Serialize)]
struct Recording {
    path: String,
    bytes: u64,
    changes: u64,
    span_ns: u64,
    ended_by: &'static str,
}

/// Records what the program tells.
pub(crate) fn record_to(options: &Record, out: &mut Output) -> Result<(), CommandError> {
    let address = target::resolve(&options.target)?;
    if !address.is_live() {
        return Err(CommandError::WrongUse(format!("{address} is a recording already; `cp` copies it")));
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(CommandError::Output)?;
    }
    let mut live = Live::open(&address, ATTACH_WITHIN)?;
    let who = words::harmless(&name_of(live.hello()));
    let made = Recorder::create(&options.output, options.force, live.hello());
    let mut recorder = made.map_err(|error| CommandError::File(error.to_string()))?;
    if !options.json {
        out.text(&format!("recording {who} to {}; Ctrl-C ends it\n", options.output.display()))?;
    }
    let span = options.span.map(|span| Duration::from_nanos(span.0));
    let ended = record(&mut live, &mut recorder, span, &stop, |_| ())?;
    let written = recorder.finish().map_err(|error| CommandError::File(error.to_string()))?;
    if options.json {
        let process = json::Process::of(live.hello());
        out.json(&Report { process, recording: Recording::of(&written, ended) })?;
    } else {
        out.text(&summary(&written, ended, &who))?;
    }
    match ended {
        Ended::Program { goodbye: false } => {
            Err(crate::source::AttachError::Lost { address: who, goodbye: false }.into())
        }
        _ => Ok(()),
    }
}

fn summary(written: &Written, ended: Ended, who: &str) -> String {
    let end = match ended {
        Ended::Program { goodbye: true } => format!("{who} has ended; "),
        _ => String::new(),
    };
    let (span, bytes, path) = (written.span(), words::bytes(written.bytes), written.path.display());
    let changes = words::count(written.changes, "change");
    format!("{end}{span}, {changes}, {bytes}; `taskscope replay {path}` shows it\n")
}

impl Recording {
    fn of(written: &Written, ended: Ended) -> Self {
        Self {
            path: written.path.display().to_string(),
            bytes: written.bytes,
            changes: written.changes,
            span_ns: written.span().0,
            ended_by: match ended {
                Ended::Time => "time",
                Ended::Asked => "signal",
                Ended::Program { goodbye: true } => "program",
                Ended::Program { goodbye: false } => "loss",
            },
        }
    }
}
