//! A command that we start, and the programs with an agent among its descendants.
//!
//! One thread takes care of it: it starts what it finds to be followed, forwards signals, and waits. So a
//! signal never goes to a number that has become another process's.

mod followed;
mod tail;

use crate::source::discover;
use crate::source::{Address, discover::Identity, proc};
use followed::Followed;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

pub(crate) use followed::Program;
pub(crate) use tail::Tail;

/// The variable that sets an agent's mode.
const MODE: &str = "TASKSCOPE";
/// How long those who are followed may take to be heard to their end, once the command has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A command that runs, and who is followed.
pub(crate) struct Below {
    child: Child,
    followed: Vec<Followed>,
    known: HashSet<Identity>,
}

impl Below {
    /// Starts it in debug mode, unless the environment says otherwise. It has our standard streams.
    pub(crate) fn start(command: &[OsString]) -> io::Result<Self> {
        Self::spawn(&mut prepared(command)?)
    }

    /// The same, but it has no input, and its output goes into the tail.
    pub(crate) fn start_apart(command: &[OsString]) -> io::Result<(Self, Tail)> {
        let (output, end) = io::pipe()?;
        let mut command = prepared(command)?;
        command.stdin(Stdio::null()).stdout(end.try_clone()?).stderr(end);
        let below = Self::spawn(&mut command)?;
        // Our own ends of the pipe go with the command.
        drop(command);
        Ok((below, Tail::of(output)?))
    }

    fn spawn(command: &mut Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()?, followed: Vec::new(), known: HashSet::new() })
    }

    /// Looks once: follows who is new, and says whether the command has ended.
    pub(crate) fn look(&mut self) -> io::Result<Option<ExitStatus>> {
        let (ours, child) = (std::process::id(), self.child.id());
        // Where the system does not tell whose child a process is, only the command itself is known.
        for socket in discover::sockets(|pid| pid == child || proc::is_below(pid, ours)) {
            if self.known.insert(socket.identity) {
                self.followed.extend(Followed::start(socket.address));
            }
        }
        self.child.try_wait()
    }

    /// Where the first one that has answered is attached to.
    pub(crate) fn first(&self) -> Option<Address> {
        self.followed.iter().find(|followed| followed.answers()).map(|followed| followed.address().clone())
    }

    /// Passes a signal on. The keyboard's go to everybody in front of the terminal, so to the command too.
    pub(crate) fn forward(&mut self, signal: i32) {
        let of_keyboard = [signal_hook::consts::SIGINT, signal_hook::consts::SIGQUIT].contains(&signal);
        if !(of_keyboard && is_in_front()) {
            self.signal(signal);
        }
    }

    /// Sends a signal to the command, if it still runs.
    pub(crate) fn signal(&mut self, signal: i32) {
        let runs = matches!(self.child.try_wait(), Ok(None));
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let (true, Some(pid), Some(signal)) = (runs, pid, Signal::from_named_raw(signal)) {
            // It can only fail because the command has changed its user: then it is not ours to signal.
            let _ = kill_process(pid, signal);
        }
    }

    /// The command has ended: what is known of each program, in the order in which they came.
    pub(crate) fn into_programs(self) -> Vec<Program> {
        followed::ended(self.followed, LAST_WORDS)
    }
}

fn prepared(command: &[OsString]) -> io::Result<Command> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut prepared = Command::new(program);
    prepared.args(arguments);
    if std::env::var_os(MODE).is_none() {
        prepared.env(MODE, "debug");
    }
    Ok(prepared)
}

/// Whether we are among those in front of the terminal.
fn is_in_front() -> bool {
    File::open("/dev/tty").is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
}
