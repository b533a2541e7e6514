//! The list of records that one thread has touched since the collector last looked.

use super::record::{Record, UNLISTED};
use super::slab::Slab;
use crate::sync::{AtomicU32, Ordering};

/// Ends a list; a listed record's `next` is this or a slot.
const END: u32 = u32::MAX - 1;

/// One thread's touched records. Only that thread pushes; only the collector drains.
pub(crate) struct Touched {
    head: AtomicU32,
}

impl Touched {
    pub(crate) fn new() -> Self {
        Self { head: AtomicU32::new(END) }
    }

    /// Lists a record if it is on no list. Called by the thread that polls or spawns its task.
    pub(crate) fn push(&self, record: &Record) {
        if record.rest().next.load(Ordering::Relaxed) != UNLISTED {
            return;
        }
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            record.rest().next.store(head, Ordering::Relaxed);
            // Release: who takes the list sees the links. A failure means that the collector took the list.
            match self.head.compare_exchange(head, record.slot(), Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes the whole list. Each record is unlisted before `see` gets it. A record whose task has ended
    /// meanwhile is free and goes to `freed` instead.
    pub(crate) fn drain(
        &self,
        slab: &Slab,
        mut see: impl FnMut(&'static Record),
        mut freed: impl FnMut(&'static Record),
    ) {
        let mut at = self.head.swap(END, Ordering::Acquire);
        while let Some(record) = slab.get(at) {
            at = record.rest().next.swap(UNLISTED, Ordering::SeqCst);
            crate::sync::fence(Ordering::SeqCst);
            if record.free_ended() {
                freed(record);
            } else {
                see(record);
            }
        }
    }
}
