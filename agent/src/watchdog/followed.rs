//! A poll that the watchdog has seen more than once.

use crate::clock::Clock;
use crate::frames::InPoll;
use crate::records::Record;
use crate::stacks::slow_polls::Begun;
use crate::store::Store;
use crate::threads::Thread;
use crate::watchdog::spent::Spent;
use std::sync::atomic::Ordering;
use taskscope_model::{Nanos, SlowPollId};

/// So often a stack that cannot be had is asked for again a period later.
const MOST_IN_VAIN: u32 = 8;

/// What is known of the poll.
pub(super) struct Followed {
    id: u64,
    /// Raw clock, as all times here unless they have a unit.
    start: u64,
    record: &'static Record,
    /// The thread's, once that was looked up.
    tid: Option<u32>,
    /// Whether the thread was believed when the poll was first looked at.
    pub(super) trusted: Option<bool>,
    /// Where the task was spawned, once that was looked up.
    place: Option<u32>,
    seen: u64,
    /// Time in which all was stopped.
    stopped: Nanos,
    /// How much of its time counts.
    spent: Option<Spent>,
    /// It is due at its limit times two to the power of this.
    passed: u32,
    /// How often its stack could not be had since it was last due.
    in_vain: u32,
    ignored: bool,
    recounted: u64,
    /// Set when it has passed its limit.
    pub(super) begun: Option<Begun>,
    /// Set when that has been noted.
    pub(super) entry: Option<SlowPollId>,
}

impl Followed {
    pub(super) fn new(poll: InPoll) -> Self {
        Self {
            id: poll.id,
            start: poll.start,
            record: poll.record,
            tid: None,
            trusted: None,
            place: None,
            seen: poll.start,
            stopped: Nanos(0),
            spent: None,
            in_vain: 0,
            passed: 0,
            ignored: false,
            recounted: 0,
            begun: None,
            entry: None,
        }
    }

    /// The number of the place where the task was spawned; `None` if it has just ended.
    pub(super) fn place(&mut self, store: &Store) -> Option<u32> {
        if self.place.is_none() {
            let copied = store.copy(self.record).filter(|copied| copied.seed.id == self.id);
            self.place = copied.map(|copied| copied.seed.location);
        }
        self.place
    }

    /// The system's number of the thread, which stays the same for as long as the poll lasts.
    pub(super) fn tid(&mut self, thread: &Thread) -> Option<u32> {
        self.tid = self.tid.or_else(|| thread.tid());
        self.tid
    }

    /// Whether it is that poll.
    pub(super) fn is(&self, poll: &InPoll) -> bool {
        (self.id, self.start) == (poll.id, poll.start)
    }

    /// How long it has lasted, without the time in which all was stopped.
    pub(super) fn lasted(&mut self, clock: &Clock, now: u64) -> Nanos {
        self.seen = now;
        clock.span(now.saturating_sub(self.start)) - self.stopped
    }

    /// The process was stopped for so long.
    pub(super) fn was_stopped(&mut self, time: Nanos) {
        self.stopped = self.stopped + time;
    }

    /// From now on the time that does not count is known. It is looked at so often.
    pub(super) fn begin_to_count(&mut self, clock: &Clock, now: u64, tid: u32, period: Nanos) {
        if self.spent.is_none() {
            self.spent = Spent::begin(tid, self.lasted(clock, now), period);
        }
    }

    /// How much of its time counts.
    pub(super) fn counted(&mut self, clock: &Clock, now: u64, tid: u32) -> Nanos {
        let lasted = self.lasted(clock, now);
        self.spent.as_mut().map_or(lasted, |spent| spent.counted(tid, lasted))
    }

    /// Its stack could not be had; says whether to ask again soon.
    pub(super) fn again(&mut self) -> bool {
        self.in_vain += 1;
        self.in_vain < MOST_IN_VAIN
    }

    /// When it is to be looked at next.
    pub(super) fn due(&self, limit: Nanos) -> Nanos {
        Nanos(limit.0.checked_shl(self.passed).unwrap_or(u64::MAX))
    }

    /// It has lasted for so long and was looked at.
    pub(super) fn passed(&mut self, lasted: Nanos, limit: Nanos) {
        self.in_vain = 0;
        while self.passed < u64::BITS - 1 && self.due(limit) <= lasted {
            self.passed += 1;
        }
    }

    /// It blocks nobody.
    pub(super) fn ignore(&mut self) {
        self.ignored = true;
    }

    pub(super) fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// Whether it was noted that it is too long.
    pub(super) fn is_known(&self) -> bool {
        self.entry.is_some()
    }

    /// Whether it has passed its limit.
    pub(super) fn is_late(&self) -> bool {
        self.begun.is_some()
    }

    /// Whether what waits behind it is to be counted again.
    pub(super) fn wants_recount(&mut self, clock: &Clock, now: u64, every: Nanos) -> bool {
        let due = clock.span(now.saturating_sub(self.recounted)) >= every;
        if due {
            self.recounted = now;
        }
        due
    }

    /// How long it took, now that it has ended.
    pub(super) fn length(&self, clock: &Clock) -> Nanos {
        let start = self.record.poll_start.load(Ordering::Relaxed);
        let end = self.record.poll_end.load(Ordering::Relaxed);
        let known = start == self.start && end > start;
        let lasted = clock.span(if known { end } else { self.seen }.saturating_sub(self.start));
        lasted - self.stopped - self.spent.as_ref().map_or(Nanos(0), Spent::lost)
    }
}
