//! A place for one value that one side leaves, another looks at, and a third takes away, none of them waiting. The
//! protocol stands in the module above.

use crate::sync::{AtomicU32, Ordering, UnsafeCell};

const CLOSED: u32 = 0;
/// Nothing is there. The one who will leave the value may write it: nobody else comes to it before it is FULL.
const EMPTY: u32 = 1;
/// The same, and somebody has looked for it.
const WANTED: u32 = 2;
const FULL: u32 = 3;
/// Somebody copies the value.
const BUSY: u32 = 4;
/// Somebody copies the value, and is to drop it.
const CLOSING: u32 = 5;

/// A place for one value.
pub(crate) struct Deposit<T> {
    state: AtomicU32,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: `state` gives the value to one thread at a time, with Acquire and Release at each hand-over.
unsafe impl<T: Send> Sync for Deposit<T> {}

/// What was found in a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<T> {
    /// A copy of the value.
    Value(T),
    /// Nothing yet: who leaves it will be told that it is wanted.
    Wanted,
    /// Nothing any more, or somebody else is at it.
    Nothing,
}

impl<T: Clone> Deposit<T> {
    /// One that takes nothing yet.
    pub(super) fn closed() -> Self {
        Self { state: AtomicU32::new(CLOSED), value: UnsafeCell::new(None) }
    }

    /// From now on it takes a value. The caller knows that nobody else is here.
    #[inline]
    pub(super) fn open(&self) {
        self.state.store(EMPTY, Ordering::Relaxed);
    }

    /// Leaves the value, unless it is closed. Called once, by one side. True: somebody has looked for it.
    #[inline]
    pub(crate) fn leave(&self, value: T) -> bool {
        if self.state.load(Ordering::Relaxed) == CLOSED {
            return false;
        }
        // SAFETY: before FULL nobody else comes to the value; it is not opened anew as long as the caller has a hold.
        self.value.with_mut(|place| unsafe { *place = Some(value) });
        let mut state = EMPTY;
        loop {
            match self.state.compare_exchange(state, FULL, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return state == WANTED,
                Err(WANTED) => state = WANTED,
                Err(_) => {
                    // Closed: it was never anybody else's.
                    drop(self.take());
                    return false;
                }
            }
        }
    }

    /// A copy of the value, if it is there.
    pub(crate) fn get(&self) -> Found<T> {
        loop {
            match self.state.compare_exchange(FULL, BUSY, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => break,
                Err(EMPTY) => {
                    if self
                        .state
                        .compare_exchange(EMPTY, WANTED, Ordering::Relaxed, Ordering::Relaxed)
                        .is_ok()
                    {
                        return Found::Wanted;
                    }
                }
                Err(WANTED) => return Found::Wanted,
                Err(_) => return Found::Nothing,
            }
        }
        // SAFETY: BUSY is ours.
        let copy = self.value.with(|place| unsafe { (*place).clone() });
        drop(self.go());
        copy.map_or(Found::Nothing, Found::Value)
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
    #[inline]
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

    /// The same by the side that leaves the value: if it has not, nobody will.
    #[inline]
    pub(crate) fn close_own(&self) {
        if self.state.load(Ordering::Relaxed) != EMPTY {
            self.close();
        }
    }

    /// Called by the one who has found it FULL and made it CLOSED, has found it CLOSING, or leaves it in vain.
    #[inline]
    fn take(&self) -> Option<T> {
        // SAFETY: nobody else comes to the value any more until the place is opened anew.
        self.value.with_mut(|place| unsafe { (*place).take() })
    }
}
