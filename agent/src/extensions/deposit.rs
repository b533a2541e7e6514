//! A place for one value that one side leaves, another looks at, and a third takes away, none of them waiting. The
//! protocol stands in the module above.

use crate::sync::{AtomicU32, Ordering, UnsafeCell};

const CLOSED: u32 = 0;
const EMPTY: u32 = 1;
/// Somebody is at the value.
const BUSY: u32 = 2;
const FULL: u32 = 3;
/// Somebody is at the value, and is to drop it.
const CLOSING: u32 = 4;

/// A place for one value.
pub(crate) struct Deposit<T> {
    state: AtomicU32,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: `state` gives the value to one thread at a time, with Acquire and Release at each hand-over.
unsafe impl<T: Send> Sync for Deposit<T> {}

impl<T: Clone> Deposit<T> {
    /// One that takes nothing yet.
    pub(super) fn closed() -> Self {
        Self { state: AtomicU32::new(CLOSED), value: UnsafeCell::new(None) }
    }

    /// From now on it takes a value. The caller knows that nobody else is here.
    pub(super) fn open(&self) {
        self.state.store(EMPTY, Ordering::Relaxed);
    }

    /// Leaves the value, unless it is closed. Called once, by one side.
    pub(crate) fn leave(&self, value: T) {
        // Both outcomes of a race with `close` drop the value here, outside of the place.
        let unwanted = match self.state.compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => {
                // SAFETY: BUSY is ours.
                self.value.with_mut(|place| unsafe { *place = Some(value) });
                self.go()
            }
            Err(_) => Some(value),
        };
        drop(unwanted);
    }

    /// A copy of the value, if there is one. `None` too while somebody else is at it.
    pub(crate) fn get(&self) -> Option<T> {
        self.state.compare_exchange(FULL, BUSY, Ordering::Acquire, Ordering::Relaxed).ok()?;
        // SAFETY: BUSY is ours.
        let copy = self.value.with(|place| unsafe { (*place).clone() });
        drop(self.go());
        copy
    }

    /// Ends BUSY; what is returned is to be dropped: it was closed meanwhile.
    fn go(&self) -> Option<T> {
        match self.state.compare_exchange(BUSY, FULL, Ordering::Release, Ordering::Acquire) {
            Ok(_) => None,
            Err(_) => {
                let value = self.take();
                self.state.store(CLOSED, Ordering::Release);
                value
            }
        }
    }

    /// Takes the value away, and takes none from now on.
    pub(crate) fn close(&self) {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let next = if state == BUSY { CLOSING } else { CLOSED };
            match self.state.compare_exchange(state, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(FULL) => return drop(self.take()),
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
    }

    /// Called by the one who has found it FULL and made it CLOSED, or has found it CLOSING.
    fn take(&self) -> Option<T> {
        // SAFETY: nobody else comes to the value any more until the place is opened anew.
        self.value.with_mut(|place| unsafe { (*place).take() })
    }
}
