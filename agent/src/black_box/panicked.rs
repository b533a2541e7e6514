//! Panics reach the black box through the agent's panic hook. Where a panic ends the process at once the hook waits a
//! moment for the file; anywhere else it waits for nothing.

use crate::sync::lock;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long a process that is about to abort waits for the file.
const PATIENCE: Duration = Duration::from_secs(2);

static WAITING: Mutex<Option<String>> = Mutex::new(None);
static WRITTEN: Condvar = Condvar::new();
/// Wakes whoever writes; set when there is a black box.
static WAKE: OnceLock<fn()> = OnceLock::new();

/// From now on there is somebody who writes.
pub(crate) fn is_heeded(wake: fn()) {
    // A second one would be a mistake of ours; the first stays.
    let _ = WAKE.set(wake);
}

/// Whether there is a black box.
pub(crate) fn is_kept() -> bool {
    WAKE.get().is_some()
}

/// The program panics; `what` says so in words. Called by the panic hook.
pub(crate) fn panicked(what: impl FnOnce() -> String) {
    let Some(wake) = WAKE.get() else { return };
    lock(&WAITING).get_or_insert_with(what);
    wake();
    if cfg!(panic = "abort") {
        let waiting = lock(&WAITING);
        let waited = WRITTEN.wait_timeout_while(waiting, PATIENCE, |waiting| waiting.is_some());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// The first panic since the last that was written.
pub(crate) fn waiting() -> Option<String> {
    lock(&WAITING).clone()
}

/// It is in the file now.
pub(crate) fn is_written() {
    *lock(&WAITING) = None;
    WRITTEN.notify_all();
}
