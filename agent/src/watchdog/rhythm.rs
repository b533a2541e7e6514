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

/// The scheduler's count of the watchdog's own time is read this often, if nothing asks for it before. Being late by
/// little is put down to the watchdog itself meanwhile, and that is wrong by a timer's slack each period.
const RENEWED: Nanos = Nanos(1_000_000_000);

/// The watchdog's own time.
pub(super) struct Rhythm {
    /// When it last woke, raw clock.
    now: u64,
    account: Account,
    own: Scheduled,
    /// How long ago that was read, and by how much the watchdog came late since, each time by little.
    read: Nanos,
    little: Nanos,
    /// Time that it has waited for others on purpose since.
    waited: Nanos,
}

impl Rhythm {
    pub(super) fn new(clock: &Clock) -> Self {
        let account = Account::of(crate::threads::tid());
        let zero = Nanos(0);
        Self { now: clock.raw(), own: account.now(), account, read: zero, little: zero, waited: zero }
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
        let lasted = clock.span(self.now.saturating_sub(before));
        self.read = self.read + lasted;
        self.unexplained(lasted - on_purpose, period)
    }

    /// It begins anew.
    pub(super) fn begin(&mut self, clock: &Clock) {
        (self.now, self.waited) = (clock.raw(), Nanos(0));
        self.renew();
    }

    /// It has waited for a thread since a moment of the raw clock.
    pub(super) fn caught(&mut self, clock: &Clock, since: u64) {
        self.waited = self.waited + clock.span(clock.raw().saturating_sub(since)).min(LONGEST_CATCH);
    }

    fn unexplained(&mut self, late: Nanos, period: Nanos) -> Nanos {
        let is_little = late < LATE.max(period);
        if is_little && self.read < RENEWED {
            self.little = self.little + late;
            return Nanos(0);
        }
        let (before, little) = (self.own, self.little);
        self.renew();
        let own = (self.own.ran - before.ran) + (self.own.waited - before.waited) - little;
        let stopped = late - own;
        if is_little || stopped < LATE.max(period) { Nanos(0) } else { stopped }
    }

    fn renew(&mut self) {
        (self.own, self.read, self.little) = (self.account.now(), Nanos(0), Nanos(0));
    }
}
