//! The poll path: what every poll of every task pays.
//!
//! The budget of a start and an end together is 10 ns. There is no lock, no allocation, no hashing, no system call,
//! no read-modify-write and no panic in them. Each looks first whether all is as usual, and then writes; anything
//! else goes to a function of its own, called last, for which nothing has to be kept at hand: the first poll on
//! a thread, and of a task since the collector looked, a poll after one that was long or longer than any before,
//! one within another, one of a task that is not known.

use super::Store;
use crate::frames::{InPoll, Left};
use crate::records::{Record, stamped_epoch};
use crate::threads::{Mine, Thread, Threads};
use std::sync::atomic::Ordering;

/// What a poll that was not usual has found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollStart {
    /// Nothing to do.
    Usual,
    /// The task's first poll since the collector began an epoch.
    FirstOfEpoch,
    /// A poll of a task that has no record.
    Unknown,
}

/// A poll of the task begins on this thread at that raw time, which was read before anything else, though that counts
/// the look-up as part of the poll: the counter is read only when all loads before it have come, and the look-up
/// is a chain of them. Behind it, it cost 15 ns more.
///
/// False: nothing is done yet, and [`Store::poll_starts`] is to do it.
#[inline]
pub(crate) fn starts_as_usual(id: u64, now: u64) -> bool {
    let Some(thread) = Threads::mine_by_now() else { return false };
    let Some(record) = thread.near.find(id) else { return false };
    if !thread.frames.is_free() {
        return false;
    }
    let (start, end) = (record.poll_start.load(Ordering::Relaxed), record.poll_end.load(Ordering::Relaxed));
    // The end of the last poll is not noted yet. Before the first one a record looks as if one of no length had ended.
    if end <= start {
        return false;
    }
    let spent = end - start;
    if spent > record.max_poll.load(Ordering::Relaxed) || spent >= thread.long_from {
        return false;
    }
    if record.stamp.load(Ordering::Relaxed) != thread.stamp.load(Ordering::Relaxed) {
        return false;
    }
    let start = begin(now);
    thread.frames.enter_free(InPoll { id, start, record });
    record.poll_start.store(start, Ordering::Relaxed);
    add_one_poll(record, spent);
    true
}

/// The poll of the task that this thread was in has ended. tokio calls this when it has let go of the task already:
/// another thread may be in its next poll, or have ended it. So nothing is added up here: only the end is noted,
/// and only if the record still tells of this poll.
///
/// `thread` is `Threads::mine_by_now`. False: nothing is done yet, and [`Store::poll_ends`] is to do it.
#[inline]
pub(crate) fn ends_as_usual(thread: Option<Mine>, id: u64, now: u64) -> bool {
    let Some(thread) = thread else { return false };
    match thread.frames.leave_innermost(id) {
        Left::Poll(poll) => note_end(poll, now),
        Left::Ended => {}
        Left::Nothing => return false,
    }
    true
}

#[inline]
fn note_end(poll: InPoll, now: u64) {
    if poll.record.poll_start.load(Ordering::Relaxed) == poll.start {
        poll.record.poll_end.store(end(now), Ordering::Relaxed);
    }
}

impl Store {
    /// A poll of the task begins on this thread.
    pub(crate) fn poll_starts(&'static self, id: u64, now: u64) -> PollStart {
        let Some(thread) = self.threads.mine() else { return PollStart::Usual };
        let Some(record) = self.index.find_near(&thread.near, id) else {
            self.counts.unknown_polls.fetch_add(1, Ordering::Relaxed);
            return PollStart::Unknown;
        };
        if self.enter(&thread, record, id, now) { PollStart::FirstOfEpoch } else { PollStart::Usual }
    }

    /// True: it is the first poll of the task since the collector began an epoch.
    pub(super) fn enter(&self, thread: &Thread, record: &'static Record, id: u64, now: u64) -> bool {
        // Its first poll on this thread may be its last.
        record.prefetch_rest();
        let start = begin(now);
        if !thread.frames.enter(InPoll { id, start, record }) {
            self.counts.unended_polls.fetch_add(1, Ordering::Relaxed);
        }
        self.add_last_poll(record, start);
        self.bell.ring();
        let (seen, stamp) = (record.stamp.load(Ordering::Relaxed), thread.stamp.load(Ordering::Relaxed));
        record.stamp.store(stamp, Ordering::Relaxed);
        let first = stamped_epoch(seen) != stamped_epoch(stamp);
        // Unwatched lists would not be drained, and hold their records beyond the end of the tasks.
        if first && self.watch.on.load(Ordering::Relaxed) {
            thread.touched.push(record);
        }
        first
    }

    /// Adds the last poll, which has ended, to the record, and begins the next. Plain loads and stores: who
    /// polls the task is the one writer.
    fn add_last_poll(&self, record: &Record, now: u64) {
        let start = record.poll_start.load(Ordering::Relaxed);
        record.poll_start.store(now, Ordering::Relaxed);
        let end = record.poll_end.load(Ordering::Relaxed);
        // If its end is not noted it is about to be, by the thread that has just let go of the task.
        let end = if end > start { end } else { now };
        let spent = if start == 0 { 0 } else { end.saturating_sub(start) };
        add_one_poll(record, spent);
        if spent > record.max_poll.load(Ordering::Relaxed) {
            record.max_poll.store(spent, Ordering::Relaxed);
        }
        if spent >> self.clock.long_shift() != 0 {
            record.count_long(spent, self.clock.long_shift());
        }
    }

    /// A poll of the task ends on this thread.
    pub(crate) fn poll_ends(&'static self, id: u64, now: u64) {
        let Some(thread) = self.threads.mine() else { return };
        match thread.frames.leave(id) {
            Left::Poll(poll) => note_end(poll, now),
            Left::Ended => {}
            // The task is known, so the start of this poll was not told.
            Left::Nothing if self.index.find(id).is_some() => {
                self.counts.unbegun_polls.fetch_add(1, Ordering::Relaxed);
            }
            Left::Nothing => {}
        }
    }
}

/// A raw time as the beginning of a poll: even and not 0, where an end is odd. So a poll's end is later than its
/// beginning on the coarsest of clocks.
#[inline]
pub(super) fn begin(now: u64) -> u64 {
    now & !1
}

/// A raw time as the end of a poll.
#[inline]
pub(super) fn end(now: u64) -> u64 {
    now | 1
}

#[inline]
fn add_one_poll(record: &Record, spent: u64) {
    let polls = record.polls.load(Ordering::Relaxed);
    record.polls.store(polls.wrapping_add(1), Ordering::Relaxed);
    let busy = record.busy.load(Ordering::Relaxed);
    record.busy.store(busy.wrapping_add(spent), Ordering::Relaxed);
}
