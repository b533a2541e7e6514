//! The threads that poll, spawn or end tasks: one slot each, recycled when the thread ends, never unmapped.

use crate::records::{Near, Record, Touched};
use crate::shard::Shard;
use crate::sync::lock;
use std::cell::Cell;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::thread::ThreadId;

/// Most slots: a thread's number has 16 bits. Tasks touched by later threads are counted as untracked.
const MOST_THREADS: usize = 1 << 16;

/// Polls that nest on one thread (`block_in_place` and runtimes of their own) deeper than anyone does it.
const DEEPEST: usize = 8;

/// A poll that a thread is in.
struct Frame {
    record: AtomicPtr<Record>,
    id: AtomicU64,
    /// Raw clock.
    start: AtomicU64,
}

/// A poll that a thread is in.
#[derive(Clone, Copy)]
pub(crate) struct InPoll {
    pub(crate) id: u64,
    /// Raw clock.
    pub(crate) start: u64,
    pub(crate) record: &'static Record,
}

/// One thread's slot.
#[repr(align(128))]
pub(crate) struct Thread {
    number: u16,
    /// The polls that the thread is in, the innermost last; written by that thread alone.
    depth: AtomicUsize,
    frames: [Frame; DEEPEST],
    pub(crate) touched: Touched,
    pub(crate) near: Near,
    pub(crate) shard: Mutex<Shard>,
    /// Whose slot it is now.
    owner: Mutex<Option<ThreadId>>,
    /// The system's number of that thread; 0 if it is nobody's, or the system is not Linux.
    tid: AtomicU32,
}

impl Thread {
    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// The record of the innermost poll that the thread is in, and the task's id.
    #[inline]
    pub(crate) fn current(&self) -> Option<(&'static Record, u64)> {
        let frame = self.frames.get(self.depth.load(Ordering::Relaxed).wrapping_sub(1))?;
        // SAFETY: only records of the slab are stored here, and these are never unmapped.
        let record = unsafe { frame.record.load(Ordering::Relaxed).as_ref() };
        record.map(|record| (record, frame.id.load(Ordering::Relaxed)))
    }

    /// A poll begins. False: the end of an earlier one was not told.
    #[inline]
    pub(crate) fn enter(&self, record: &'static Record, id: u64, start: u64) -> bool {
        let depth = self.depth.load(Ordering::Relaxed);
        let again = depth > 0 && self.frames.get(depth - 1).is_some_and(|top| top.id.load(Ordering::Relaxed) == id);
        // A task is not polled within its own poll, nor do polls nest this deep.
        let (place, seen) = if again { (depth - 1, false) } else if depth >= DEEPEST { (0, false) } else { (depth, true) };
        if let Some(frame) = self.frames.get(place) {
            frame.record.store(ptr::from_ref(record).cast_mut(), Ordering::Relaxed);
            frame.id.store(id, Ordering::Relaxed);
            frame.start.store(start, Ordering::Relaxed);
        }
        self.depth.store(place + 1, Ordering::Relaxed);
        seen
    }

    /// The innermost poll ends, if it is of that task: its record, and when it began.
    #[inline]
    pub(crate) fn leave(&self, id: u64) -> Option<(&'static Record, u64)> {
        let (record, current) = self.current()?;
        if current != id {
            return None;
        }
        let depth = self.depth.load(Ordering::Relaxed).wrapping_sub(1);
        self.depth.store(depth, Ordering::Relaxed);
        self.frames.get(depth).map(|frame| (record, frame.start.load(Ordering::Relaxed)))
    }

    /// The innermost poll that the thread is in. Another thread may see the fields of two polls together.
    pub(crate) fn in_poll(&self) -> Option<InPoll> {
        let (record, id) = self.current()?;
        let frame = self.frames.get(self.depth.load(Ordering::Relaxed).wrapping_sub(1))?;
        Some(InPoll { id, start: frame.start.load(Ordering::Relaxed), record })
    }

    /// The system's number of the thread whose slot it is now.
    pub(crate) fn tid(&self) -> Option<u32> {
        Some(self.tid.load(Ordering::Relaxed)).filter(|tid| *tid != 0)
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
            thread.depth.store(0, Ordering::Relaxed);
            *lock(&thread.owner) = None;
            thread.tid.store(0, Ordering::Relaxed);
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
                thread.tid.store(tid(), Ordering::Relaxed);
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
            depth: AtomicUsize::new(0),
            frames: std::array::from_fn(|_| Frame {
                record: AtomicPtr::new(ptr::null_mut()),
                id: AtomicU64::new(0),
                start: AtomicU64::new(0),
            }),
            touched: Touched::new(),
            near: Near::new(),
            shard: Mutex::new(Shard::default()),
            owner: Mutex::new(None),
            tid: AtomicU32::new(0),
        }));
        slots.push(thread);
        Some(thread)
    }

    /// All slots, by number.
    pub(crate) fn all(&self) -> Vec<&'static Thread> {
        lock(&self.slots).clone()
    }
}

/// The system's number of the calling thread.
#[cfg(target_os = "linux")]
pub(crate) fn tid() -> u32 {
    // SAFETY: it only asks.
    unsafe { libc::syscall(libc::SYS_gettid) as u32 }
}

/// Not known elsewhere.
#[cfg(not(target_os = "linux"))]
pub(crate) fn tid() -> u32 {
    0
}
