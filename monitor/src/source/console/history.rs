//! Which ended things are still remembered.

use std::collections::VecDeque;

/// Ended things in the order of their ends, the oldest to be forgotten when there are too many.
#[derive(Debug)]
pub(super) struct History<T> {
    kept: VecDeque<T>,
    most: usize,
}

impl<T> History<T> {
    /// Remembers so many.
    pub(super) fn of(most: usize) -> Self {
        Self { kept: VecDeque::new(), most }
    }

    /// One more has ended; gives back one that is too many.
    pub(super) fn push(&mut self, ended: T) -> Option<T> {
        self.kept.push_back(ended);
        if self.kept.len() > self.most { self.kept.pop_front() } else { None }
    }
}
