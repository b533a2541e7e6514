//! The threads that poll, spawn or end tasks: one slot each, recycled when the thread ends, never unmapped.

use crate::frames::{Frames, InPoll};
use crate::late::LateRing;
use crate::records::{Near, Touched, stamp};
use crate::shard::Shard;
use crate::spawning::{SpawnCounts, Spawning};
use crate::sync::lock;
use std::cell::{Cell, RefCell, RefMut};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::ThreadId;

/// Most slots: a thread's number has 16 bits. Tasks touched by later threads are counted as untracked.
const MOST_THREADS: usize = 1 << 16;

/// One thread's slot. What every poll reads or writes comes first, on one cache line.
#[repr(C, align(128))]
pub(crate) struct Thread {
    /// The thread's number and the epoch, as in a record.
    pub(crate) stamp: AtomicU64,
    /// The shortest poll that is long, raw clock.
    pub(crate) long_from: u64,
    /// The polls that the thread is in.
    pub(crate) frames: Frames,
    pub(crate) near: Near,
    pub(crate) touched: Touched,
    number: u16,
    pub(crate) shard: Mutex<Shard>,
    pub(crate) spawned: SpawnCounts,
    /// Written by the slot's thread alone.
    pub(crate) late: LateRing,
    own: Own,
    /// Whose slot it is now.
    owner: Mutex<Option<ThreadId>>,
    /// The system's number of that thread; 0 if it is nobody's, or the system is not Linux.
    tid: AtomicU32,
}

/// What only the thread whose slot it is may use; `Mine` alone leads there.
struct Own(RefCell<Spawning>);

// SAFETY: all use is through `Mine`, which only the slot's thread has. When the slot goes from one thread to the
// next, the lock on the free slots orders what they do.
unsafe impl Sync for Own {}

/// The calling thread's own slot. Neither kept nor sent to another thread.
#[derive(Clone, Copy)]
pub(crate) struct Mine {
    thread: &'static Thread,
    not_send: PhantomData<*const ()>,
}

impl Mine {
    fn new(thread: &'static Thread) -> Self {
        Self { thread, not_send: PhantomData }
    }

    /// What the thread needs to spawn; `None` within another use of it: the program's allocator, called by ours,
    /// spawns a task.
    #[inline]
    pub(crate) fn spawning(self) -> Option<RefMut<'static, Spawning>> {
        self.thread.own.0.try_borrow_mut().ok()
    }
}

impl Deref for Mine {
    type Target = Thread;

    #[inline]
    fn deref(&self) -> &Thread {
        self.thread
    }
}

impl Thread {
    /// The innermost poll that the thread is in. Another thread may see the fields of two polls together.
    pub(crate) fn in_poll(&self) -> Option<InPoll> {
        self.frames.current()
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
    slots: Mutex<Slots>,
    free: Mutex<Vec<&'static Thread>>,
    /// The shortest poll that is long, raw clock.
    long_from: u64,
}

struct Slots {
    all: Vec<&'static Thread>,
    /// That of every slot's stamp.
    epoch: u32,
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
            thread.frames.clear();
            *lock(&thread.owner) = None;
            thread.tid.store(0, Ordering::Relaxed);
            lock(&threads.free).push(thread);
        }
    }
}

impl Threads {
    /// `long_from`: the shortest poll that is long, raw clock.
    pub(crate) fn new(long_from: u64) -> Self {
        let slots = Slots { all: Vec::new(), epoch: 1 };
        Self { slots: Mutex::new(slots), free: Mutex::new(Vec::new()), long_from }
    }

    /// The calling thread's slot; `None` if there is no room, or the thread is ending.
    #[inline]
    pub(crate) fn mine(&'static self) -> Option<Mine> {
        MINE.get().or_else(|| self.register()).map(Mine::new)
    }

    /// The calling thread's slot, or any if it has none: it is ending. For what stands behind a lock.
    pub(crate) fn some(&'static self) -> Option<&'static Thread> {
        MINE.get().or_else(|| self.register()).or_else(|| self.all().first().copied())
    }

    /// The calling thread's slot, if it has one by now.
    #[inline]
    pub(crate) fn mine_by_now() -> Option<Mine> {
        MINE.get().map(Mine::new)
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
        if slots.all.len() >= MOST_THREADS {
            return None;
        }
        let number = slots.all.len() as u16;
        let thread: &'static Thread = Box::leak(Box::new(Thread {
            stamp: AtomicU64::new(stamp(number, slots.epoch)),
            long_from: self.long_from,
            frames: Frames::new(),
            near: Near::new(),
            touched: Touched::new(),
            number,
            shard: Mutex::new(Shard::default()),
            spawned: SpawnCounts::new(),
            late: LateRing::new(),
            own: Own(RefCell::new(Spawning::default())),
            owner: Mutex::new(None),
            tid: AtomicU32::new(0),
        }));
        slots.all.push(thread);
        Some(thread)
    }

    /// Begins an epoch on every thread.
    pub(crate) fn next_epoch(&self) {
        let mut slots = lock(&self.slots);
        slots.epoch = slots.epoch.wrapping_add(1);
        for thread in &slots.all {
            thread.stamp.store(stamp(thread.number, slots.epoch), Ordering::SeqCst);
        }
    }

    /// All slots, by number.
    pub(crate) fn all(&self) -> Vec<&'static Thread> {
        lock(&self.slots).all.clone()
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
