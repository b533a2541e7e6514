//! A variant's program while it runs.

use crate::{builds, variants::Variant};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running program; it is stopped when this is dropped.
pub struct Program {
    child: Child,
    /// A server's.
    pub address: String,
    output: BufReader<ChildStdout>,
}

/// The figures that a program told.
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// A figure; 0 if it was not told.
    pub fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }
}

/// Where the programs' sockets are, and what they write.
fn folder() -> PathBuf {
    builds::workspace().join("target/run")
}

/// The socket of a process's agent.
pub fn socket(pid: u32) -> PathBuf {
    folder().join("taskscope").join(format!("{pid}.sock"))
}

impl Program {
    /// Starts it.
    pub fn start(variant: &Variant, arguments: &[String]) -> io::Result<Self> {
        std::fs::create_dir_all(folder())?;
        let mut child = Command::new(builds::program(variant))
            .args(arguments)
            .args(variant.arguments)
            .env("XDG_RUNTIME_DIR", folder())
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, address: String::new(), output: BufReader::new(output) })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the work goes on.
    pub fn ready(&mut self) -> io::Result<()> {
        let line = self.line()?;
        let address =
            line.strip_prefix("ready").ok_or_else(|| io::Error::other(format!("it says: {line}")))?;
        address.trim().clone_into(&mut self.address);
        Ok(())
    }

    /// Lets it begin to measure, or end.
    pub fn go(&mut self) -> io::Result<()> {
        let input = self.child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(b"go\n")
    }

    /// What it measured.
    pub fn figures(&mut self) -> io::Result<Figures> {
        let line = self.line()?;
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Ok(Figures(line.split(' ').filter_map(pair).collect()))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the program has ended"));
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
