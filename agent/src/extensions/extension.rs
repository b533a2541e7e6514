//! One extension: 96 bytes about one wrapped task. The protocol stands in the module above.

use super::deposit::Deposit;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
use std::ptr;
use std::task::Waker;
use taskscope_model::codes::{CancelWay, HandleState, Outcome};
use tokio::task::AbortHandle;

/// Who may use the extension for as long as the task or its handle are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The task, until its record has ended.
    Task = 1,
    /// Its handle.
    Handle = 2,
}

impl Hold {
    fn other(self) -> Self {
        match self {
            Hold::Task => Hold::Handle,
            Hold::Handle => Hold::Task,
        }
    }

    fn bit(self) -> u64 {
        self as u64
    }
}

/// One guest more; and all that is no generation.
const GUEST: u64 = 4;
const HOLDS: u64 = u32::MAX as u64;
/// Guests at once: more than there are threads. The next one is turned away.
const MOST_GUESTS: u64 = 1 << 28;

/// What is known about the task besides numbers.
pub(crate) mod mark {
    /// The terminate hook ends the record.
    pub(crate) const HOOKED: u32 = 1;
    /// The spawner has bound the record; the wrapper ends it.
    pub(crate) const KEPT: u32 = 1 << 1;
    /// The wrapper is gone.
    pub(crate) const DROPPED: u32 = 1 << 2;
    /// There is something in the side table.
    pub(crate) const SIDE: u32 = 1 << 3;
    /// tokio's own handle was given out: what becomes of it cannot be seen.
    pub(crate) const FOREIGN: u32 = 1 << 4;
    /// It stands on a list of extensions that have changed.
    pub(crate) const STIRRED: u32 = 1 << 5;
    /// Somebody has asked it to stop: who, is in the side table.
    pub(crate) const ASKED: u32 = 1 << 6;
}

/// Bits of `handled` below the time.
const STATE: u64 = 7;

/// A type of future.
#[derive(Debug)]
pub(crate) struct FutureType {
    name: fn() -> &'static str,
    pub(crate) size: usize,
}

struct Of<F>(std::marker::PhantomData<F>);

impl<F> Of<F> {
    const TYPE: &'static FutureType = &FutureType { name: std::any::type_name::<F>, size: size_of::<F>() };
}

impl FutureType {
    /// That of `F`.
    pub(crate) fn of<F>() -> &'static Self {
        Of::<F>::TYPE
    }

    /// Its name, as the compiler writes it.
    pub(crate) fn name(&self) -> &'static str {
        (self.name)()
    }
}

/// What became of a handle, and when: raw clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handled {
    pub(crate) state: HandleState,
    pub(crate) at: u64,
}

impl Handled {
    /// In one word; the time loses its lowest bits.
    #[inline]
    pub(crate) fn pack(self) -> u64 {
        self.at & !STATE | u64::from(self.state.0) & STATE
    }

    /// The same back.
    #[inline]
    pub(crate) fn unpack(word: u64) -> Self {
        Self { state: HandleState((word & STATE) as u8), at: word & !STATE }
    }
}

/// Who asked the task to stop first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Raw clock.
    pub(crate) at: u64,
    pub(crate) way: CancelWay,
    /// 0: no task.
    pub(crate) by: u64,
    /// Number of the place, `None` if there is none.
    pub(crate) place: Option<u32>,
    pub(crate) set: Option<u32>,
}

/// What the spawning thread knows.
pub(crate) struct Description {
    pub(crate) future: &'static FutureType,
    pub(crate) handled: Handled,
    /// Slot of the record.
    pub(crate) record: u32,
    /// The place of the spawn.
    pub(crate) place: u32,
    /// Where the JoinSet was made.
    pub(crate) set: Option<u32>,
}

