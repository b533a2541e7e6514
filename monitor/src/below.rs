//! A command that we start, and the tokio programs among its descendants. One with an agent tells of itself; one
//! that has none after a while is looked at from outside, which its ancestors may do.
//!
//! One thread takes care of it: it starts what it finds to be followed, forwards signals, and waits. So a
//! signal never goes to a number that has become another process's.

mod followed;
mod tail;

use crate::source::discover;
use crate::source::{Address, AttachError, discover::Identity, proc};
use followed::Followed;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use taskscope_model::Source;

pub(crate) use followed::Program;
pub(crate) use tail::Tail;

/// The variable that sets an agent's mode.
const MODE: &str = "TASKSCOPE";
/// Every so many looks we look for programs without an agent.
const PLAIN_EVERY: u32 = 10;
/// An agent listens before a program has been met so often.
const PATIENCE: u32 = 3;
/// Most descendants that are looked at.
const MOST_DESCENDANTS: usize = 1024;
/// How long those who are followed may take to be heard to their end, once the command has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A command that runs, and who is followed.
pub(crate) struct Below {
    child: Child,
    followed: Vec<Followed>,
    known: HashSet<Identity>,
    looks: u32,
    /// How often a program without an agent was met.
    plain: HashMap<u32, u32>,
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
        let (followed, known, plain) = (Vec::new(), HashSet::new(), HashMap::new());
        Ok(Self { child: command.spawn()?, followed, known, looks: 0, plain })
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
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(PLAIN_EVERY) {
            self.look_for_plain_ones();
        }
        self.child.try_wait()
    }

    /// Follows tokio programs that show no agent.
    #[cfg(target_os = "linux")]
    fn look_for_plain_ones(&mut self) {
        for pid in descendants() {
            if self.followed.iter().any(|followed| pid_of(followed.address()) == Some(pid)) {
                continue;
            }
            if discover::may_be_seen_from_outside(pid) {
                let met = self.plain.entry(pid).or_default();
                *met += 1;
                if *met == PATIENCE {
                    self.followed.extend(Followed::start(Address::Outside { pid }));
                }
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn look_for_plain_ones(&mut self) {}

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
        let mut programs = followed::ended(self.followed, LAST_WORDS);
        let by_agent = |program: &Program| {
            program.as_ref().ok().filter(|it| it.hello().source == Source::AGENT).map(|it| it.hello().pid)
        };
        let with_agent: Vec<_> = programs.iter().filter_map(by_agent).collect();
        programs.retain(|program| match program {
            // Its agent came late, and has told more.
            Ok(session) if session.hello().source == Source::OUTSIDE => {
                !with_agent.contains(&session.hello().pid)
            }
            Ok(_) => true,
            Err(error) => !is_of_no_account(error),
        });
        programs
    }
}

/// What looked like a tokio program and is none, or was gone too soon.
#[cfg(target_os = "linux")]
fn is_of_no_account(error: &AttachError) -> bool {
    use taskscope_inspect::Error;
    matches!(error, AttachError::Unreadable(Error::NotTokio { .. } | Error::Gone { .. }))
}

#[cfg(not(target_os = "linux"))]
fn is_of_no_account(_error: &AttachError) -> bool {
    false
}

/// The processes that we have started, and theirs.
#[cfg(target_os = "linux")]
fn descendants() -> Vec<u32> {
    let mut found = proc::children(std::process::id());
    let mut at = 0;
    while let Some(pid) = found.get(at).copied().filter(|_| found.len() < MOST_DESCENDANTS) {
        found.extend(proc::children(pid));
        at += 1;
    }
    found
}

/// The process behind an address, if that is known.
#[cfg(target_os = "linux")]
fn pid_of(address: &Address) -> Option<u32> {
    match address {
        Address::Unix { pid, .. } => *pid,
        Address::Outside { pid } => Some(*pid),
        _ => None,
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
