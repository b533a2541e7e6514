//! How much of a poll's time counts: that in which its thread ran or was blocked, not that in which it waited for a
//! processor.
//!
//! The scheduler counts such a wait when it is over. So of a thread that is ready to run nobody knows whether it has
//! run or waited since it was last counted: what counts then is the time for which it surely ran, and that in which it
//! was surely blocked.

use crate::stacks::proc::{self, Scheduled, State};
use taskscope_model::Nanos;

/// A thread that lacks a processor for less than this part of the time has one for itself.
const LITTLE: u64 = 20;

/// What is known of the time of one poll.
pub(super) struct Spent {
    before: Scheduled,
    /// How long the poll had lasted by then.
    unwatched: Nanos,
    /// How much of that may count: who looks later than usual cannot know what happened meanwhile.
    most_unwatched: Nanos,
    /// Time since then in which the thread was surely blocked.
    blocked: Nanos,
    /// What did not count when it was last looked at.
    lost: Nanos,
}

impl Spent {
    /// What did not count when it was last looked at: the thread waited for a processor, or perhaps did.
    pub(super) fn lost(&self) -> Nanos {
        self.lost
    }

    /// Counts from now on; `None` if the kernel does not. A poll is looked at once a period.
    pub(super) fn begin(tid: u32, lasted: Nanos, period: Nanos) -> Option<Self> {
        let before = proc::scheduled(tid)?;
        let most_unwatched = lasted.min(period + period);
        Some(Self { before, unwatched: lasted, most_unwatched, blocked: Nanos(0), lost: Nanos(0) })
    }

    /// How much of a poll counts that has lasted so long.
    pub(super) fn counted(&mut self, tid: u32, lasted: Nanos) -> Nanos {
        // The state first: a thread that waits for something else at this moment waits for no processor.
        let state = proc::state(tid);
        match (state, proc::scheduled(tid)) {
            (Some(state), Some(now)) => self.of(state, now, lasted),
            _ => lasted,
        }
    }

    fn of(&mut self, state: State, now: Scheduled, lasted: Nanos) -> Nanos {
        let watched = lasted - self.unwatched;
        let ran = now.ran - self.before.ran;
        let waited = now.waited - self.before.waited;
        if state == State::Waits {
            self.blocked = self.blocked.max(watched - ran - waited);
        }
        let counted = (ran + self.blocked).min(watched);
        let lost = watched - counted;
        // Where processors are scarce the time from before it was watched does not count.
        let has_one = lost.0.saturating_mul(LITTLE) < lasted.0;
        let counts = if has_one { self.most_unwatched + watched - lost } else { counted };
        self.lost = lasted - counts;
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Nanos {
        Nanos(count * 1_000_000)
    }

    fn spent() -> Spent {
        let before = Scheduled { ran: ms(1_000), waited: ms(70) };
        Spent { before, unwatched: ms(10), most_unwatched: ms(10), blocked: Nanos(0), lost: Nanos(0) }
    }

    fn scheduled(ran: u64, waited: u64) -> Scheduled {
        Scheduled { ran: ms(1_000 + ran), waited: ms(70 + waited) }
    }

    #[test]
    fn a_thread_that_runs_or_is_blocked_has_all_of_its_time_counted() {
        assert_eq!(spent().of(State::Ready, scheduled(90, 0), ms(100)), ms(100));
        assert_eq!(spent().of(State::Waits, scheduled(0, 0), ms(100)), ms(100));
        assert_eq!(spent().of(State::Waits, scheduled(40, 0), ms(100)), ms(100));
        // The tick that has not been counted yet.
        assert_eq!(spent().of(State::Ready, scheduled(86, 0), ms(100)), ms(96));
    }

    #[test]
    fn waiting_for_a_processor_does_not_count() {
        assert_eq!(spent().of(State::Waits, scheduled(20, 60), ms(100)), ms(30));
        // The wait goes on, and so is not counted by the scheduler either.
        assert_eq!(spent().of(State::Ready, scheduled(20, 0), ms(400)), ms(20));
        // It was stopped, and goes on.
        assert_eq!(spent().of(State::Stopped, scheduled(20, 0), ms(400)), ms(20));
    }

    #[test]
    fn who_looks_late_does_not_count_what_was_before() {
        let mut late = Spent { unwatched: ms(300), most_unwatched: ms(20), ..spent() };
        assert_eq!(late.of(State::Ready, scheduled(0, 0), ms(300)), ms(20));
        assert_eq!(late.of(State::Ready, scheduled(90, 0), ms(390)), ms(110));
    }

    #[test]
    fn what_was_seen_blocked_stays_counted() {
        let mut spent = spent();
        assert_eq!(spent.of(State::Waits, scheduled(10, 0), ms(100)), ms(100));
        assert_eq!(spent.of(State::Ready, scheduled(40, 0), ms(400)), ms(120));
    }
}
