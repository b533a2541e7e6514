//! When the watchdog comes late without having worked, or waited for a processor, all was stopped: by a signal, by a
//! debugger, by a suspend.

use crate::clock::Clock;
use crate::stacks::proc::{Account, Scheduled};
use std::time::Duration;
use taskscope_model::Nanos;

/// Being late by less than this is nothing special.
const LATE: Nanos = Nanos(20_000_000);
/// Longest that the taking of one stack waits for its thread.
const LONGEST_CATCH: Nanos = Nanos(60_000_000);

/// The watchdog's own time.
pub(super) struct Rhythm {
    /// When it last woke, raw clock.
    now: u64,
    account: Account,
    own: Scheduled,
    /// Time that it has waited for others on purpose since.
    waited: Nanos,
}

impl Rhythm {
    pub(super) fn new(clock: &Clock) -> Self {
        let account = Account::of(crate::threads::tid());
        Self { now: clock.raw(), own: account.now(), account, waited: Nanos(0) }
    }

    /// When it last woke, raw clock. What it sees until it sleeps again it judges as of then: if all is stopped
    /// meanwhile that is known after the next sleep.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Sleeps for a period; says for how long all was stopped since it last woke.
    pub(super) fn pause(&mut self, clock: &Clock, period: Nanos) -> Nanos {
        std::thread::park_timeout(Duration::from_nanos(period.0));
        let before = std::mem::replace(&mut self.now, clock.raw());
        let on_purpose = period + std::mem::take(&mut self.waited);
        let late = clock.span(self.now.saturating_sub(before)) - on_purpose;
        self.unexplained(late, period)
    }

    /// It begins anew.
    pub(super) fn begin(&mut self, clock: &Clock) {
        (self.now, self.own, self.waited) = (clock.raw(), self.account.now(), Nanos(0));
    }

    /// It has waited for a thread since a moment of the raw clock.
    pub(super) fn caught(&mut self, clock: &Clock, since: u64) {
        self.waited = self.waited + clock.span(clock.raw().saturating_sub(since)).min(LONGEST_CATCH);
    }

    fn unexplained(&mut self, late: Nanos, period: Nanos) -> Nanos {
        let before = std::mem::replace(&mut self.own, self.account.now());
        let stopped = late - (self.own.ran - before.ran) - (self.own.waited - before.waited);
        if stopped < LATE.max(period) { Nanos(0) } else { stopped }
    }
}
