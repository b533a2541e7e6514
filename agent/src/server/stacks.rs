//! Who has asked for the stacks of all threads. One look at the threads answers all who have asked before it.

use crate::core::Core;
use taskscope_model::At;

/// Names that are not found by then are left out, nanoseconds.
const PATIENCE: u64 = 3_000_000_000;
/// Looked at again this often, nanoseconds.
const AGAIN: u64 = 100_000_000;
/// The stacks are taken at most this often, nanoseconds: who asks in between waits.
const REST: u64 = 500_000_000;

/// Those who wait.
#[derive(Default)]
pub(super) struct Asked {
    waiting: Vec<Waiting>,
    /// When the threads were last looked at.
    last: Option<At>,
}

struct Waiting {
    client: usize,
    number: u32,
    since: At,
    /// The version of the stacks that were there before, once the threads are being looked at.
    before: Option<u64>,
}

impl Asked {
    /// Somebody asks.
    pub(super) fn add(&mut self, client: usize, number: u32, core: &Core, now: At) {
        self.waiting.push(Waiting { client, number, since: now, before: None });
        self.look(core, now);
    }

    /// When to look again; `None`: nobody waits.
    pub(super) fn deadline(&self, now: At) -> Option<At> {
        (!self.waiting.is_empty()).then_some(At(now.0 + AGAIN))
    }

    fn look(&mut self, core: &Core, now: At) {
        if self.last.is_some_and(|last| now.since(last).0 < REST) {
            return;
        }
        let (before, _) = core.stacks.threads_version();
        let mut asks = false;
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.before.is_none()) {
            waiting.before = Some(before);
            asks = true;
        }
        if asks {
            self.last = Some(now);
            core.stacks.ask();
            core.store.bell.wake();
        }
    }

    /// Those who can be answered: client and request.
    pub(super) fn take_answered(&mut self, core: &Core, now: At) -> Vec<(usize, u32)> {
        self.look(core, now);
        let (version, named) = core.stacks.threads_version();
        let late = |waiting: &Waiting| now.since(waiting.since).0 >= PATIENCE;
        let answered = |waiting: &Waiting| waiting.before.is_some_and(|before| before < version && named);
        let (done, rest) =
            std::mem::take(&mut self.waiting).into_iter().partition(|it| late(it) || answered(it));
        self.waiting = rest;
        let done: Vec<Waiting> = done;
        done.into_iter().map(|waiting| (waiting.client, waiting.number)).collect()
    }
}
