//! CPU time, wall-clock time and memory of this process at one moment.

use crate::counter;
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::time::Instant;

pub(crate) struct Snapshot {
    at: Instant,
    /// Nanoseconds of all threads, ended ones too.
    cpu: u64,
    /// Nanoseconds of the variant's own threads.
    own_threads: u64,
    operations: u64,
}

impl Snapshot {
    pub(crate) fn take(own_threads: &[&str]) -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            at: Instant::now(),
            cpu: cpu.tv_sec as u64 * 1_000_000_000 + cpu.tv_nsec as u64,
            own_threads: cpu_of_threads(own_threads),
            operations: counter::total(),
        }
    }

    /// What happened between two moments, for the driver.
    pub(crate) fn since(&self, begin: &Self) -> String {
        format!(
            "operations={} cpu_ns={} own_threads_ns={} wall_ns={} peak={}",
            self.operations - begin.operations,
            self.cpu - begin.cpu,
            self.own_threads - begin.own_threads,
            (self.at - begin.at).as_nanos(),
            status("VmHWM:"),
        )
    }
}

/// Bytes of memory in use.
pub(crate) fn resident() -> u64 {
    status("VmRSS:")
}

/// A figure of /proc/self/status, bytes.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let figure =
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok());
    figure.map_or(0, |kib: u64| kib * 1024)
}

/// Nanoseconds that the threads with such names have run.
fn cpu_of_threads(names: &[&str]) -> u64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return 0 };
    let run = |thread: fs::DirEntry| {
        let name = fs::read_to_string(thread.path().join("comm")).ok()?;
        if !names.contains(&name.trim_end()) {
            return None;
        }
        fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok()
    };
    threads.flatten().filter_map(run).sum()
}
