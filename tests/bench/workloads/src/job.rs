//! What a variant is told to do, as `key=value` arguments.

use rustix::thread::{CpuSet, sched_setaffinity};
use std::collections::BTreeMap;

/// A job of the driver's.
#[derive(Clone, Debug)]
pub struct Job(BTreeMap<String, String>);

impl Job {
    /// The job that stands in the program's arguments.
    pub fn from_args() -> Self {
        let pair = |argument: String| {
            let (key, value) = argument.split_once('=')?;
            Some((key.to_owned(), value.to_owned()))
        };
        let job = Self(std::env::args().skip(1).filter_map(pair).collect());
        job.stay();
        job
    }

    /// Keeps this thread and those it starts on the processor that the job names: the others are the load
    /// generator's.
    fn stay(&self) {
        if !self.text("processor").is_empty() {
            let mut processors = CpuSet::new();
            processors.set(self.number("processor") as usize);
            // Without the right to it, it goes where it is sent.
            let _ = sched_setaffinity(None, &processors);
        }
    }

    /// A value; empty if it is not given.
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// A number; 0 if it is not given.
    ///
    /// # Panics
    /// It is no number.
    pub fn number(&self, key: &str) -> u64 {
        match self.text(key) {
            "" => 0,
            text => text.parse().unwrap_or_else(|_| panic!("{key}={text} is no number")),
        }
    }

    pub(crate) fn workload(&self) -> &str {
        self.text("workload")
    }

    /// A multi-threaded runtime with the job's workers.
    pub fn runtime(&self) -> tokio::runtime::Builder {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(self.number("workers").max(1) as usize).enable_all();
        builder
    }
}

/// Waits for a line of the driver's; when the driver is gone, ends.
pub(crate) fn line() {
    if std::io::stdin().read_line(&mut String::new()).unwrap_or(0) == 0 {
        std::process::exit(1);
    }
}
