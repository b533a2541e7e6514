//! `taskscope demo`: starts the program of [`program`](mod@program) as a child of ours, opens the TUI on it, and stops it when
//! the TUI ends.
//!
//! The child is this same executable. It ends when its standard input does, so it cannot outlive us, however we
//! end.

mod program;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub(crate) use program::program;

use crate::source::{Address, discover};

/// How often and how long the child is given time: to be found, and to end by itself.
const PATIENCE: (u32, Duration) = (100, Duration::from_millis(20));

/// Runs the demo until the user leaves the TUI.
pub(crate) fn run() -> Result<()> {
    let mut demo = Program::start()?;
    demo.wait_until_ready()?;
    crate::tui::run(Some(demo.address()?))
}

/// The demo program, running. Dropping it stops it.
struct Program(Child);

impl Program {
    fn start() -> Result<Self> {
        let myself = std::env::current_exe().context("cannot find the path of this program")?;
        let child = Command::new(myself)
            .args(["demo", "--program"])
            // What the user set for programs of their own is not meant for this one.
            .env_remove("TASKSCOPE")
            .env_remove("TASKSCOPE_LISTEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the demo program")?;
        Ok(Self(child))
    }

    /// It prints one line when its agent listens and its tasks are there.
    fn wait_until_ready(&mut self) -> Result<()> {
        let output = self.0.stdout.take().context("the demo program has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).context("cannot read what the demo program says")?;
        if line.trim_end() == program::READY {
            return Ok(());
        }
        bail!("the demo program did not start: {}", self.last_words());
    }

    /// Where it listens, as `taskscope ls` finds it.
    fn address(&self) -> Result<Address> {
        let (times, pause) = PATIENCE;
        for _ in 0..times {
            let found = discover::processes().into_iter().find(|process| process.pid == self.0.id());
            if let Some(address) = found.and_then(|process| process.address) {
                return Ok(address);
            }
            std::thread::sleep(pause);
        }
        bail!("the demo program runs, but its socket is nowhere to be found");
    }

    fn last_words(&mut self) -> String {
        let lines = self.0.stderr.take().map(|errors| BufReader::new(errors).lines());
        let last = lines.and_then(|lines| lines.map_while(Result::ok).last());
        last.unwrap_or_else(|| "it said nothing".to_owned())
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let (times, pause) = PATIENCE;
        for _ in 0..times {
            if self.ended().is_some() {
                return;
            }
            std::thread::sleep(pause);
        }
        // It can only fail because the child has just ended.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}
