//! Where a poll runs: on which worker of which runtime, and what has to wait for it.

use super::followed::Followed;
use crate::core::Core;
use crate::records::Record;
use crate::runtimes::UNKNOWN_RUNTIME;
use crate::threads::Thread;
use std::collections::HashSet;
use std::thread::ThreadId;
use taskscope_model::codes::TaskKind;
use taskscope_model::{RuntimeId, Worker};
use tokio::runtime::{RuntimeFlavor, RuntimeMetrics};

/// A poll's place among the workers, as far as that is known.
#[derive(Default)]
pub(super) struct Seat {
    pub(super) runtime: Option<RuntimeId>,
    pub(super) worker: Option<Worker>,
    /// Tasks that are ready to run and wait for it.
    pub(super) waiting: Option<u64>,
    /// Whether its thread has handed its worker over (`block_in_place`): it holds up nobody.
    pub(super) has_left_its_worker: bool,
}

impl Seat {
    /// That of the poll that a thread is in.
    pub(super) fn of(core: &Core, thread: &Thread, record: &Record, followed: &[Option<Box<Followed>>]) -> Self {
        let Some(seed) = core.store.copy(record).map(|copied| copied.seed) else { return Self::default() };
        if seed.runtime == UNKNOWN_RUNTIME {
            return Self::default();
        }
        let runtime = Some(RuntimeId(seed.runtime.into()));
        let slot = core.runtimes.all().into_iter().find(|slot| slot.number == seed.runtime);
        let Some(handle) = slot.and_then(|slot| slot.handle()) else {
            return Self { runtime, ..Self::default() };
        };
        let metrics = handle.metrics();
        if handle.runtime_flavor() == RuntimeFlavor::CurrentThread {
            let waiting = queued(&metrics, 0).map(|local| local + metrics.global_queue_depth() as u64);
            return Self { runtime, worker: Some(Worker(0)), waiting, has_left_its_worker: false };
        }
        if seed.kind == TaskKind::BLOCK_ON {
            // The thread of `block_on` is no worker: the others go on.
            return Self { runtime, ..Self::default() };
        }
        let worker = worker_of(&metrics, thread);
        let waiting = worker.and_then(|worker| waiting(core, &metrics, worker, followed));
        let has_left_its_worker = worker.is_none() && workers_are_known(&metrics);
        Self { runtime, worker: worker.map(|worker| Worker(worker as u32)), waiting, has_left_its_worker }
    }
}

impl Seat {
    /// Whether the thread of a poll has handed its worker over, and nothing else.
    pub(super) fn is_left(core: &Core, thread: &Thread, record: &Record) -> bool {
        let seed = core.store.copy(record).map(|copied| copied.seed);
        let Some(seed) = seed.filter(|seed| seed.kind != TaskKind::BLOCK_ON) else { return false };
        let slot = core.runtimes.all().into_iter().find(|slot| slot.number == seed.runtime);
        let Some(handle) = slot.and_then(|slot| slot.handle()) else { return false };
        let metrics = handle.metrics();
        handle.runtime_flavor() != RuntimeFlavor::CurrentThread
            && worker_of(&metrics, thread).is_none()
            && workers_are_known(&metrics)
    }

    /// That of a thread that is in no poll.
    pub(super) fn of_idle(core: &Core, thread: &Thread) -> Self {
        let worker = core.runtimes.all().into_iter().find_map(|slot| {
            let worker = worker_of(&slot.handle()?.metrics(), thread)?;
            Some((slot.id(), Worker(worker as u32)))
        });
        let (runtime, worker) = worker.unzip();
        Self { runtime, worker, ..Self::default() }
    }
}

/// What waits in the worker's own queue; if no worker takes anything, what waits in all of them.
fn waiting(
    core: &Core,
    metrics: &RuntimeMetrics,
    worker: usize,
    followed: &[Option<Box<Followed>>],
) -> Option<u64> {
    let workers = workers(metrics);
    let late = core.store.threads.all().into_iter().zip(followed).filter(|(thread, followed)| {
        followed.as_deref().is_some_and(Followed::is_late)
            && thread.owner().is_some_and(|owner| workers.contains(&owner))
    });
    // The one that is asked about is not in the list while it is looked at.
    if late.count() + 1 < metrics.num_workers() {
        return queued(metrics, worker);
    }
    let queues = (0..metrics.num_workers()).map(|worker| queued(metrics, worker));
    let local: Option<u64> = queues.sum();
    local.map(|local| local + metrics.global_queue_depth() as u64)
}

#[cfg(tokio_unstable)]
fn queued(metrics: &RuntimeMetrics, worker: usize) -> Option<u64> {
    Some(metrics.worker_local_queue_depth(worker) as u64)
}

#[cfg(not(tokio_unstable))]
fn queued(_: &RuntimeMetrics, _: usize) -> Option<u64> {
    None
}

/// The worker that a thread is now.
#[cfg(tokio_unstable)]
pub(super) fn worker_of(metrics: &RuntimeMetrics, thread: &Thread) -> Option<usize> {
    let owner = thread.owner()?;
    (0..metrics.num_workers()).find(|worker| metrics.worker_thread_id(*worker) == Some(owner))
}

#[cfg(not(tokio_unstable))]
pub(super) fn worker_of(_: &RuntimeMetrics, _: &Thread) -> Option<usize> {
    None
}

/// The threads that are workers now.
#[cfg(tokio_unstable)]
fn workers(metrics: &RuntimeMetrics) -> HashSet<ThreadId> {
    (0..metrics.num_workers()).filter_map(|worker| metrics.worker_thread_id(worker)).collect()
}

#[cfg(not(tokio_unstable))]
fn workers(_: &RuntimeMetrics) -> HashSet<ThreadId> {
    HashSet::new()
}

#[cfg(tokio_unstable)]
fn workers_are_known(metrics: &RuntimeMetrics) -> bool {
    (0..metrics.num_workers()).all(|worker| metrics.worker_thread_id(worker).is_some())
}

#[cfg(not(tokio_unstable))]
fn workers_are_known(_: &RuntimeMetrics) -> bool {
    false
}
