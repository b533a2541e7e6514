//! How the runtimes are doing: tokio-metrics' figures, and tokio's own for each worker.

use crate::runtimes::RuntimeSlot;
use std::collections::HashMap;
use taskscope_model::change::{Figures, WorkerFigures};
use taskscope_model::{At, Nanos, TaskId, Worker};
use tokio::runtime::{Handle, RuntimeMetrics};
use tokio_metrics::{RuntimeIntervals, RuntimeMonitor};

/// Reads the figures of one runtime; holds it alive.
pub(super) struct FigureReader {
    handle: Handle,
    intervals: RuntimeIntervals,
    sums: Sums,
}

/// What tokio-metrics gives by interval, summed up.
#[derive(Clone, Copy, Default)]
struct Sums {
    forced_yields: u64,
    io_ready: u64,
    remote_schedules: u64,
}

impl FigureReader {
    pub(super) fn new(handle: Handle) -> Self {
        let intervals = RuntimeMonitor::new(&handle).intervals();
        Self { handle, intervals, sums: Sums::default() }
    }

    /// The figures now. `running` says which task each worker polls.
    pub(super) fn read(&mut self, slot: &RuntimeSlot, at: At, running: &HashMap<(u16, Worker), TaskId>) -> Figures {
        let metrics = self.handle.metrics();
        let mut figures = Figures {
            runtime: slot.id(),
            at,
            live_tasks: metrics.num_alive_tasks() as u64,
            global_queue: metrics.global_queue_depth() as u64,
            blocking_queue: None,
            blocking_threads: None,
            idle_blocking_threads: None,
            forced_yields: None,
            io_ready: None,
            remote_schedules: None,
            workers: Vec::new(),
        };
        self.add_unstable(&mut figures);
        for number in 0..metrics.num_workers() {
            let mut worker = WorkerFigures {
                busy: Nanos::from(metrics.worker_total_busy_duration(number)),
                parks: metrics.worker_park_count(number),
                polls: None,
                steals: None,
                local_queue: None,
                running: running.get(&(slot.number, Worker(number as u32))).copied(),
            };
            add_unstable_of_worker(&mut worker, &metrics, number);
            figures.workers.push(worker);
        }
        figures
    }

    #[cfg(tokio_unstable)]
    fn add_unstable(&mut self, figures: &mut Figures) {
        let Some(interval) = self.intervals.next() else { return };
        self.sums.forced_yields += interval.budget_forced_yield_count;
        self.sums.io_ready += interval.io_driver_ready_count;
        self.sums.remote_schedules += interval.num_remote_schedules;
        figures.blocking_queue = Some(interval.blocking_queue_depth as u64);
        figures.blocking_threads = Some(interval.blocking_threads_count as u64);
        figures.idle_blocking_threads = Some(interval.idle_blocking_threads_count as u64);
        figures.forced_yields = Some(self.sums.forced_yields);
        figures.io_ready = Some(self.sums.io_ready);
        figures.remote_schedules = Some(self.sums.remote_schedules);
    }

    /// Without the cfg tokio has none of these; they stay unknown.
    #[cfg(not(tokio_unstable))]
    fn add_unstable(&mut self, _: &mut Figures) {}
}

#[cfg(tokio_unstable)]
fn add_unstable_of_worker(worker: &mut WorkerFigures, metrics: &RuntimeMetrics, number: usize) {
    worker.polls = Some(metrics.worker_poll_count(number));
    worker.steals = Some(metrics.worker_steal_count(number));
    worker.local_queue = Some(metrics.worker_local_queue_depth(number) as u64);
}

#[cfg(not(tokio_unstable))]
fn add_unstable_of_worker(_: &mut WorkerFigures, _: &RuntimeMetrics, _: usize) {}
