//! A wrapped function that blocks.

use super::future::InPoll;
use super::tail::Tail;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A function on its way into tokio's blocking pool. Its run is shown as one poll.
pub(crate) struct Blocking<F> {
    /// `None` when it runs.
    function: Option<F>,
    tail: Option<Tail>,
}

impl<F> Blocking<F> {
    pub(super) fn new(function: F, tail: Option<Tail>) -> Self {
        Self { function: Some(function), tail }
    }
}

impl<F: FnOnce() -> R, R> Blocking<F> {
    /// Runs it. Called once.
    pub(crate) fn run(mut self) -> R {
        let Some(function) = self.function.take() else {
            unreachable!("`run` takes the whole of it");
        };
        let Some(tail) = &mut self.tail else { return function() };
        tail.learn_way();
        let _in_poll = InPoll::begin(tail);
        match catch_unwind(AssertUnwindSafe(function)) {
            Ok(output) => {
                tail.returned(None);
                output
            }
            Err(payload) => {
                tail.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }
}

impl<F> Drop for Blocking<F> {
    fn drop(&mut self) {
        let _ending = self.tail.as_mut().map(Tail::ending);
        drop(self.function.take());
    }
}
