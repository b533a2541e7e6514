//! Examples of the facts about what became of tasks and futures. As in
//! `examples.rs`.

use super::examples::told;
use taskscope_model::change::*;
use taskscope_model::codes::{CancelWay, DropKind, HandleState, Source, TreeKind, WaitKind};
use taskscope_model::frame::Told;
use taskscope_model::{At, LocationId, Nanos, TaskId, TreeId};

const TASK: TaskId = TaskId(4711);

pub(super) fn facts() -> Vec<(String, Told)> {
    let (agent, outside) = (Source::AGENT, Source::OUTSIDE);
    let (name, future) = ("mailer".to_owned(), "app::mailer::{{closure}}".to_owned());
    let least = Described { task: TASK, name: String::new(), future: String::new(), size: None };
    let location = Some(LocationId(300));
    let (message, at) = ("index out of bounds".to_owned(), At(3_000_000));
    vec![
        told("Described", agent, Described { task: TASK, name, future, size: Some(16_384) }),
        told("Described.least", agent, least),
        told("Handled", agent, Handled { task: TASK, handle: HandleState::DETACHED, at }),
        told("CancelAsked", agent, asked()),
        told("CancelAsked.least", agent, CancelAsked { by: None, location: None, set: None, ..asked() }),
        told("Failure", agent, Failure { task: TASK, at, message: message.clone(), location }),
        told("Failure.least", agent, Failure { task: TASK, at, message, location: None }),
        told("Woken", agent, woken()),
        told(
            "Woken.least",
            agent,
            Woken { wakers: None, scheduled: None, woken_since: None, last_wake: None, ..woken() },
        ),
        told("ScheduledTimes", agent, scheduled_times()),
        told(
            "ScheduledTimes.least",
            agent,
            ScheduledTimes { waits: 0, longest: Nanos(0), long_waits: vec![], ..scheduled_times() },
        ),
        told("Tree", agent, tree()),
        told("Awaits", outside, awaits()),
        told(
            "Awaits.least",
            agent,
            Awaits { since: vec![], waits: vec![], kind: TreeKind::OBSERVED, ..awaits() },
        ),
        told("Observed", agent, observed()),
        told("Observed.least", agent, Observed { last_forgotten: None, forgotten_by: None, ..observed() }),
        told("HalfWay", agent, half_way()),
        told("HalfWay.least", agent, HalfWay { task: None, waiting_at: None, ..half_way() }),
        told("Outcomes", agent, outcomes()),
        told("Load", agent, load()),
        told("Limits", agent, Limits { mode: "debug".to_owned(), slow_poll: Some(Nanos(100_000_000)) }),
        told("Limits.least", agent, Limits { mode: "on".to_owned(), slow_poll: None }),
    ]
}

fn asked() -> CancelAsked {
    let (by, location, set) = (Some(TaskId::root(1)), Some(LocationId(3)), Some(LocationId(4)));
    CancelAsked { task: TASK, at: At(3_000_000), way: CancelWay::SET_DROPPED, by, location, set }
}

fn woken() -> Woken {
    let (scheduled, woken_since, last_wake) = (Some(Nanos(7)), Some(At(1_900_000)), Some(At(1_900_000)));
    Woken { task: TASK, wakes: 300, self_wakes: 200, wakers: Some(2), scheduled, woken_since, last_wake }
}

fn scheduled_times() -> ScheduledTimes {
    let long_waits = vec![(Nanos(1_048), 290), (Nanos(33_554_432), 1)];
    ScheduledTimes { task: TASK, waits: 300, longest: Nanos(40_000_000), long_waits }
}

fn tree() -> Tree {
    let node = |depth, function: &str, location, detail: &str| TreeNode {
        depth,
        function: function.to_owned(),
        location,
        detail: detail.to_owned(),
    };
    let nodes = vec![node(0, "app::serve", Some(LocationId(3)), ""), node(1, "sleep", None, "100ms")];
    Tree { id: TreeId(5), nodes }
}

fn awaits() -> Awaits {
    let wait = Wait {
        what: WaitKind::SLEEP,
        text: "sleep".to_owned(),
        task: Some(TaskId(12)),
        address: Some(0x7fff_0000_1000),
        until: Some(At(9_000_000)),
    };
    let least = Wait { what: WaitKind::OTHER, text: String::new(), task: None, address: None, until: None };
    Awaits {
        task: TASK,
        at: At(3_000_000),
        kind: TreeKind::MEMORY,
        tree: TreeId(5),
        since: vec![At(1), At(2)],
        waits: vec![wait, least],
    }
}

fn observed() -> Observed {
    Observed {
        location: LocationId(3),
        label: "save_order".to_owned(),
        made: 1_000,
        polled: 500,
        completed: 400,
        unpolled: 300,
        forgotten: 200,
        last_forgotten: Some(At(3_000_000)),
        forgotten_by: Some(TASK),
        half_way: 100,
    }
}

fn half_way() -> HalfWay {
    HalfWay {
        location: LocationId(3),
        label: "POST /orders".to_owned(),
        kind: DropKind::REQUEST,
        task: Some(TASK),
        at: At(3_000_000),
        after: Nanos(2_100_000_000),
        waiting_at: Some(LocationId(4)),
        waiting_for: "insert".to_owned(),
    }
}

fn outcomes() -> Outcomes {
    Outcomes {
        location: LocationId(3),
        completed: 1,
        failed: 2,
        cancelled: 3,
        panicked: 4,
        shut_down: 5,
        errors_unseen: 6,
        panics_unseen: 300,
    }
}

fn load() -> Load {
    let (least, most, spawned) = (vec![0, 10], vec![300, 310], vec![301, 299]);
    let every = Nanos(1_000_000_000);
    Load { location: LocationId(3), every, until: At(2_000_000_000), least, most, spawned }
}
