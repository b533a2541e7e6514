//! The runtimes of a program and their workers, as rows.

use super::{Cell, Column};
use taskscope_model::change::{Figures, WorkerFigures};
use taskscope_model::codes::Flavor;
use taskscope_model::world::RuntimeView;
use taskscope_model::{At, Nanos, World};

/// One runtime.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RuntimeRow {
    /// One a column of [`columns`].
    pub(crate) cells: Vec<Cell>,
    /// One a worker; each with one cell a column of [`worker_columns`].
    pub(crate) workers: Vec<Vec<Cell>>,
}

struct RuntimeColumn {
    column: Column,
    cell: fn(&RuntimeView, At) -> Cell,
}

struct WorkerColumn {
    column: Column,
    cell: fn(usize, &WorkerFigures, Option<Nanos>) -> Cell,
}

const NUMBER: Column = Column::NUMBER;
const TEXT: Column = Column::TEXT;

fn figure(view: &RuntimeView, get: impl Fn(&Figures) -> Option<u64>) -> Cell {
    Cell::of(view.figures.as_ref().and_then(get), Cell::Count)
}

static RUNTIME: [RuntimeColumn; 13] = [
    RuntimeColumn {
        column: Column { json: "name", title: "runtime", ..TEXT },
        cell: |view, _| Cell::text(view.runtime.as_ref().map(|it| it.name.as_str())),
    },
    RuntimeColumn {
        column: Column { json: "flavor", title: "flavor", ..TEXT },
        cell: |view, _| Cell::of(view.runtime.as_ref().and_then(|it| Flavor::name(it.flavor)), Cell::Word),
    },
    RuntimeColumn {
        column: Column { json: "state", title: "state", ..TEXT },
        cell: |view, _| Cell::Word(if view.ended.is_some() { "ended" } else { "running" }),
    },
    RuntimeColumn {
        column: Column { json: "uptime_ns", title: "uptime", ..NUMBER },
        cell: |view, now| {
            let end = view.ended.unwrap_or(now);
            // Who tells no figures met it at some time, and does not know since when it was there.
            let runtime = view.runtime.as_ref().filter(|_| view.figures.is_some());
            Cell::of(runtime, |it| Cell::Span(end.since(it.at)))
        },
    },
    RuntimeColumn {
        column: Column { json: "worker_threads", title: "worker threads", ..NUMBER },
        cell: |view, _| {
            let workers = view.runtime.as_ref().map(|it| u64::from(it.workers)).filter(|n| *n > 0);
            Cell::of(workers, Cell::Count)
        },
    },
    RuntimeColumn {
        column: Column { json: "live_tasks", title: "live tasks", ..NUMBER },
        cell: |view, _| figure(view, |it| Some(it.live_tasks)),
    },
    RuntimeColumn {
        column: Column { json: "global_queue", title: "global queue", ..NUMBER },
        cell: |view, _| figure(view, |it| Some(it.global_queue)),
    },
    RuntimeColumn {
        column: Column { json: "blocking_queue", title: "blocking queue", ..NUMBER },
        cell: |view, _| figure(view, |it| it.blocking_queue),
    },
    RuntimeColumn {
        column: Column { json: "blocking_threads", title: "blocking threads", ..NUMBER },
        cell: |view, _| figure(view, |it| it.blocking_threads),
    },
    RuntimeColumn {
        column: Column { json: "idle_blocking_threads", title: "idle blocking threads", ..NUMBER },
        cell: |view, _| figure(view, |it| it.idle_blocking_threads),
    },
    RuntimeColumn {
        column: Column { json: "forced_yields", title: "forced yields", ..NUMBER },
        cell: |view, _| figure(view, |it| it.forced_yields),
    },
    RuntimeColumn {
        column: Column { json: "io_ready", title: "IO events", ..NUMBER },
        cell: |view, _| figure(view, |it| it.io_ready),
    },
    RuntimeColumn {
        column: Column { json: "remote_schedules", title: "remote schedules", ..NUMBER },
        cell: |view, _| figure(view, |it| it.remote_schedules),
    },
];

static WORKER: [WorkerColumn; 8] = [
    WorkerColumn {
        column: Column { json: "worker", title: "WORKER", worth: 250, ..NUMBER },
        cell: |number, _, _| Cell::Count(number as u64),
    },
    WorkerColumn {
        column: Column { json: "busy_share", title: "BUSY %", worth: 200, ..NUMBER },
        cell: |_, worker, life| Cell::of(life.and_then(|life| share(worker.busy, life)), Cell::Share),
    },
    WorkerColumn {
        column: Column { json: "busy_ns", title: "BUSY", worth: 150, ..NUMBER },
        cell: |_, worker, _| Cell::Span(worker.busy),
    },
    WorkerColumn {
        column: Column { json: "parks", title: "PARKS", worth: 40, ..NUMBER },
        cell: |_, worker, _| Cell::Count(worker.parks),
    },
    WorkerColumn {
        column: Column { json: "polls", title: "POLLS", worth: 100, ..NUMBER },
        cell: |_, worker, _| Cell::of(worker.polls, Cell::Count),
    },
    WorkerColumn {
        column: Column { json: "steals", title: "STEALS", worth: 30, ..NUMBER },
        cell: |_, worker, _| Cell::of(worker.steals, Cell::Count),
    },
    WorkerColumn {
        column: Column { json: "local_queue", title: "QUEUE", worth: 120, ..NUMBER },
        cell: |_, worker, _| Cell::of(worker.local_queue, Cell::Count),
    },
    WorkerColumn {
        column: Column { json: "running", title: "POLLING", worth: 140, ..NUMBER },
        cell: |_, worker, _| Cell::of(worker.running, Cell::Task),
    },
];

/// What is said of each runtime.
pub(crate) fn columns() -> Vec<&'static Column> {
    RUNTIME.iter().map(|it| &it.column).collect()
}

/// What is said of each worker.
pub(crate) fn worker_columns() -> Vec<&'static Column> {
    WORKER.iter().map(|it| &it.column).collect()
}

/// The runtimes, in the order in which they were first seen.
pub(crate) fn runtimes(world: &World) -> Vec<RuntimeRow> {
    world.runtimes().map(|(_, view)| row(view, world.now())).collect()
}

fn row(view: &RuntimeView, now: At) -> RuntimeRow {
    let life = view.runtime.as_ref().zip(view.figures.as_ref()).map(|(it, figures)| figures.at.since(it.at));
    let workers = view.figures.iter().flat_map(|figures| figures.workers.iter().enumerate());
    let cells = |(number, worker)| WORKER.iter().map(|it| (it.cell)(number, worker, life)).collect();
    RuntimeRow {
        cells: RUNTIME.iter().map(|it| (it.cell)(view, now)).collect(),
        workers: workers.map(cells).collect(),
    }
}

/// A part in thousandths, never more than all; `None` of nothing.
fn share(part: Nanos, whole: Nanos) -> Option<u16> {
    let thousandths = (u128::from(part.0) * 1000).checked_div(u128::from(whole.0))?;
    Some(thousandths.min(1000) as u16)
}
