//! The one file that reads clocks. The poll path reads the raw counter and nothing else; everything that
//! leaves the process is nanoseconds of CLOCK_MONOTONIC.

use crate::sync::lock;
use std::sync::Mutex;
use std::time::Duration;
use taskscope_model::hello::ClockPair;
use taskscope_model::{At, Nanos};

/// Shortest poll that counts as long: the buckets of long polls begin at the power of two of the raw clock
/// that lies at or below this.
const LONG_FROM: Nanos = Nanos(16_384);
/// The anchor is renewed when the two clocks have drifted apart by more than this.
const MOST_DRIFT: u64 = 1_000_000;

/// quanta's raw counter (TSC where it is invariant, else CLOCK_MONOTONIC), tied to CLOCK_MONOTONIC by an
/// anchor. Making one takes about 0.6 ms once a process: quanta calibrates the counter.
pub(crate) struct Clock {
    quanta: quanta::Clock,
    /// Whether quanta's raw counter is the TSC, so that it can be read in place.
    tsc: bool,
    long_shift: u32,
    /// The same moment: raw, and CLOCK_MONOTONIC.
    anchor: Mutex<(u64, At)>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let quanta = quanta::Clock::new();
        let anchor = (quanta.raw(), monotonic());
        // The longest shift whose span is at most LONG_FROM.
        let span = |shift: u32| quanta.delta_as_nanos(anchor.0, anchor.0 + (1 << shift));
        let long_shift = (1..40).take_while(|shift| span(*shift) <= LONG_FROM.0).last().unwrap_or(1);
        Self { tsc: raw_is_tsc(&quanta), quanta, anchor: Mutex::new(anchor), long_shift }
    }

    /// The TSC, if that is the raw counter.
    pub(crate) fn tsc(&self) -> Option<Tsc> {
        self.tsc.then_some(Tsc(()))
    }

    /// The raw counter. At least 2: 0 stands for no time.
    #[inline]
    pub(crate) fn raw(&self) -> u64 {
        if self.tsc { tsc() } else { self.quanta.raw().max(2) }
    }

    /// A poll is long if its raw duration shifted right by this is not 0.
    #[inline]
    pub(crate) fn long_shift(&self) -> u32 {
        self.long_shift
    }

    /// The same of a wait between wake and poll. An eighth: 1 to 2 us, which a wait on an idle machine takes.
    pub(crate) fn long_wait_shift(&self) -> u32 {
        self.long_shift.saturating_sub(3)
    }

    /// A raw duration as nanoseconds.
    pub(crate) fn span(&self, raw: u64) -> Nanos {
        Nanos(self.quanta.delta_as_nanos(0, raw))
    }

    /// So many nanoseconds on the raw clock.
    pub(crate) fn raw_span(&self, nanos: u64) -> u64 {
        const UNIT: u64 = 1 << 30;
        let unit = u128::from(self.span(UNIT).0.max(1));
        u64::try_from(u128::from(nanos) * u128::from(UNIT) / unit).unwrap_or(u64::MAX)
    }

    /// A raw time as CLOCK_MONOTONIC.
    pub(crate) fn at(&self, raw: u64) -> At {
        let (anchor_raw, anchor_at) = *lock(&self.anchor);
        if raw >= anchor_raw {
            At(anchor_at.0 + self.quanta.delta_as_nanos(anchor_raw, raw))
        } else {
            At(anchor_at.0.saturating_sub(self.quanta.delta_as_nanos(raw, anchor_raw)))
        }
    }

    /// CLOCK_MONOTONIC now. Renews the anchor if the counter has drifted: by its calibration, or because it
    /// ran through a suspend that CLOCK_MONOTONIC leaves out.
    pub(crate) fn now(&self) -> At {
        let (raw, at) = (self.raw(), monotonic());
        if self.at(raw).0.abs_diff(at.0) > MOST_DRIFT {
            *lock(&self.anchor) = (raw, at);
        }
        at
    }

    /// Now, on both clocks.
    pub(crate) fn pair(&self) -> ClockPair {
        #[expect(clippy::disallowed_methods, reason = "this is the clock file")]
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        ClockPair { monotonic_ns: monotonic().0, wall_ns: Nanos::from(wall).0 }
    }
}

/// The raw counter, for the poll path: one that knows beforehand which it is has to load nothing.
pub(crate) trait Counter: Copy + Send + Sync + 'static {
    /// As [`Clock::raw`].
    fn raw(self) -> u64;
}

/// The TSC where it is the raw counter. quanta's own function is not inlined into another crate: reading the TSC here
/// saves two calls a poll. It is at 0 when the machine starts.
#[derive(Clone, Copy)]
pub(crate) struct Tsc(());

impl Counter for Tsc {
    #[inline]
    fn raw(self) -> u64 {
        tsc()
    }
}

/// Any counter of quanta's.
impl Counter for &'static Clock {
    #[inline]
    fn raw(self) -> u64 {
        self.quanta.raw().max(2)
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn tsc() -> u64 {
    // SAFETY: every x86_64 has the instruction; that the value is a clock was checked by quanta.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// Never called: `raw_is_tsc` is false.
#[cfg(not(target_arch = "x86_64"))]
fn tsc() -> u64 {
    0
}

/// Whether quanta has chosen the TSC: its reading lies between two of ours.
fn raw_is_tsc(quanta: &quanta::Clock) -> bool {
    let (before, raw, after) = (tsc(), quanta.raw(), tsc());
    cfg!(target_arch = "x86_64") && (before..=after).contains(&raw)
}

/// By libc, which asks the kernel where there is no vDSO: below valgrind.
#[cfg(unix)]
fn monotonic() -> At {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes the struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    At(u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// Inert there: time since the first look.
#[cfg(not(unix))]
fn monotonic() -> At {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "this is the clock file")]
    let start = START.get_or_init(std::time::Instant::now);
    At(Nanos::from(start.elapsed()).0)
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;

    #[test]
    fn raw_times_read_as_monotonic_time() {
        let clock = Clock::new();
        let (before, raw, after) = (monotonic(), clock.raw(), monotonic());
        let at = clock.at(raw);
        assert!(before.0.saturating_sub(MOST_DRIFT) <= at.0 && at.0 <= after.0 + MOST_DRIFT, "{before:?} {at:?} {after:?}");
    }

    #[test]
    fn long_polls_begin_between_8_and_16_microseconds() {
        let clock = Clock::new();
        let bound = clock.span(1 << clock.long_shift());
        assert!((Nanos(8_000)..=LONG_FROM).contains(&bound), "{bound}");
    }
}
