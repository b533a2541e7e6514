//! The atomics of the lock-free modules: std's, or loom's under `--cfg taskscope_loom`.

#[cfg(taskscope_loom)]
pub(crate) use loom::sync::{
    Mutex,
    atomic::{AtomicPtr, AtomicU16, AtomicU32, AtomicU64, Ordering, fence},
};
#[cfg(not(taskscope_loom))]
pub(crate) use std::sync::{
    Mutex,
    atomic::{AtomicPtr, AtomicU16, AtomicU32, AtomicU64, Ordering, fence},
};

use std::sync::PoisonError;

#[cfg(taskscope_loom)]
pub(crate) type Guard<'a, T> = loom::sync::MutexGuard<'a, T>;
#[cfg(not(taskscope_loom))]
pub(crate) type Guard<'a, T> = std::sync::MutexGuard<'a, T>;

/// Locks, whether or not somebody panicked while holding the lock: nothing behind these locks is left half
/// done by a panic, and the agent must not carry one into the program.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