/// What is known of a wrapped task beyond its record.
#[repr(C)]
pub(crate) struct Extension {
    pub(crate) id: AtomicU64,
    life: AtomicU64,
    marks: AtomicU32,
    slot: u32,
    record: AtomicU32,
    place: AtomicU32,
    outcome: AtomicU32,
    /// Number of the place where the JoinSet was made, plus one; 0: there is none.
    set: AtomicU32,
    future: AtomicPtr<FutureType>,
    handled: AtomicU64,
    pub(crate) abort: Deposit<AbortHandle>,
    pub(crate) waker: Deposit<Waker>,
}

#[cfg(all(not(taskscope_loom), target_pointer_width = "64"))]
const _: () = assert!(size_of::<Extension>() == 96);

impl Extension {
    pub(super) fn new(slot: u32) -> Self {
        Self {
            id: AtomicU64::new(0),
            life: AtomicU64::new(0),
            marks: AtomicU32::new(0),
            slot,
            record: AtomicU32::new(0),
            place: AtomicU32::new(0),
            outcome: AtomicU32::new(0),
            future: AtomicPtr::new(ptr::null_mut()),
            handled: AtomicU64::new(0),
            set: AtomicU32::new(0),
            abort: Deposit::empty(),
            waker: Deposit::empty(),
        }
    }

    /// Fills a free extension that the caller alone holds.
    #[inline]
    pub(crate) fn fill(&'static self, it: &Description) -> Grip {
        let life = self.life.load(Ordering::Relaxed);
        // Pairs with the Acquire fence in `read`.
        fence(Ordering::Release);
        self.id.store(0, Ordering::Relaxed);
        self.marks.store(0, Ordering::Relaxed);
        self.record.store(it.record, Ordering::Relaxed);
        self.place.store(it.place, Ordering::Relaxed);
        self.outcome.store(0, Ordering::Relaxed);
        self.future.store(ptr::from_ref(it.future).cast_mut(), Ordering::Relaxed);
        self.handled.store(it.handled.pack(), Ordering::Relaxed);
        self.set.store(it.set.map_or(0, |set| set.saturating_add(1)), Ordering::Relaxed);
        let generation = (life >> u32::BITS) as u32;
        let grip = Grip { extension: self, generation: generation.wrapping_add(1) };
        self.life.store(grip.life() | Hold::Task.bit() | Hold::Handle.bit(), Ordering::Release);
        grip
    }

    /// Lets go of what was left here, before it is given back. The caller knows that nobody has a hold any more.
    #[inline]
    pub(crate) fn clear(&self) {
        self.abort.clear();
        self.waker.clear();
    }

    #[inline]
    pub(crate) fn slot(&self) -> u32 {
        self.slot
    }

    /// What a record names it by.
    #[inline]
    pub(crate) fn number(&self) -> u32 {
        self.slot + 1
    }

    /// A grip on whatever task it is of now; for who knows that it is alive.
    #[inline]
    pub(crate) fn grip(&'static self) -> Grip {
        let life = self.life.load(Ordering::Acquire);
        Grip { extension: self, generation: (life >> u32::BITS) as u32 }
    }

    /// Slot of the record.
    #[inline]
    pub(crate) fn record(&self) -> u32 {
        self.record.load(Ordering::Relaxed)
    }

    /// The place of the spawn.
    #[inline]
    pub(crate) fn place(&self) -> u32 {
        self.place.load(Ordering::Relaxed)
    }

