//! Waiting for conditions. The one place of these tests that reads a clock.

use std::time::{Duration, Instant};

/// Much longer than anything takes on a busy machine: who waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between two looks at a condition that announces itself by nothing.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `look` gives something. Until then it says what there is instead.
///
/// # Panics
/// It does not happen in time.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let watch = Stopwatch::start();
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) if watch.is_late() => panic!("waited in vain for {what}; there is: {instead}"),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// Time since a moment.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[expect(clippy::disallowed_methods, reason = "the one clock of these tests")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it is running.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// Whether there is no use in waiting any longer.
    pub(crate) fn is_late(&self) -> bool {
        self.elapsed() > PATIENCE
    }
}
