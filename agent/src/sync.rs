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

#[cfg(taskscope_loom)]
pub(crate) use loom::cell::UnsafeCell;

/// std's, called in loom's way.
#[cfg(not(taskscope_loom))]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(taskscope_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}

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

/// Held by the test that runs, of those that look at what all tests of the process share.
#[cfg(all(test, not(taskscope_loom)))]
pub(crate) fn alone() -> Guard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    lock(&ALONE)
}
