//! The orderly end of a process whose `main` is not ours: it returns, or somebody calls `exit`.

use crate::core;
use std::sync::atomic::{AtomicU32, Ordering};

/// The process in which the agent's thread runs: a fork has our memory, and not that thread.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Has the process say goodbye when it exits. If the system has no room for that, it ends without.
pub(super) fn say_goodbye() {
    PROCESS.store(std::process::id(), Ordering::Relaxed);
    // SAFETY: the function may run at any moment of an exit, on any thread: it uses statics that need no
    // destructor, waits for a bounded time, and does not unwind.
    unsafe { libc::atexit(exits) };
}

extern "C" fn exits() {
    if std::process::id() == PROCESS.load(Ordering::Relaxed)
        && let Some(core) = core::get()
    {
        core.farewell.say("the process exits", core.mode.get());
    }
}
