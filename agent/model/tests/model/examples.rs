//! One example of every message, and one with nothing optional where that is another form. Their bytes are
//! the lines of `golden/v1.txt`, under the same names and in the same order.

use super::{fates, memory, offers, outside, resources, stacks};
use taskscope_model::change::*;
use taskscope_model::codes::{Counter, Flavor, Outcome, Seen, TaskKind};
use taskscope_model::frame::Told;
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::request::*;
use taskscope_model::{At, ChainId, Change, Fact, LocationId, Nanos, RuntimeId, Source, TaskId, Worker};

pub(super) fn told(name: &str, source: Source, fact: impl Into<Fact>) -> (String, Told) {
    (name.to_owned(), Told::Change(Change { source, fact: fact.into() }))
}

pub(super) fn facts() -> Vec<(String, Told)> {
    let (agent, outside) = (Source::AGENT, Source::OUTSIDE);
    let location = Location { id: LocationId(3), file: "src/main.rs".to_owned(), line: 300, column: 5 };
    let least = Spawned {
        task: TaskId(1),
        kind: TaskKind::LOCAL,
        runtime: None,
        parent: None,
        location: None,
        chain: None,
        at: None,
    };
    let spawned = Spawned {
        task: TaskId(4711),
        kind: TaskKind::ASYNC,
        runtime: Some(RuntimeId(0)),
        parent: Some(TaskId::root(1)),
        location: Some(LocationId(3)),
        chain: Some(ChainId(9)),
        at: Some(At(1_000_000)),
    };
    let polled = Polled {
        task: TaskId(4711),
        polls: 300,
        busy: Nanos(5_000_000_000),
        max_poll: Nanos(150_000_000),
        running_since: Some(At(2_000_000)),
        last_poll: Some(At(1_900_000)),
        worker: Some(Worker(1)),
        long_polls: vec![(Nanos(8_388_608), 2), (Nanos(134_217_728), 1)],
    };
    let coverage = Coverage {
        topic: "outcomes".to_owned(),
        seen: Seen::PARTLY,
        why: "spawned by tokio::spawn".to_owned(),
        remedy: "taskscope_agent::spawn".to_owned(),
    };
    let (reason, at) = (String::new(), At(9));
    let mut facts = vec![
        told("Tick", agent, Tick { at: At(1_234_567_890) }),
        told("Location", agent, location),
        told("Chain", agent, Chain { id: ChainId(9), location: LocationId(3), parent: Some(ChainId(8)) }),
        told("Chain.root", outside, Chain { id: ChainId(8), location: LocationId(2), parent: None }),
        told("Runtime", agent, runtime()),
        told("RuntimeEnded", agent, RuntimeEnded { id: RuntimeId(1), at: At(7) }),
        told("Spawned", agent, spawned),
        told("Spawned.least", Source::CONSOLE, least),
        told("Polled", agent, polled),
        told("Ended", agent, Ended { task: TaskId(4711), at: At(3_000_000), outcome: Outcome::SHUT_DOWN }),
        told("Forgotten", agent, Forgotten { task: TaskId(4711) }),
        told("Totals", agent, totals()),
        told("Figures", agent, figures()),
        told("Figures.least", agent, least_figures()),
        told("Coverage", agent, coverage),
        told("Counted", agent, Counted { counter: Counter::HISTORY_DROPPED, count: 128 }),
        told("Complete", agent, Complete { subscription: 2 }),
        told("Goodbye", agent, Goodbye { at, reason }),
    ];
    facts.extend(fates::facts());
    facts.extend(stacks::facts());
    facts.extend(resources::facts());
    facts.extend(outside::facts());
    facts.extend(offers::facts());
    facts
}

fn runtime() -> Runtime {
    let (id, name) = (RuntimeId(1), "runtime-1".to_owned());
    Runtime { id, name, flavor: Flavor::MULTI_THREAD, workers: 2, at: At(500) }
}

fn totals() -> Totals {
    let (busy, max_poll) = (Nanos(7), Nanos(5));
    Totals { location: LocationId(3), spawned: 1_000, ended: 999, polls: 65_536, busy, max_poll }
}

fn figures() -> Figures {
    let worker = WorkerFigures {
        busy: Nanos(1),
        parks: 2,
        polls: Some(3),
        steals: Some(4),
        local_queue: Some(5),
        running: Some(TaskId::root(1)),
    };
    Figures {
        runtime: RuntimeId(0),
        at: At(1),
        live_tasks: 2,
        global_queue: 3,
        blocking_queue: Some(4),
        blocking_threads: Some(5),
        idle_blocking_threads: Some(6),
        forced_yields: Some(7),
        io_ready: Some(8),
        remote_schedules: Some(9),
        workers: vec![worker],
    }
}

fn least_figures() -> Figures {
    let (busy, parks) = (Nanos(1), 2);
    let worker = WorkerFigures { busy, parks, polls: None, steals: None, local_queue: None, running: None };
    Figures {
        blocking_queue: None,
        blocking_threads: None,
        idle_blocking_threads: None,
        forced_yields: None,
        io_ready: None,
        remote_schedules: None,
        workers: vec![worker.clone(), worker],
        ..figures()
    }
}

pub(super) fn answers() -> Vec<(String, Told)> {
    let message = "no such key".to_owned();
    let denied = Denied { number: 2, reason: Reason::WRONG_QUERY, message };
    let result = |task, asked, message: &str| CancelResult { task, asked, message: message.to_owned() };
    let results =
        vec![result(TaskId(4711), true, ""), result(TaskId::root(1), false, "a root cannot be stopped")];
    let mut answers = vec![
        ("Denied".to_owned(), Told::Answer(denied.into())),
        ("Cancelled".to_owned(), Told::Answer(Cancelled { number: 3, results }.into())),
        ("Done".to_owned(), Told::Answer(Done { number: 4, message: "mode debug".to_owned() }.into())),
    ];
    answers.extend(offers::answers());
    answers.extend(memory::answers());
    answers
}

pub(super) fn requests() -> Vec<(String, Request)> {
    let subscribe = Subscribe {
        number: 2,
        query: "state:idle".to_owned(),
        sort: "busy".to_owned(),
        reverse: true,
        limit: 500,
        ended: true,
        totals: false,
        figures: true,
        once: false,
        detail: vec![TaskId(7)],
    };
    let cancel = Cancel { number: 3, tasks: vec![TaskId(4711), TaskId::root(1)] };
    let mut requests = vec![
        ("Subscribe".to_owned(), subscribe.into()),
        ("Cancel".to_owned(), cancel.into()),
        ("Trace".to_owned(), Trace { number: 4, task: TaskId(4711) }.into()),
        ("Switch".to_owned(), Switch { number: 5, mode: "debug".to_owned() }.into()),
    ];
    requests.extend(stacks::requests());
    requests.extend(offers::requests());
    requests.extend(memory::requests());
    requests
}

pub(super) fn hello() -> Hello {
    Hello {
        pid: 4711,
        program: "server".to_owned(),
        source: Source::AGENT,
        agent: "taskscope-agent 0.1.0".to_owned(),
        mode: "on".to_owned(),
        started_at: At(5),
        clock: ClockPair { monotonic_ns: 5, wall_ns: 1_700_000_000_000_000_000 },
        rights: Rights::READ,
        runtimes: vec![runtime()],
        coverage: vec![Coverage {
            topic: "names".to_owned(),
            seen: Seen::NO,
            why: "no".to_owned(),
            remedy: String::new(),
        }],
        live_tasks: 3,
        console: None,
    }
}