    /// The type of its future.
    #[inline]
    pub(crate) fn future(&self) -> Option<&'static FutureType> {
        // SAFETY: only types that live for ever are stored here.
        unsafe { self.future.load(Ordering::Relaxed).as_ref() }
    }

    /// Sets marks; returns those that were set before.
    #[inline]
    pub(crate) fn mark(&self, marks: u32) -> u32 {
        self.marks.fetch_or(marks, Ordering::AcqRel)
    }

    /// Sets marks before anybody else can.
    #[inline]
    pub(crate) fn mark_early(&self, marks: u32) {
        let before = self.marks.load(Ordering::Relaxed);
        self.marks.store(before | marks, Ordering::Release);
    }

    /// Takes marks away.
    pub(crate) fn unmark(&self, marks: u32) {
        self.marks.fetch_and(!marks, Ordering::AcqRel);
    }

    /// Whether a mark is set.
    #[inline]
    pub(crate) fn is_marked(&self, marks: u32) -> bool {
        self.marks.load(Ordering::Acquire) & marks != 0
    }

    /// How it ended; unknown while it lives, or if nobody knows.
    #[inline]
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome(self.outcome.load(Ordering::Relaxed) as u8)
    }

    #[inline]
    pub(crate) fn set_outcome(&self, outcome: Outcome) {
        self.outcome.store(outcome.0.into(), Ordering::Relaxed);
    }

    /// Where the handle is.
    #[inline]
    pub(crate) fn handled(&self) -> Handled {
        Handled::unpack(self.handled.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn set_handled(&self, handled: Handled) {
        self.handled.store(handled.pack(), Ordering::Release);
    }

    /// Where the JoinSet was made that holds it or held it.
    #[inline]
    pub(crate) fn set(&self) -> Option<u32> {
        self.set.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// An extension and the generation that is meant.
#[derive(Clone, Copy)]
pub(crate) struct Grip {
    pub(crate) extension: &'static Extension,
    generation: u32,
}

impl Grip {
    /// The generation, as it stands in `life`.
    #[inline]
    fn life(self) -> u64 {
        u64::from(self.generation) << u32::BITS
    }

    /// Reads some fields together; `None` if nobody has a hold any more, or it is another task's by now.
    pub(crate) fn read<T>(self, fields: impl FnOnce(&'static Extension) -> T) -> Option<T> {
        let is_held = |life: u64| life & !HOLDS == self.life() && life & HOLDS != 0;
        if !is_held(self.extension.life.load(Ordering::Acquire)) {
            return None;
        }
        let read = fields(self.extension);
        fence(Ordering::Acquire);
        is_held(self.extension.life.load(Ordering::Relaxed)).then_some(read)
    }

    /// Lets one of task and handle go if the other one is still there. False: the other one is gone, and the
    /// caller, who keeps its hold, is to do what the last one does, and then to `let_go`.
    #[inline]
    #[must_use]
    pub(crate) fn go_first(self, hold: Hold) -> bool {
        let life = &self.extension.life;
        let mut now = life.load(Ordering::Acquire);
        while now & hold.other().bit() != 0 {
            match life.compare_exchange_weak(now, now & !hold.bit(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Lets go. True: nobody is left, and the caller has to give the extension back.
    #[inline]
    #[must_use]
    pub(crate) fn let_go(self, hold: Hold) -> bool {
        let before = self.extension.life.fetch_and(!hold.bit(), Ordering::AcqRel);
        before & HOLDS == hold.bit()
    }

    /// The same by the one of task and handle who knows that the other one is gone, and so is the task: if no guest is
    /// left none will come.
    #[inline]
    #[must_use]
    pub(crate) fn let_go_last(self, hold: Hold) -> bool {
        debug_assert_eq!(hold, Hold::Handle, "guests come as long as the task is there");
        if self.extension.life.load(Ordering::Acquire) & HOLDS == hold.bit() {
            self.extension.life.store(self.life(), Ordering::Release);
            return true;
        }
        self.let_go(hold)
    }

    /// Has somebody in who has neither the task nor its handle; `None` if the task has ended.
    pub(crate) fn visit(self) -> Option<Guest> {
        let life = &self.extension.life;
        let mut now = life.load(Ordering::Relaxed);
        while now & !HOLDS == self.life() && now & Hold::Task.bit() != 0 && now & HOLDS < MOST_GUESTS {
            match life.compare_exchange_weak(now, now + GUEST, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(Guest(self)),
                Err(other) => now = other,
            }
        }
        None
    }
}

/// Somebody with a hold for a moment.
#[must_use = "a guest has to leave"]
pub(crate) struct Guest(Grip);

impl Guest {
    /// Ends the visit. True: nobody is left, and the caller has to give the extension back.
    #[must_use]
    pub(crate) fn leave(self) -> bool {
        let before = self.0.extension.life.fetch_sub(GUEST, Ordering::AcqRel);
        before & HOLDS == GUEST
    }
}
