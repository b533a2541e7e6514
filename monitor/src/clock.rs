//! The monitor's one clock. Everything else is handed its times.
#![expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]

use std::time::{Duration, Instant};
use taskscope_model::{At, Nanos};

/// A moment by which something has to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now; `None`: never.
    pub(crate) fn after(within: Option<Duration>) -> Self {
        Self(within.and_then(|span| Instant::now().checked_add(span)))
    }

    /// The time left: `Err` if there is none, `Ok(None)` if there is no end to it.
    pub(crate) fn left(self) -> Result<Option<Duration>, Passed> {
        let Some(end) = self.0 else { return Ok(None) };
        match end.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Passed),
        }
    }
}

/// The deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed;

/// CLOCK_MONOTONIC of this host.
pub(crate) fn monotonic() -> At {
    At(read(rustix::time::ClockId::Monotonic))
}

/// Nanoseconds since 1970-01-01 UTC.
#[cfg(any(feature = "console", target_os = "linux"))]
pub(crate) fn wall() -> u64 {
    read(rustix::time::ClockId::Realtime)
}

/// Time since this host was started, that of its sleep included.
#[cfg(target_os = "linux")]
pub(crate) fn since_boot() -> Nanos {
    Nanos(read(rustix::time::ClockId::Boottime))
}

/// Time for which the thread that asks has had a processor.
pub(crate) fn of_thread() -> Nanos {
    Nanos(read(rustix::time::ClockId::ThreadCPUTime))
}

fn read(clock: rustix::time::ClockId) -> u64 {
    let now = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}
