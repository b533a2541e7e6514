//! The threads that poll, spawn or end tasks: one slot each, recycled when the thread ends, never unmapped.

use crate::records::{Near, Record, Touched};
use crate::shard::Shard;
use crate::sync::lock;
use std::cell::Cell;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::thread::ThreadId;

/// Most slots: a thread's number has 16 bits. Tasks touched by later threads are counted as untracked.
const MOST_THREADS: usize = 1 << 16;

/// One thread's slot. `current` is written by that thread alone.
#[repr(align(128))]
pub(crate) struct Thread {
    number: u16,
    /// The record of the poll that the thread is in.
    current: AtomicPtr<Record>,
    pub(crate) touched: Touched,
    pub(crate) near: Near,
    pub(crate) shard: Mutex<Shard>,
    /// Whose slot it is now.
    owner: Mutex<Option<ThreadId>>,
}

impl Thread {
    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// The record of the poll that the thread is in.
    #[inline]
    pub(crate) fn current(&self) -> Option<&'static Record> {
        // SAFETY: only records of the slab are stored here, and these are never unmapped.
        unsafe { self.current.load(Ordering::Relaxed).as_ref() }
    }

    /// Sets the record of the poll that the thread is in.
    #[inline]
    pub(crate) fn set_current(&self, record: *mut Record) {
        self.current.store(record, Ordering::Relaxed);
    }

    /// Whose slot it is now.
    pub(crate) fn owner(&self) -> Option<ThreadId> {
        *lock(&self.owner)
    }
}

/// All slots.
pub(crate) struct Threads {
    slots: Mutex<Vec<&'static Thread>>,
    free: Mutex<Vec<&'static Thread>>,
}

thread_local! {
    static MINE: Cell<Option<&'static Thread>> = const { Cell::new(None) };
    static GIVE_BACK: GiveBack = const { GiveBack(Cell::new(None)) };
}

/// Gives the slot back when its thread ends.
struct GiveBack(Cell<Option<(&'static Threads, &'static Thread)>>);

impl Drop for GiveBack {
    fn drop(&mut self) {
        MINE.set(None);
        if let Some((threads, thread)) = self.0.take() {
            thread.set_current(ptr::null_mut());
            *lock(&thread.owner) = None;
            lock(&threads.free).push(thread);
        }
    }
}

impl Threads {
    pub(crate) fn new() -> Self {
        Self { slots: Mutex::new(Vec::new()), free: Mutex::new(Vec::new()) }
    }

    /// The calling thread's slot; `None` if there is no room, or the thread is ending.
    #[inline]
    pub(crate) fn mine(&'static self) -> Option<&'static Thread> {
        MINE.get().or_else(|| self.register())
    }

    #[cold]
    fn register(&'static self) -> Option<&'static Thread> {
        GIVE_BACK
            .try_with(|give_back| {
                let thread = lock(&self.free).pop().or_else(|| self.add())?;
                *lock(&thread.owner) = Some(std::thread::current().id());
                give_back.0.set(Some((self, thread)));
                MINE.set(Some(thread));
                Some(thread)
            })
            .ok()
            .flatten()
    }

    fn add(&self) -> Option<&'static Thread> {
        let mut slots = lock(&self.slots);
        if slots.len() >= MOST_THREADS {
            return None;
        }
        let thread: &'static Thread = Box::leak(Box::new(Thread {
            number: slots.len() as u16,
            current: AtomicPtr::new(ptr::null_mut()),
            touched: Touched::new(),
            near: Near::new(),
            shard: Mutex::new(Shard::default()),
            owner: Mutex::new(None),
        }));
        slots.push(thread);
        Some(thread)
    }

    /// All slots, by number.
    pub(crate) fn all(&self) -> Vec<&'static Thread> {
        lock(&self.slots).clone()
    }
}
