//! How much of a core the server may use: at most 5 % over time, with some saved up for a person's first look.

use crate::stacks::proc::{Account, Scheduled};
use taskscope_model::{At, Nanos};

/// One part in so many of the elapsed time may be used.
const SHARE: u64 = 20;
/// Most that is saved up: enough to scan a million tasks a few times.
const SAVED: u64 = 2_000_000_000;

/// The server's own time on a processor: waiting for one is no use of it. Where the system does not count, what passes
/// on the clock has to do.
#[derive(Default)]
pub(super) struct OwnTime {
    account: Option<Account>,
    before: Scheduled,
}

impl OwnTime {
    /// What was used since this was last asked; `None`: unknown. The thread that asks first is the one it counts for.
    pub(super) fn spent(&mut self) -> Option<Nanos> {
        let account = self.account.get_or_insert_with(|| Account::of(crate::threads::tid()));
        let now = account.now();
        let before = std::mem::replace(&mut self.before, now);
        (before.ran > Nanos(0) && now.ran > Nanos(0)).then(|| now.ran - before.ran)
    }
}

/// An allowance of CPU time that refills as time passes.
pub(super) struct Pace {
    /// Nanoseconds; negative: overdrawn.
    allowance: i64,
    last: At,
}

impl Pace {
    pub(super) fn new(now: At) -> Self {
        Self { allowance: SAVED as i64, last: now }
    }

    /// Refills up to now; says how long to wait before there is something to use.
    pub(super) fn wait(&mut self, now: At) -> Nanos {
        let refill = (now.since(self.last).0 / SHARE).min(SAVED);
        self.allowance = self.allowance.saturating_add(refill as i64).min(SAVED as i64);
        self.last = self.last.max(now);
        Nanos(self.allowance.min(0).unsigned_abs() * SHARE)
    }

    /// Takes what was used.
    pub(super) fn spend(&mut self, used: Nanos) {
        self.allowance = self.allowance.saturating_sub(i64::try_from(used.0).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_of_the_time_may_be_used() {
        let mut pace = Pace::new(At(0));
        assert_eq!(pace.wait(At(0)), Nanos(0));
        pace.spend(Nanos(SAVED));
        assert_eq!(pace.wait(At(0)), Nanos(0));
        pace.spend(Nanos(1_000));
        assert_eq!(pace.wait(At(0)), Nanos(20_000));
        assert_eq!(pace.wait(At(20_000)), Nanos(0));
        pace.spend(Nanos(1));
        assert_ne!(pace.wait(At(20_000)), Nanos(0));
        assert_eq!(pace.wait(At(u64::MAX)), Nanos(0));
        assert!(pace.allowance <= SAVED as i64, "never more than that is saved up");
    }
}
