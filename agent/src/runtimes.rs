//! The runtimes that the agent was installed into.
//!
//! tokio has no weak handle, and a `Handle` keeps everything of a runtime alive, the agent's hooks in its
//! configuration included. So a handle is held only by a [`Runtime`](crate::Runtime) guard, or while
//! somebody watches; the hooks hold a [`Lease`], and when the last lease is dropped the runtime is gone.

use crate::sync::lock;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use taskscope_model::change::Runtime as RuntimeFact;
use taskscope_model::codes::Flavor;
use taskscope_model::{At, RuntimeId};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Ended runtimes that are remembered.
const ENDED_KEPT: usize = 64;

/// One runtime.
pub(crate) struct RuntimeSlot {
    pub(crate) number: u16,
    pub(crate) name: String,
    /// Raw clock.
    pub(crate) at: u64,
    handle: Mutex<Option<Handle>>,
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

    /// Leaves the handle of the runtime in whose context the caller runs, if one is wanted.
    pub(crate) fn leave_handle(&self) {
        if self.wanted.load(Ordering::Relaxed)
            && let Ok(handle) = Handle::try_current()
        {
            self.wanted.store(false, Ordering::Relaxed);
            *lock(&self.handle) = Some(handle);
        }
    }

    /// Gives it the handle of its guard.
    pub(crate) fn guard(&self, handle: Handle) {
        *lock(&self.handle) = Some(handle);
        self.guarded.store(true, Ordering::Relaxed);
    }

    /// The guard is about to drop the runtime.
    pub(crate) fn unguard(&self) {
        self.guarded.store(false, Ordering::Relaxed);
        self.wanted.store(false, Ordering::Relaxed);
        let handle = lock(&self.handle).take();
        drop(handle);
    }

    /// Asks the next hook to leave a handle, unless there is one.
    pub(crate) fn want_handle(&self) {
        if lock(&self.handle).is_none() {
            self.wanted.store(true, Ordering::Relaxed);
        }
    }

    /// Lets go of a handle that no guard holds: if that was the last one, the runtime is gone.
    pub(crate) fn release(&self) {
        self.wanted.store(false, Ordering::Relaxed);
        if !self.guarded.load(Ordering::Relaxed) {
            let handle = lock(&self.handle).take();
            drop(handle);
        }
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

    /// Whether the runtime is gone and nobody has asked this before.
    pub(crate) fn take_gone(&self) -> bool {
        self.is_gone() && !self.buried.swap(true, Ordering::Relaxed)
    }

    /// What it is.
    pub(crate) fn fact(&self, at: At) -> RuntimeFact {
        let handle = self.handle();
        let flavor = match handle.as_ref().map(Handle::runtime_flavor) {
            Some(RuntimeFlavor::CurrentThread) => Flavor::CURRENT_THREAD,
            Some(RuntimeFlavor::MultiThread) => Flavor::MULTI_THREAD,
            _ => Flavor(0),
        };
        let workers = handle.map_or(0, |handle| handle.metrics().num_workers() as u32);
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
        // Beyond 65,535 runtimes the numbers begin anew; the ones before are long gone.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = Arc::new(RuntimeSlot {
            number,
            name: name.unwrap_or_else(|| format!("runtime-{number}")),
            at,
            handle: Mutex::new(None),
            guarded: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            buried: AtomicBool::new(false),
        });
        let mut slots = lock(&self.slots);
        slots.push(Arc::clone(&slot));
        if slots.len() > 2 * ENDED_KEPT {
            let mut spare = slots.iter().filter(|slot| slot.is_gone()).count().saturating_sub(ENDED_KEPT);
            slots.retain(|slot| {
                let drop = spare > 0 && slot.is_gone();
                spare -= usize::from(drop);
                !drop
            });
        }
        Arc::new(Lease { slot, on_gone })
    }

    /// The runtimes that are remembered, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<RuntimeSlot>> {
        lock(&self.slots).clone()
    }
}
