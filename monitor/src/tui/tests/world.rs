//! Worlds to look at.

use taskscope_model::change::*;
use taskscope_model::codes::{Counter, Flavor, Outcome, Seen, TaskKind};
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::{At, ChainId, Fact, LocationId, Nanos, RuntimeId, Source, TaskId, Worker, World};

pub(super) const MS: u64 = 1_000_000;
pub(super) const S: u64 = 1_000 * MS;

pub(super) fn tell(world: &mut World, fact: impl Into<Fact>) {
    world.apply(&Change { source: Source::AGENT, fact: fact.into() });
}

pub(super) fn hello(pid: u32) -> Hello {
    Hello {
        pid,
        program: "echo_server".to_owned(),
        source: Source::AGENT,
        agent: "taskscope-agent 0.1.0".to_owned(),
        mode: "on".to_owned(),
        started_at: At(10 * S),
        clock: ClockPair { monotonic_ns: 10 * S, wall_ns: 1_700_000_000 * S },
        rights: Rights::ALL,
        runtimes: vec![],
        coverage: vec![],
        live_tasks: 0,
        console: None,
    }
}

/// What the agent says of itself at the hooks level.
pub(super) fn covered(world: &mut World) {
    let no = |topic: &str, why: &str, remedy: &str| Coverage {
        topic: topic.to_owned(),
        seen: if why.is_empty() { Seen::YES } else { Seen::NO },
        why: why.to_owned(),
        remedy: remedy.to_owned(),
    };
    tell(world, no("tasks", "", ""));
    tell(world, no("polls", "", ""));
    tell(world, no("runtimes", "", ""));
    tell(world, no("outcomes", "tokio::spawn does not tell how a task ends", "taskscope_agent::spawn"));
    tell(world, no("scheduled", "wakes are not measured in this mode", "TASKSCOPE=debug"));
    tell(world, no("names", "tokio tells no names", "taskscope_agent::spawn"));
}

pub(super) fn place(world: &mut World, id: u32, file: &str, line: u32) {
    tell(world, Location { id: LocationId(id), file: file.to_owned(), line, column: 9 });
}

pub(super) fn polled(task: TaskId, polls: u64, busy: u64, running: Option<At>) -> Polled {
    Polled {
        task,
        polls,
        busy: Nanos(busy),
        max_poll: Nanos(busy / 2),
        running_since: running,
        last_poll: (polls > 0).then_some(At(99 * S)),
        worker: (polls > 0).then_some(Worker((task.0 % 2) as u32)),
        long_polls: if busy > 10 * MS { vec![(Nanos(MS), 3), (Nanos(10 * MS), 1)] } else { vec![] },
    }
}

/// How it was woken, where that is measured.
pub(super) fn measured(task: TaskId, wakes: u64, scheduled: u64) -> Woken {
    let (scheduled, last_wake) = (Some(Nanos(scheduled)), Some(At(99 * S)));
    Woken { task, wakes, self_wakes: wakes / 4, wakers: Some(1), scheduled, woken_since: None, last_wake }
}

pub(super) fn spawned(task: TaskId, parent: Option<TaskId>, location: u32, chain: u32) -> Spawned {
    Spawned {
        task,
        kind: if task.is_root() { TaskKind::BLOCK_ON } else { TaskKind::ASYNC },
        runtime: Some(RuntimeId(0)),
        parent,
        location: Some(LocationId(location)),
        chain: Some(ChainId(chain)),
        at: Some(At(20 * S + task.0 % 1_000 * S / 10)),
    }
}

/// A server: main, its accept loop, and connections that the loop has spawned, some of them ended.
pub(super) fn server(connections: u64) -> World {
    let mut world = World::default();
    let main = TaskId::root(1);
    tell(&mut world, Tick { at: At(100 * S) });
    covered(&mut world);
    place(&mut world, 0, "src/main.rs", 12);
    place(&mut world, 1, "src/server.rs", 88);
    place(&mut world, 2, "/home/u/.cargo/registry/src/index-0/hyper-util-0.1.10/src/rt/tokio.rs", 76);
    let runtime = Runtime {
        id: RuntimeId(0),
        name: "main".to_owned(),
        flavor: Flavor::MULTI_THREAD,
        workers: 2,
        at: At(10 * S),
    };
    tell(&mut world, runtime);
    tell(&mut world, Chain { id: ChainId(0), location: LocationId(0), parent: None });
    tell(&mut world, Chain { id: ChainId(1), location: LocationId(1), parent: Some(ChainId(0)) });
    tell(&mut world, Spawned { chain: None, ..spawned(main, None, 0, 0) });
    tell(&mut world, polled(main, 4, 2 * MS, None));
    let accept = TaskId(3);
    tell(&mut world, spawned(accept, Some(main), 0, 0));
    tell(&mut world, polled(accept, 1_204, 64 * MS, None));
    for n in 0..connections {
        let task = TaskId(10 + n);
        tell(&mut world, spawned(task, Some(accept), 1 + u32::from(n % 7 == 6), 1));
        let running = (n == 4).then_some(At(100 * S - 12 * MS));
        tell(&mut world, polled(task, n * 3, n * n * MS / 3, running));
        if n % 5 == 1 {
            tell(&mut world, Ended { task, at: At(95 * S + n * MS), outcome: Outcome::UNKNOWN });
        }
    }
    tell(&mut world, Counted { counter: Counter::LIVE, count: 2 + connections - connections.div_ceil(5) });
    tell(&mut world, Counted { counter: Counter::ENDED, count: connections.div_ceil(5) });
    world
}
