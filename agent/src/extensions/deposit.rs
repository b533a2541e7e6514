//! A place for one value that one side leaves and another copies, neither of them waiting. The protocol stands in the
//! module above.

use crate::sync::{AtomicU32, Ordering, UnsafeCell};

/// Nothing is there. The one who will leave the value may write it: nobody else comes to it before it is FULL.
const EMPTY: u32 = 0;
/// The same, and somebody has looked for it.
const WANTED: u32 = 1;
const FULL: u32 = 2;
/// Somebody copies the value.
const BUSY: u32 = 3;

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
    /// Somebody else is at it.
    Nothing,
}

impl<T: Clone> Deposit<T> {
    /// One in which nothing is.
    pub(super) fn empty() -> Self {
        Self { state: AtomicU32::new(EMPTY), value: UnsafeCell::new(None) }
    }

    /// Leaves the value. Called once in a life, by one side, which has a hold. True: somebody has looked for it.
    #[inline]
    pub(crate) fn leave(&self, value: T) -> bool {
        // SAFETY: before FULL nobody else comes to the value; it is not cleared as long as the caller has a hold.
        self.value.with_mut(|place| unsafe { *place = Some(value) });
        self.state.swap(FULL, Ordering::AcqRel) == WANTED
    }

    /// A copy of the value, if it is there. The caller has a hold.
    pub(crate) fn get(&self) -> Found<T> {
        loop {
            match self.state.compare_exchange(FULL, BUSY, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => break,
                Err(EMPTY) => {
                    let looked =
                        self.state.compare_exchange(EMPTY, WANTED, Ordering::Relaxed, Ordering::Relaxed);
                    if looked.is_ok() {
                        return Found::Wanted;
                    }
                }
                Err(WANTED) => return Found::Wanted,
                Err(_) => return Found::Nothing,
            }
        }
        // SAFETY: BUSY is ours.
        let copy = self.value.with(|place| unsafe { (*place).clone() });
        self.state.store(FULL, Ordering::Release);
        copy.map_or(Found::Nothing, Found::Value)
    }

    /// Drops the value, if there is one. The caller knows that nobody has a hold any more.
    #[inline]
    pub(super) fn clear(&self) {
        if self.state.load(Ordering::Relaxed) == FULL {
            // SAFETY: nobody else is here.
            drop(self.value.with_mut(|place| unsafe { (*place).take() }));
        }
        self.state.store(EMPTY, Ordering::Relaxed);
    }
}
