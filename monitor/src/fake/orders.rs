//! A program at a fixed moment whose tasks are wrapped: some wait, some have failed, some were cancelled.

use taskscope_model::change::*;
use taskscope_model::codes::{CancelWay, HandleState, Outcome, TaskKind, TreeKind, WaitKind};
use taskscope_model::{At, ChainId, Change, Fact, LocationId, Nanos, Source, TaskId, TreeId, Worker};

const S: u64 = 1_000_000_000;
const NOW: At = At(60 * S);

/// Which tasks there are: 20 waits and says where, 21 waits and has to be asked, 22 is in a poll, 23 blocks a
/// thread, 24 is a plain one; 30 has aborted 31, whose JoinSet dropped 32; 33 has panicked, 34 has failed.
pub(crate) fn orders() -> Vec<Change> {
    let mut facts: Vec<Fact> = vec![Tick { at: NOW }.into()];
    let places = [
        (0, "src/main.rs", 12),
        (1, "src/orders.rs", 40),
        (2, "src/ledger.rs", 7),
        (3, "src/orders.rs", 88),
        (4, "src/orders.rs", 90),
    ];
    for (id, file, line) in places {
        facts.push(Location { id: LocationId(id), file: file.to_owned(), line, column: 5 }.into());
        let parent = (id > 0).then_some(ChainId(0));
        facts.push(Chain { id: ChainId(id), location: LocationId(id), parent }.into());
    }
    facts.push(Chain { id: ChainId(5), location: LocationId(3), parent: Some(ChainId(1)) }.into());
    let main = TaskId::root(1);
    facts.extend(task(main, None, 0, TaskKind::BLOCK_ON, None));
    facts.extend(task(TaskId(20), Some(main), 1, TaskKind::ASYNC, None));
    facts.extend(task(TaskId(21), Some(TaskId(20)), 3, TaskKind::ASYNC, None));
    facts.extend(task(TaskId(22), Some(main), 1, TaskKind::ASYNC, Some(At(NOW.0 - 2 * S))));
    facts.extend(task(TaskId(23), Some(main), 2, TaskKind::BLOCKING, Some(At(NOW.0 - 5 * S))));
    facts.extend(task(TaskId(24), Some(main), 2, TaskKind::ASYNC, None));
    for id in 30..=34 {
        facts.extend(task(TaskId(id), Some(main), 2, TaskKind::ASYNC, None));
    }
    for id in [20, 21, 22, 23, 30, 31, 32, 33, 34] {
        facts.push(described(TaskId(id)).into());
    }
    for (id, handle) in [
        (20, HandleState::HELD),
        (21, HandleState::IN_SET),
        (22, HandleState::DETACHED),
        (23, HandleState::HELD),
        (30, HandleState::HELD),
        (31, HandleState::AWAITED),
        (32, HandleState::DROPPED),
        (33, HandleState::DROPPED),
        (34, HandleState::DROPPED),
    ] {
        facts.push(Handled { task: TaskId(id), handle, at: At(45 * S) }.into());
    }
    facts.extend(waits());
    facts.extend(ends());
    facts.into_iter().map(|fact| Change { source: Source::AGENT, fact }).collect()
}

/// The same, without those that went wrong.
pub(crate) fn cancelled_only() -> Vec<Change> {
    let bad = [TaskId(33), TaskId(34)];
    orders().into_iter().filter(|change| change.fact.task().is_none_or(|task| !bad.contains(&task))).collect()
}

fn task(id: TaskId, parent: Option<TaskId>, place: u32, kind: TaskKind, running: Option<At>) -> [Fact; 2] {
    let spawned = Spawned {
        task: id,
        kind,
        runtime: None,
        parent,
        location: Some(LocationId(place)),
        chain: Some(ChainId(if parent == Some(TaskId(20)) { 5 } else { place })),
        at: Some(At(if id.is_root() { 0 } else { id.0 * S })),
    };
    let polled = Polled {
        task: id,
        polls: 4,
        busy: Nanos(S / 1_000),
        max_poll: Nanos(S / 2_000),
        running_since: running,
        last_poll: Some(At(44 * S)),
        worker: Some(Worker(1)),
        long_polls: Vec::new(),
    };
    [spawned.into(), polled.into()]
}

fn described(task: TaskId) -> Described {
    let name = if task.0 == 20 { "order 7".to_owned() } else { String::new() };
    Described { task, name, future: "orders::place".to_owned(), size: Some(1_024) }
}

fn waits() -> Vec<Fact> {
    let node = |depth, function: &str, location: u32, detail: &str| TreeNode {
        depth,
        function: function.to_owned(),
        location: Some(LocationId(location)),
        detail: detail.to_owned(),
    };
    let nodes = vec![node(0, "place", 1, ""), node(1, "charge", 2, "card 9"), node(1, "reserve", 3, "")];
    let task = TaskId(20);
    let since = vec![At(20 * S), At(30 * S), At(31 * S)];
    let until = Some(At(62 * S));
    let sleep = Wait { what: WaitKind::SLEEP, text: "a sleep".to_owned(), task: None, address: None, until };
    let other = Wait {
        what: WaitKind::TASK,
        text: String::new(),
        task: Some(TaskId(21)),
        address: None,
        until: None,
    };
    let waits = vec![sleep, other];
    let wakes = Woken {
        task,
        wakes: 5,
        self_wakes: 1,
        wakers: Some(2),
        scheduled: Some(Nanos(S / 100)),
        woken_since: None,
        last_wake: Some(At(44 * S)),
    };
    let long_waits = vec![(Nanos(16_384), 2), (Nanos(8_388_608), 1)];
    vec![
        Tree { id: TreeId(0), nodes }.into(),
        Awaits { task, at: NOW, kind: TreeKind::OBSERVED, tree: TreeId(0), since, waits }.into(),
        wakes.into(),
        ScheduledTimes { task, waits: 4, longest: Nanos(9_000_000), long_waits }.into(),
    ]
}

fn ends() -> Vec<Fact> {
    let (at, tree) = (At(50 * S), TreeId(0));
    let ended = |id, outcome| Fact::from(Ended { task: TaskId(id), at, outcome });
    let asked = |id, way, by, set: Option<u32>| {
        let (location, set) = (Some(LocationId(3)), set.map(LocationId));
        Fact::from(CancelAsked { task: TaskId(id), at, way, by: Some(TaskId(by)), location, set })
    };
    let failed = |id, message: &str, location: Option<u32>| {
        let location = location.map(LocationId);
        Fact::from(Failure { task: TaskId(id), at, message: message.to_owned(), location })
    };
    vec![
        ended(30, Outcome::COMPLETED),
        asked(31, CancelWay::ABORT, 30, None),
        ended(31, Outcome::CANCELLED),
        asked(32, CancelWay::SET_DROPPED, 31, Some(4)),
        Awaits { task: TaskId(32), at, kind: TreeKind::OBSERVED, tree, since: vec![], waits: vec![] }.into(),
        ended(32, Outcome::CANCELLED),
        failed(33, "index out of bounds: the len is 0\nbut the index is 1", Some(3)),
        ended(33, Outcome::PANICKED),
        failed(34, "no such card", None),
        ended(34, Outcome::FAILED),
    ]
}
