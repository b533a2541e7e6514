//! The polls that one thread is in. They nest where `block_in_place` and a second runtime meet.
//!
//! The innermost one is kept apart, so that the usual poll finds and leaves the place empty. One that begins
//! within another puts that aside; when it ends the place stays empty, and whoever looks for the innermost
//! then finds the one put aside last. Written by the thread alone; the collector looks, and may see the
//! fields of two polls together.

use crate::records::Record;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// Polls that can be put aside: more than anyone nests.
const ASIDE: usize = 7;

/// A poll; an id of 0 if there is none, and no record if the task has ended in it.
struct Frame {
    id: AtomicU64,
    /// Raw clock.
    start: AtomicU64,
    record: AtomicPtr<Record>,
}

impl Frame {
    fn new() -> Self {
        Self { id: AtomicU64::new(0), start: AtomicU64::new(0), record: AtomicPtr::new(ptr::null_mut()) }
    }

    #[inline]
    fn is(&self, id: u64) -> bool {
        self.id.load(Ordering::Relaxed) == id
    }

    #[inline]
    fn set(&self, poll: InPoll) {
        self.start.store(poll.start, Ordering::Relaxed);
        self.record.store(ptr::from_ref(poll.record).cast_mut(), Ordering::Relaxed);
        self.id.store(poll.id, Ordering::Relaxed);
    }

    #[inline]
    fn get(&self) -> Option<InPoll> {
        let id = self.id.load(Ordering::Relaxed);
        if id == 0 { None } else { self.of(id) }
    }

    /// The poll, whose id is known.
    #[inline]
    fn of(&self, id: u64) -> Option<InPoll> {
        // SAFETY: only records of the slab are stored here, and these are never unmapped.
        let record = unsafe { self.record.load(Ordering::Relaxed).as_ref() }?;
        Some(InPoll { id, start: self.start.load(Ordering::Relaxed), record })
    }
}

/// A poll that a thread is in.
#[derive(Clone, Copy)]
pub(crate) struct InPoll {
    pub(crate) id: u64,
    /// Raw clock.
    pub(crate) start: u64,
    pub(crate) record: &'static Record,
}

/// What a poll leaves behind.
#[derive(Clone, Copy)]
pub(crate) enum Left {
    /// The poll.
    Poll(InPoll),
    /// It was the last poll of a task that is no more.
    Ended,
    /// No such poll was begun.
    Nothing,
}

