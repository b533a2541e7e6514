//! The runtimes that the agent was installed into.
//!
//! tokio has no weak handle, and a `Handle` keeps everything of a runtime alive, the agent's hooks in its
//! configuration included. So a handle is held only by a [`Runtime`](crate::Runtime) guard, or while
//! somebody watches; the hooks hold a [`Lease`], and when the last lease is dropped the runtime is gone.

use crate::sync::lock;
use crate::task_number::runtime_number;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use taskscope_model::change::Runtime as RuntimeFact;
use taskscope_model::codes::Flavor;
use taskscope_model::{At, RuntimeId};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Stands for the runtime of a root that nobody told.
pub(crate) const UNKNOWN_RUNTIME: u16 = u16::MAX;
/// Ended runtimes that are remembered.
const ENDED_KEPT: usize = 64;

/// One runtime.
pub(crate) struct RuntimeSlot {
    pub(crate) number: u16,
    pub(crate) name: String,
    /// Raw clock.
    pub(crate) at: u64,
    handle: Mutex<Option<Handle>>,
    /// tokio's own number of it, from a handle; 0: not known yet.
    tokio: AtomicU64,
    /// Flavor and workers, from the first handle that was at hand; 0: not known yet.
    flavor: AtomicU8,
    workers: AtomicU32,
    /// Whether the handle belongs to a guard, and stays.
    guarded: AtomicBool,
    /// Whether the next hook that runs shall leave a handle.
    wanted: AtomicBool,
    gone: AtomicBool,
    /// Whether somebody has taken note of that.
    buried: AtomicBool,
}

impl RuntimeSlot {
    /// Its id.
    pub(crate) fn id(&self) -> RuntimeId {
        RuntimeId(self.number.into())
    }

    /// Leaves the handle of the runtime that polls on this thread, if one is wanted.
    pub(crate) fn leave_handle(&self) {
        if self.wanted.load(Ordering::Relaxed)
            && let Ok(handle) = Handle::try_current()
        {
            let mut place = lock(&self.handle);
            // Looked at again under the lock: `release` may have come between.
            if self.wanted.swap(false, Ordering::Relaxed) {
                self.learn(&handle);
                *place = Some(handle);
            }
        }
    }

    fn learn(&self, handle: &Handle) {
        let flavor = match handle.runtime_flavor() {
            RuntimeFlavor::CurrentThread => Flavor::CURRENT_THREAD,
            RuntimeFlavor::MultiThread => Flavor::MULTI_THREAD,
            _ => Flavor(0),
        };
        self.flavor.store(flavor.0, Ordering::Relaxed);
        self.tokio.store(runtime_number(handle), Ordering::Relaxed);
        self.workers.store(handle.metrics().num_workers() as u32, Ordering::Relaxed);
    }

    /// Gives it the handle of its guard.
    pub(crate) fn guard(&self, handle: Handle) {
        self.learn(&handle);
        self.guarded.store(true, Ordering::Relaxed);
        *lock(&self.handle) = Some(handle);
    }

    /// The guard is about to drop the runtime.
    pub(crate) fn unguard(&self) {
        self.guarded.store(false, Ordering::Relaxed);
        self.release();
    }

    /// Asks the next hook to leave a handle, unless there is one.
    pub(crate) fn want_handle(&self) {
        if lock(&self.handle).is_none() {
            self.wanted.store(true, Ordering::Relaxed);
        }
    }

    /// Lets go of a handle that no guard holds: if that was the last one, the runtime is gone.
    pub(crate) fn release(&self) {
        let mut place = lock(&self.handle);
        self.wanted.store(false, Ordering::Relaxed);
        let handle = if self.guarded.load(Ordering::Relaxed) { None } else { place.take() };
        drop(place);
        // Outside the lock: it may be the last one, and what hangs on it is the program's.
        drop(handle);
    }

    /// Its handle, if one is at hand.
    pub(crate) fn handle(&self) -> Option<Handle> {
        lock(&self.handle).clone()
    }

    /// Whether the handle is a guard's.
    pub(crate) fn is_guarded(&self) -> bool {
        self.guarded.load(Ordering::Relaxed)
    }

    /// Whether the runtime is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Whether the runtime is gone and its tasks have been ended.
    fn is_buried(&self) -> bool {
        self.buried.load(Ordering::Relaxed)
    }

    /// Whether the runtime is gone and nobody has asked this before.
    pub(crate) fn take_gone(&self) -> bool {
        self.is_gone() && !self.buried.swap(true, Ordering::Relaxed)
    }

    /// What it is.
    pub(crate) fn fact(&self, at: At) -> RuntimeFact {
        let flavor = Flavor(self.flavor.load(Ordering::Relaxed));
        let workers = self.workers.load(Ordering::Relaxed);
        RuntimeFact { id: self.id(), name: self.name.clone(), flavor, workers, at }
    }
}

/// Held by the hooks of one runtime, and by its guard.
pub(crate) struct Lease {
    pub(crate) slot: Arc<RuntimeSlot>,
    on_gone: fn(),
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.slot.gone.store(true, Ordering::Release);
        (self.on_gone)();
    }
}

/// All runtimes.
pub(crate) struct Runtimes {
    slots: Mutex<Vec<Arc<RuntimeSlot>>>,
    next: AtomicU16,
}

impl Runtimes {
    pub(crate) fn new() -> Self {
        Self { slots: Mutex::new(Vec::new()), next: AtomicU16::new(0) }
    }

    /// Adds a runtime that is about to be built. `on_gone` is called, from any thread, when it is gone.
    pub(crate) fn add(&self, name: Option<String>, at: u64, on_gone: fn()) -> Arc<Lease> {
        let mut slots = lock(&self.slots);
        let number = self.free_number(&slots);
        let slot = Arc::new(RuntimeSlot {
            number,
            name: name.unwrap_or_else(|| format!("runtime-{number}")),
            at,
            handle: Mutex::new(None),
            tokio: AtomicU64::new(0),
            flavor: AtomicU8::new(0),
            workers: AtomicU32::new(0),
            guarded: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            buried: AtomicBool::new(false),
        });
        slots.push(Arc::clone(&slot));
        let mut spare = slots.iter().filter(|slot| slot.is_buried()).count().saturating_sub(ENDED_KEPT);
        slots.retain(|slot| {
            let drop = spare > 0 && slot.is_buried();
            spare -= usize::from(drop);
            !drop
        });
        Arc::new(Lease { slot, on_gone })
    }

    /// The next number that no remembered runtime has. After 65,535 runtimes the numbers begin anew.
    fn free_number(&self, slots: &[Arc<RuntimeSlot>]) -> u16 {
        let mut next = std::iter::repeat_with(|| self.next.fetch_add(1, Ordering::Relaxed)).take(usize::from(u16::MAX));
        let taken = |number: u16| number == UNKNOWN_RUNTIME || slots.iter().any(|slot| slot.number == number);
        next.find(|number| !taken(*number)).unwrap_or(UNKNOWN_RUNTIME)
    }

    /// The number of the runtime that tokio numbers so.
    pub(crate) fn number_of(&self, tokio: u64) -> u16 {
        let slots = lock(&self.slots);
        let found = slots.iter().rev().find(|slot| slot.tokio.load(Ordering::Relaxed) == tokio);
        found.map_or(UNKNOWN_RUNTIME, |slot| slot.number)
    }

    /// The runtimes that are remembered, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<RuntimeSlot>> {
        lock(&self.slots).clone()
    }
}
