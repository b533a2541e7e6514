//! Blocking pools in which calls wait and no thread is free.

use crate::core::Core;
use std::collections::HashMap;
use taskscope_model::change::PoolFull;
use taskscope_model::{At, RuntimeId};
use tokio::runtime::RuntimeMetrics;

/// Looked at this often, nanoseconds.
const EVERY: u64 = 250_000_000;
/// New threads take a moment: a pool is full if it was so at every look for this long, nanoseconds.
const LASTING: u64 = 1_000_000_000;

/// What was seen of each runtime's pool.
#[derive(Default)]
pub(super) struct Pools {
    looked: At,
    full: HashMap<RuntimeId, Full>,
}

struct Full {
    since: At,
    /// What was last told.
    told: Option<PoolFull>,
}

impl Pools {
    /// Looks at the pools, if it is time or the last look before a sleep; says whether calls wait in any.
    pub(super) fn look(&mut self, core: &'static Core, last: bool) -> bool {
        let now = core.store.clock.now();
        if !last && now.since(self.looked).0 < EVERY {
            return !self.full.is_empty();
        }
        self.looked = now;
        let slots = core.runtimes.all();
        self.full.retain(|id, _| slots.iter().any(|slot| slot.id() == *id && !slot.is_gone()));
        for slot in slots {
            let Some(handle) = slot.handle() else { continue };
            match waiting(&handle.metrics()) {
                Some((queued, threads)) => self.is_full(core, slot.id(), now, queued, threads),
                None => self.is_not_full(core, slot.id()),
            }
        }
        !self.full.is_empty()
    }

    fn is_full(&mut self, core: &'static Core, runtime: RuntimeId, now: At, queued: u64, threads: u64) {
        let full = self.full.entry(runtime).or_insert(Full { since: now, told: None });
        let fact = PoolFull { runtime, since: Some(full.since), queued, threads };
        if now.since(full.since).0 >= LASTING && full.told.as_ref() != Some(&fact) {
            full.told = Some(fact.clone());
            core.stacks.set_pool(fact);
        }
    }

    fn is_not_full(&mut self, core: &'static Core, runtime: RuntimeId) {
        if let Some(told) = self.full.remove(&runtime).and_then(|full| full.told) {
            core.stacks.set_pool(PoolFull { since: None, queued: 0, ..told });
        }
    }
}

/// Calls that wait, and threads, if all of these are busy.
#[cfg(tokio_unstable)]
fn waiting(metrics: &RuntimeMetrics) -> Option<(u64, u64)> {
    let (queued, idle) = (metrics.blocking_queue_depth(), metrics.num_idle_blocking_threads());
    (queued > 0 && idle == 0).then(|| (queued as u64, metrics.num_blocking_threads() as u64))
}

/// tokio tells nothing of it.
#[cfg(not(tokio_unstable))]
fn waiting(_: &RuntimeMetrics) -> Option<(u64, u64)> {
    None
}