/// The polls that one thread is in.
#[repr(C)]
pub(crate) struct Frames {
    innermost: Frame,
    /// How many are put aside.
    depth: AtomicUsize,
    aside: [Frame; ASIDE],
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self { innermost: Frame::new(), depth: AtomicUsize::new(0), aside: std::array::from_fn(|_| Frame::new()) }
    }

    /// Whether a poll can simply be entered.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        self.innermost.is(0)
    }

    /// A poll begins where the place is free.
    #[inline]
    pub(crate) fn enter_free(&self, poll: InPoll) {
        self.innermost.set(poll);
    }

    /// A poll begins. False: the end of an earlier one was not told.
    pub(crate) fn enter(&self, poll: InPoll) -> bool {
        let told = match self.innermost.get() {
            // A task is not polled within its own poll ...
            Some(outer) if outer.id == poll.id => false,
            // ... and nothing is polled after the end of a task within its last poll.
            None if !self.is_free() => false,
            Some(outer) => self.put_aside(outer),
            None => true,
        };
        self.innermost.set(poll);
        told
    }

    fn put_aside(&self, outer: InPoll) -> bool {
        let depth = self.depth.load(Ordering::Relaxed);
        let Some(frame) = self.aside.get(depth) else {
            self.depth.store(0, Ordering::Relaxed);
            return false;
        };
        frame.set(outer);
        self.depth.store(depth + 1, Ordering::Relaxed);
        true
    }

    /// The innermost poll ends, if it is of that task and was not put aside.
    #[inline]
    pub(crate) fn leave_innermost(&self, id: u64) -> Left {
        if !self.innermost.is(id) {
            return Left::Nothing;
        }
        let poll = self.innermost.of(id);
        self.innermost.id.store(0, Ordering::Relaxed);
        poll.map_or(Left::Ended, Left::Poll)
    }

    /// The innermost poll ends, if it is of that task.
    pub(crate) fn leave(&self, id: u64) -> Left {
        match self.leave_innermost(id) {
            Left::Nothing => self.leave_aside(id),
            left => left,
        }
    }

    fn leave_aside(&self, id: u64) -> Left {
        let Some((depth, frame)) = self.last_aside().filter(|(_, frame)| frame.is(id)) else { return Left::Nothing };
        self.depth.store(depth, Ordering::Relaxed);
        frame.of(id).map_or(Left::Ended, Left::Poll)
    }

    /// The task ends within its poll, if the innermost is of that task: its record, which the poll forgets.
    #[inline]
    pub(crate) fn end(&self, id: u64) -> Option<&'static Record> {
        let frame = if self.innermost.is(id) {
            &self.innermost
        } else {
            self.last_aside().map(|(_, frame)| frame).filter(|frame| frame.is(id))?
        };
        let poll = frame.of(id);
        frame.record.store(ptr::null_mut(), Ordering::Relaxed);
        poll.map(|poll| poll.record)
    }

    /// The poll that is the innermost one while none is in the place for it, and how many are put aside besides.
    fn last_aside(&self) -> Option<(usize, &Frame)> {
        let besides = self.depth.load(Ordering::Relaxed).checked_sub(1).filter(|_| self.is_free())?;
        self.aside.get(besides).map(|frame| (besides, frame))
    }

    /// The innermost poll.
    #[inline]
    pub(crate) fn current(&self) -> Option<InPoll> {
        let frame = match self.last_aside() {
            Some((_, frame)) => frame,
            None => &self.innermost,
        };
        frame.get()
    }

    /// Forgets all: the thread ends.
    pub(crate) fn clear(&self) {
        self.innermost.id.store(0, Ordering::Relaxed);
        self.depth.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Slab;

    fn record() -> &'static Record {
        let mut taken = Vec::new();
        Slab::new().take(&mut taken, 1);
        taken[0]
    }

    #[test]
    fn polls_nest_and_come_back() {
        let (frames, record) = (Frames::new(), record());
        let poll = |id| InPoll { id, start: id * 10, record };
        let current = || frames.current().map(|poll| (poll.id, poll.start));
        assert!(frames.enter(poll(1)) && frames.enter(poll(2)) && frames.enter(poll(3)));
        assert_eq!(current(), Some((3, 30)));
        let start_left = |id| match frames.leave(id) {
            Left::Poll(poll) => Some(poll.start),
            Left::Ended => Some(0),
            Left::Nothing => None,
        };
        assert_eq!(start_left(2), None, "the innermost first");
        assert_eq!(start_left(3), Some(30));
        assert_eq!(current(), Some((2, 20)));
        assert!(frames.is_free());
        frames.enter_free(poll(4));
        assert!(frames.end(2).is_none() && frames.end(4).is_some());
        assert_eq!(current(), None);
        assert_eq!(start_left(4), Some(0));
        assert!(frames.end(2).is_some());
        assert_eq!(start_left(2), Some(0));
        assert_eq!(start_left(1), Some(10));
        assert_eq!(current(), None);
        assert_eq!(start_left(1), None);
    }

    #[test]
    fn ends_that_are_not_told_show() {
        let (frames, record) = (Frames::new(), record());
        let enter = |id| frames.enter(InPoll { id, start: 1, record });
        assert!(enter(1) && !enter(1));
        let told: Vec<_> = (2..=20).map(enter).collect();
        assert!(told.contains(&false), "no stack is endless");
        assert_eq!(frames.current().unwrap().id, 20);
        frames.clear();
        assert!(frames.current().is_none());
    }
}
