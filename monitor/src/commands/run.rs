//! `taskscope run`

use super::attach::on_a_terminal;
use super::findings::list;
use crate::below::{Below, Program, Tail};
use crate::cli::diagnosis::Run;
use crate::exit::{CommandError, Exit};
use crate::print::{Output, words};
use crate::rows::findings::FindingRow;
use crate::session::Session;
use crate::tui;
use signal_hook::consts::{SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use taskscope_model::Source;

/// Between two looks at who has come and whether the command has ended.
const LOOK: Duration = Duration::from_millis(20);
/// How long the command is given to end by itself when the TUI is left.
const GRACE: Duration = Duration::from_secs(5);
/// What a shell says of a command that a signal has ended: this and the signal's number.
const BY_SIGNAL: i32 = 128;

/// Starts a command, follows what is below it, and says at the end what was found. Gives the command's exit code.
pub(crate) fn run(options: &Run, out: &mut Output) -> anyhow::Result<u8> {
    if options.attach {
        on_a_terminal()?;
        return run_apart(options, out);
    }
    let signals = signals()?;
    let mut below = Below::start(&options.command).map_err(|error| cannot_start(&options.command, &error))?;
    let status = loop {
        if let Some(status) = below.look()? {
            break status;
        }
        match signals.recv_timeout(LOOK) {
            Ok(signal) => below.forward(signal),
            Err(RecvTimeoutError::Timeout) => {}
            // Nobody sends any more: signals cannot be had, and the command is waited for all the same.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK),
        }
    };
    Ok(report(options, &below.into_programs(), status, out)?)
}

/// With the TUI in front. Who leaves it ends the command.
fn run_apart(options: &Run, out: &mut Output) -> anyhow::Result<u8> {
    let (mut below, tail) =
        Below::start_apart(&options.command).map_err(|error| cannot_start(&options.command, &error))?;
    let first = loop {
        let status = below.look()?;
        match (below.first(), status) {
            (Some(address), _) => break address,
            (None, Some(status)) => return Ok(finished(options, below, &tail, status, out)?),
            (None, None) => thread::sleep(LOOK),
        }
    };
    let left = Arc::new(AtomicBool::new(false));
    let is_left = Arc::clone(&left);
    let carer =
        thread::Builder::new().name("taskscope-run".to_owned()).spawn(move || care(below, &is_left))?;
    let shown = tui::show(Some(first));
    left.store(true, Ordering::Release);
    let cared =
        carer.join().map_err(|_| io::Error::other("a thread of taskscope panicked: this is a bug"))?;
    let (below, status) = cared?;
    let code = finished(options, below, &tail, status, out)?;
    if let Some(signal) = shown? {
        tui::end_by(signal);
    }
    Ok(code)
}

/// Follows who comes until the command ends, and ends it when the TUI is left.
fn care(mut below: Below, left: &AtomicBool) -> io::Result<(Below, ExitStatus)> {
    let mut looks = 0;
    loop {
        if let Some(status) = below.look()? {
            return Ok((below, status));
        }
        if left.load(Ordering::Acquire) {
            match looks {
                0 => below.signal(SIGTERM),
                _ if LOOK * looks > GRACE => below.signal(SIGKILL),
                _ => {}
            }
            looks += 1;
        }
        thread::sleep(LOOK);
    }
}

fn finished(
    options: &Run,
    below: Below,
    tail: &Tail,
    status: ExitStatus,
    out: &mut Output,
) -> Result<u8, CommandError> {
    out.text(&tail.text())?;
    report(options, &below.into_programs(), status, out)
}

fn cannot_start(command: &[OsString], error: &io::Error) -> CommandError {
    let name = command.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    CommandError::NotFound(format!("cannot start `{name}`: {error}"))
}

/// Those that would end us, and those that mean something to the command only.
fn signals() -> io::Result<Receiver<i32>> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2])?;
    let (sender, receiver) = channel();
    thread::Builder::new().name("taskscope-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if sender.send(signal).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// Says what was found in each program, and gives the exit code.
fn report(
    options: &Run,
    programs: &[Program],
    status: ExitStatus,
    out: &mut Output,
) -> Result<u8, CommandError> {
    let mut found = false;
    let mut text = String::new();
    for program in programs {
        match program {
            Ok(session) => {
                let rows = rows(session);
                found |= rows.iter().any(|row| options.fail.counts(row.severity, row.kind));
                let hello = session.hello();
                let outside = if hello.source == Source::OUTSIDE { ", seen from outside" } else { "" };
                let name = words::harmless(&format!("{} (pid {}){outside}", hello.program, hello.pid));
                text.push_str(&format!("taskscope: {name}: {}", list(&rows, out.look())));
            }
            Err(error) => text.push_str(&format!("taskscope: {}\n", words::harmless(&error.to_string()))),
        }
    }
    if programs.is_empty() {
        text.push_str(
            "taskscope: no program with an agent was seen below the command; \
             put #[taskscope_agent::main] on its main function\n",
        );
    }
    out.text(&text)?;
    Ok(if options.check && found { Exit::Found.code() } else { code(status) })
}

fn rows(session: &Session) -> Vec<FindingRow> {
    session.findings().map(|finding| FindingRow::of(finding, session.world())).collect()
}

/// As a shell would say it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| BY_SIGNAL + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
