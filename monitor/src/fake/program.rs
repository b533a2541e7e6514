//! A small program at a fixed moment, as the agent tells of it at the hooks level.

use taskscope_model::change::*;
use taskscope_model::codes::{Counter, Flavor, Outcome, Seen, TaskKind};
use taskscope_model::frame::{self, FrameWriter, Told};
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::{At, ChainId, Change, Fact, LocationId, Nanos, RuntimeId, Source, TaskId, Worker};

const MS: u64 = 1_000_000;
const NOW: At = At(60_000 * MS);

/// What it says first.
pub(crate) fn hello() -> Hello {
    Hello {
        pid: 4711,
        program: "echo_server".to_owned(),
        source: Source::AGENT,
        agent: "taskscope-agent 0.1.0".to_owned(),
        mode: "on".to_owned(),
        started_at: At(0),
        clock: ClockPair { monotonic_ns: 0, wall_ns: 1_700_000_000_000_000_000 },
        rights: Rights::ALL,
        runtimes: vec![runtime()],
        coverage: coverage(),
        live_tasks: 5,
        console: None,
    }
}

fn runtime() -> Runtime {
    let (id, name) = (RuntimeId(0), "runtime-0".to_owned());
    Runtime { id, name, flavor: Flavor::MULTI_THREAD, workers: 2, at: At(0) }
}

fn coverage() -> Vec<Coverage> {
    let topic = |topic: &str, seen, why: &str, remedy: &str| Coverage {
        topic: topic.to_owned(),
        seen,
        why: why.to_owned(),
        remedy: remedy.to_owned(),
    };
    vec![
        topic("tasks", Seen::YES, "", ""),
        topic("polls", Seen::YES, "", ""),
        topic("outcomes", Seen::PARTLY, "tokio::spawn does not tell how a task ended", ""),
        topic("names", Seen::NO, "plain tasks have no names", "spawn with taskscope_agent::spawn"),
        topic("scheduled", Seen::NO, "wakes are not watched", "TASKSCOPE=debug"),
    ]
}

/// Everything there is to tell, the Tick first.
pub(crate) fn changes() -> Vec<Change> {
    let mut facts: Vec<Fact> = vec![Tick { at: NOW }.into(), runtime().into()];
    facts.extend(coverage().into_iter().map(Fact::Coverage));
    for (id, file, line) in [(0, "src/main.rs", 12), (1, "src/server.rs", 88), (2, "src/jobs.rs", 7)] {
        facts.push(Location { id: LocationId(id), file: file.to_owned(), line, column: 5 }.into());
        let parent = (id > 0).then_some(ChainId(0));
        facts.push(Chain { id: ChainId(id), location: LocationId(id), parent }.into());
    }
    facts.extend(task(TaskId::root(1), None, 0, (3, 1), Some(2)));
    facts.extend(task(TaskId(7), Some(TaskId::root(1)), 1, (1_000, 1_500), None));
    facts.extend(task(TaskId(8), Some(TaskId(7)), 1, (40, 20), None));
    facts.extend(task(TaskId(9), Some(TaskId(7)), 1, (0, 0), None));
    facts.extend(task(TaskId(12), Some(TaskId::root(1)), 2, (90, 9_000), Some(150)));
    for (id, outcome) in [(5, Outcome::UNKNOWN), (6, Outcome::SHUT_DOWN)] {
        facts.extend(task(TaskId(id), Some(TaskId::root(1)), 2, (2, 3), None));
        facts.push(Ended { task: TaskId(id), at: At(50_000 * MS), outcome }.into());
    }
    let totals = |location, spawned, ended| Totals {
        location: LocationId(location),
        spawned,
        ended,
        polls: ended * 2,
        busy: Nanos(ended * 3 * MS),
        max_poll: Nanos(2 * MS),
    };
    facts.extend([totals(1, 3, 0).into(), totals(2, 3_001, 3_000).into()]);
    facts.push(figures().into());
    for (counter, count) in [(Counter::LIVE, 5), (Counter::MATCHED, 5), (Counter::NOT_SHOWN, 0)] {
        facts.push(Counted { counter, count }.into());
    }
    facts.into_iter().map(|fact| Change { source: Source::AGENT, fact }).collect()
}

/// Spawn and polls of a task; `work` is polls and busy milliseconds, `running` how long its poll has lasted.
fn task(id: TaskId, parent: Option<TaskId>, place: u32, work: (u64, u64), running: Option<u64>) -> [Fact; 2] {
    let spawned = Spawned {
        task: id,
        kind: if id.is_root() { TaskKind::BLOCK_ON } else { TaskKind::ASYNC },
        runtime: Some(RuntimeId(0)),
        parent,
        location: Some(LocationId(place)),
        chain: Some(ChainId(place)),
        at: Some(At(if id.is_root() { 0 } else { id.0 * 1_000 * MS })),
    };
    let (polls, busy) = work;
    let polled = Polled {
        task: id,
        polls,
        busy: Nanos(busy * MS),
        max_poll: Nanos(busy * MS / polls.max(1) * 3),
        running_since: running.map(|span| At(NOW.0 - span * MS)),
        last_poll: (polls > 0).then_some(At(49_000 * MS)),
        worker: (polls > 0).then_some(Worker((id.0 & 1) as u32)),
        long_polls: Vec::new(),
    };
    [spawned.into(), polled.into()]
}

fn figures() -> Figures {
    let worker = |busy, running| WorkerFigures {
        busy: Nanos(busy * MS),
        parks: 70,
        polls: Some(600),
        steals: Some(4),
        local_queue: Some(1),
        running,
    };
    Figures {
        runtime: RuntimeId(0),
        at: NOW,
        live_tasks: 4,
        global_queue: 2,
        blocking_queue: Some(0),
        blocking_threads: Some(3),
        idle_blocking_threads: None,
        forced_yields: Some(1),
        io_ready: Some(250),
        remote_schedules: Some(17),
        workers: vec![worker(30_000, Some(TaskId(12))), worker(600, None)],
    }
}

/// A recording of it.
pub(crate) fn recording() -> Vec<u8> {
    let mut bytes = frame::preamble(&hello()).unwrap();
    let mut frames = FrameWriter::default();
    changes().into_iter().for_each(|change| frames.push(&Told::Change(change)));
    bytes.extend(frames.take());
    bytes
}
