//! What every client may want to know besides tasks: names, runtimes, counts, coverage, sums, figures.
//! Refreshed once a tick, however many clients there are.

use super::awaits::Awaits;
use super::collector::{outcomes, sums};
use super::figures::FigureReader;
use crate::core::Core;
use crate::coverage::coverage;
use crate::records::Record;
use crate::runtimes::RuntimeSlot;
use crate::load::Course;
use crate::shard::{Outcomes, Sums};
use crate::stacks::Stacks;
use crate::tell::Teller;
use std::collections::HashMap;
use std::sync::Arc;
use taskscope_model::change::{Chain, Coverage, Figures, Limits, Offered, Runtime};
use taskscope_model::codes::Counter;
use taskscope_model::{At, RuntimeId, TaskId, Worker};

/// Figures are read this often, nanoseconds.
const FIGURES_EVERY: u64 = 1_000_000_000;

/// The news of a tick.
pub(super) struct News {
    pub(super) teller: Teller,
    pub(super) stacks: &'static Stacks,
    pub(super) chains: Vec<Chain>,
    /// Each runtime, and whether it is gone.
    pub(super) runtimes: Vec<(Runtime, bool)>,
    pub(super) counts: Vec<(Counter, u64)>,
    pub(super) live: u64,
    pub(super) coverage: Vec<Coverage>,
    pub(super) limits: Limits,
    /// What the program offers, and the version of that.
    pub(super) offers: (u64, Vec<Offered>),
    /// By the number of the location.
    pub(super) sums: Vec<Sums>,
    pub(super) outcomes: Vec<Outcomes>,
    /// The courses of tasks alive, by location, and the end of their last span.
    pub(super) courses: (u64, Vec<(u32, Course)>),
    pub(super) figures: Vec<Figures>,
    /// When the figures were read.
    pub(super) figures_at: At,
    readers: HashMap<RuntimeId, FigureReader>,
    pub(super) awaits: Awaits,
}

/// How many clients there are, and how many were refused.
#[derive(Clone, Copy, Default)]
pub(super) struct Visitors {
    pub(super) clients: u64,
    pub(super) refused: u64,
}

impl News {
    pub(super) fn new(core: &'static Core) -> Self {
        Self {
            stacks: &core.stacks,
            teller: Teller::new(&core.store),
            chains: Vec::new(),
            runtimes: Vec::new(),
            counts: Vec::new(),
            live: 0,
            coverage: Vec::new(),
            limits: limits(core),
            offers: (0, Vec::new()),
            sums: Vec::new(),
            outcomes: Vec::new(),
            courses: (0, Vec::new()),
            figures: Vec::new(),
            figures_at: At(0),
            readers: HashMap::new(),
            awaits: Awaits::default(),
        }
    }

    /// Brings everything up to now.
    pub(super) fn refresh(&mut self, core: &'static Core, visitors: Visitors) {
        let (store, teller) = (&core.store, &mut self.teller);
        teller.now = store.clock.now();
        let slots = core.runtimes.all();
        teller.runtimes = slots.iter().map(|slot| (slot.id(), slot.name.clone())).collect();
        teller.workers = workers(core, &slots);
        self.runtimes = slots.iter().map(|slot| (slot.fact(store.clock.at(slot.at)), slot.is_gone())).collect();
        self.sums = sums(store);
        self.outcomes = outcomes(store);
        store.load.look(store.clock.raw(), store.counts_by_place());
        if store.load.since() != self.courses.0 {
            self.courses = store.load.courses();
        }
        self.limits = limits(core);
        if self.offers.0 != core.offers.version() {
            self.offers = core.offers.all();
        }
        self.count(core, visitors);
        self.refresh_places(core);
    }

    /// Brings locations and chains up to now: what was seen before this can be told after it.
    pub(super) fn refresh_places(&mut self, core: &'static Core) {
        let places = &core.store.places;
        self.teller.refresh_places(places);
        self.chains.extend(places.chains_after(self.chains.len()));
    }

    fn count(&mut self, core: &'static Core, visitors: Visitors) {
        let ended = self.sums.iter().map(|sums| sums.ended).sum::<u64>();
        let spawned = self.sums.iter().map(|sums| sums.spawned).sum::<u64>();
        self.live = spawned.saturating_sub(ended);
        self.coverage = coverage(core, ended);
        let kept = (crate::shard::HISTORY as u64).min(ended);
        self.counts = vec![
            (Counter::LIVE, self.live),
            (Counter::ENDED, ended),
            (Counter::UNTRACKED, core.store.untracked()),
            (Counter::HISTORY_DROPPED, ended - kept),
            (Counter::CONNECTIONS_REFUSED, visitors.refused),
            (Counter::PLACES_MERGED, core.store.places.merged()),
            (Counter::CLIENTS, visitors.clients),
        ];
    }

    /// Reads the runtimes' figures, if that is due.
    pub(super) fn refresh_figures(&mut self, core: &'static Core) {
        let now = self.teller.now;
        if now.since(self.figures_at).0 < FIGURES_EVERY {
            return;
        }
        self.figures_at = now;
        self.figures.clear();
        let running = running(core, &self.teller.workers);
        for slot in core.runtimes.all() {
            let Some(handle) = slot.handle() else {
                self.readers.remove(&slot.id());
                continue;
            };
            let reader = self.readers.entry(slot.id()).or_insert_with(|| FigureReader::new(handle));
            self.figures.push(reader.read(&slot, now, &running));
        }
    }

    /// Lets go of what holds runtimes alive. With `all`, of idle ones too that no guard holds.
    pub(super) fn release(&mut self, core: &'static Core, all: bool) {
        for slot in core.runtimes.all() {
            let idle = slot.handle().is_none_or(|handle| handle.metrics().num_alive_tasks() == 0);
            if !slot.is_guarded() && (all || idle) {
                self.readers.remove(&slot.id());
                slot.release();
            }
        }
        self.readers.retain(|id, _| !all && core.runtimes.all().iter().any(|slot| slot.id() == *id));
    }
}

fn limits(core: &Core) -> Limits {
    Limits { mode: core.mode.get().name().to_owned(), slow_poll: core.limits.all() }
}

/// The worker that each thread slot is, by the slot's number.
fn workers(core: &'static Core, slots: &[Arc<RuntimeSlot>]) -> Vec<Option<Worker>> {
    let mut by_thread = HashMap::new();
    for handle in slots.iter().filter_map(|slot| slot.handle()) {
        let metrics = handle.metrics();
        for number in 0..metrics.num_workers() {
            #[cfg(tokio_unstable)]
            if let Some(thread) = metrics.worker_thread_id(number) {
                by_thread.insert(thread, Worker(number as u32));
            }
            #[cfg(not(tokio_unstable))]
            let _: (&mut HashMap<std::thread::ThreadId, Worker>, usize) = (&mut by_thread, number);
        }
    }
    let threads = core.store.threads.all();
    threads.iter().map(|thread| by_thread.get(&thread.owner()?).copied()).collect()
}

/// The task that each worker of each runtime polls now.
fn running(core: &'static Core, workers: &[Option<Worker>]) -> HashMap<(u16, Worker), TaskId> {
    let polled = |record: &Record| {
        let copied = core.store.copy(record)?;
        (copied.poll_start != 0).then_some((copied.seed.runtime, TaskId(copied.seed.id)))
    };
    let threads = core.store.threads.all();
    let running = threads.iter().zip(workers).filter_map(|(thread, worker)| {
        let (runtime, task) = polled(thread.frames.current()?.record)?;
        Some(((runtime, (*worker)?), task))
    });
    running.collect()
}
