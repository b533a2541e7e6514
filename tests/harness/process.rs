//! A started program: what it prints, how it is doing, and how it ends.

use crate::clock::until;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

/// Held while descriptors that no child may inherit are made, and while children are: between `open` and
/// `FD_CLOEXEC` there is a moment.
pub(crate) static FORKING: Mutex<()> = Mutex::new(());

/// A program that runs, or has run. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    output: File,
    errors: File,
}

/// What came of a program that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit code; of a program that was killed the signal, negative.
    pub code: i32,
    /// What it printed.
    pub output: String,
    /// What it printed to standard error.
    pub errors: String,
}

impl Process {
    /// Starts a program and returns at once.
    ///
    /// # Panics
    /// It cannot be started.
    #[track_caller]
    pub fn begin(command: &mut Command) -> Self {
        let file = || tempfile::tempfile().expect("a temp file can be made");
        let (output, errors) = (file(), file());
        let other = |file: &File| Stdio::from(file.try_clone().expect("there are descriptors left"));
        command.stdin(Stdio::null()).stdout(other(&output)).stderr(other(&errors));
        let _forking = FORKING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self { child, output, errors }
    }

    /// Starts a program and waits until it says `ready`.
    #[track_caller]
    pub fn ready(command: &mut Command) -> Self {
        let mut process = Self::begin(command);
        until("`ready`", || {
            if process.output().lines().any(|line| line.starts_with("ready")) {
                return Ok(());
            }
            let ended = process.ended();
            assert!(ended.is_none(), "it ended with {ended:?}: {}", process.errors());
            Err(process.output() + &process.errors())
        });
        process
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its number, as a TARGET.
    pub fn target(&self) -> String {
        self.pid().to_string()
    }

    /// The address in its line `ready on ADDRESS`.
    ///
    /// # Panics
    /// It has said no such line.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        let output = self.output();
        let address = output.lines().find_map(|line| line.strip_prefix("ready on ")?.parse().ok());
        address.unwrap_or_else(|| panic!("no address in {output:?}"))
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        read(&self.output)
    }

    /// What it has printed to standard error so far.
    pub fn errors(&self) -> String {
        read(&self.errors)
    }

    /// Memory in use, kilobytes.
    ///
    /// # Panics
    /// It is gone.
    #[track_caller]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it is alive");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("the kernel tells the memory of what is alive")
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// Asks it to end, and waits for that.
    #[track_caller]
    pub fn terminate(self) -> Ran {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Kills it: it can say nothing any more.
    #[track_caller]
    pub fn kill(self) -> Ran {
        self.signal(Signal::KILL);
        self.wait()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is our child");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let status = until("its end", || self.ended().ok_or_else(|| self.output() + &self.errors()));
        let signal = || status.signal().map(|signal| -signal);
        let code = status.code().or_else(signal).expect("it ended by itself or by a signal");
        Ran { code, output: self.output(), errors: self.errors() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, mostly because the test wanted it to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ran {
    /// Its output as JSON, if all went well.
    ///
    /// # Panics
    /// Not all went well.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!((self.code, self.errors.as_str()), (0, ""), "{self:?}");
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error}: {}", self.output))
    }

    /// The one line of an error, if it was one, with that exit code.
    ///
    /// # Panics
    /// It was not.
    #[track_caller]
    pub fn error(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.output, "", "an error prints nothing else");
        let line = self.errors.strip_suffix('\n').expect("an error is a line");
        assert!(line.starts_with("taskscope: ") && !line.contains('\n'), "not one line: {line:?}");
        line
    }
}

/// The whole file, wherever those who write to it are in it.
fn read(file: &File) -> String {
    let mut bytes = vec![0; file.metadata().map_or(0, |metadata| metadata.len() as usize)];
    let count = file.read_at(&mut bytes, 0).unwrap_or(0);
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}
