//! What an agent answers to each request, made from the same Changes each time.

use std::collections::BTreeSet;
use taskscope_model::change::{Awaits, CancelAsked, Complete, Ended, Goodbye, Tree, TreeNode, Wait};
use taskscope_model::codes::{CancelWay, Outcome, TaskKind, TreeKind, WaitKind};
use taskscope_model::frame::{FrameWriter, Told};
use taskscope_model::hello::Rights;
use taskscope_model::request::{
    Answer, Cancel, CancelResult, Cancelled, Denied, Done, Reason, Request, Stacks, Subscribe, Trace,
};
use taskscope_model::world::Names as _;
use taskscope_model::{At, Change, Fact, LocationId, Query, Source, State, Task, TaskId, TreeId, World};

/// The frames of the answer.
pub(super) fn to(request: &Request, rights: Rights, changes: &[Change], goodbye: bool) -> Vec<u8> {
    let mut world = World::default();
    changes.iter().for_each(|change| world.apply(change));
    let mut told = match request {
        Request::Subscribe(subscribe) => subscribed(subscribe, changes, &world),
        Request::Cancel(Cancel { number, .. }) | Request::Trace(Trace { number, .. }) if !rights.control => {
            let message = "this connection may only look".to_owned();
            vec![denied(*number, Reason::NOT_PERMITTED, message)]
        }
        Request::Cancel(cancel) => cancelled(cancel, &world),
        Request::Trace(trace) => traced(trace, &world),
        Request::Stacks(asked) => stacks(asked, &world),
        Request::Switch(_) | Request::SetLimit(_) | Request::Raise(_) => Vec::new(),
        Request::Execute(_) | Request::Evaluate(_) => Vec::new(),
        Request::Layout(_) | Request::ReadMemory(_) | Request::SearchMemory(_) => Vec::new(),
    };
    if goodbye {
        told.push(fact(Goodbye { at: world.now(), reason: String::new() }));
    }
    let mut frames = FrameWriter::default();
    told.iter().for_each(|told| frames.push(told));
    frames.take()
}

fn fact(fact: impl Into<Fact>) -> Told {
    Told::Change(Change { source: Source::AGENT, fact: fact.into() })
}

/// What each thread does.
fn stacks(asked: &Stacks, world: &World) -> Vec<Told> {
    let done = Done { number: asked.number, message: String::new() };
    let facts = super::stacks::facts(world.now()).into_iter().map(fact);
    facts.chain([Told::Answer(done.into())]).collect()
}

fn denied(number: u32, reason: Reason, message: String) -> Told {
    Told::Answer(Answer::Denied(Denied { number, reason, message }))
}

/// What matches, alive or ended; what is wanted in detail, with ancestors and where it waits; and all the rest.
fn subscribed(subscribe: &Subscribe, changes: &[Change], world: &World) -> Vec<Told> {
    let Ok(query) = Query::parse(&subscribe.query) else {
        return vec![denied(subscribe.number, Reason::WRONG_QUERY, "not in my version".to_owned())];
    };
    let mut detail: BTreeSet<TaskId> = BTreeSet::new();
    for wanted in &subscribe.detail {
        let mut next = Some(*wanted);
        while let Some(id) = next.filter(|id| detail.insert(*id)) {
            next = world.task(id).and_then(Task::parent);
        }
    }
    let matches = |id: TaskId| world.task(id).is_some_and(|task| query.matches(task, world, world.now()));
    let is_told = |change: &&Change| match &change.fact {
        Fact::Awaits(awaits) => subscribe.detail.contains(&awaits.task),
        fact => fact.task().is_none_or(|id| detail.contains(&id) || matches(id)),
    };
    let mut told: Vec<_> = changes.iter().filter(is_told).cloned().map(Told::Change).collect();
    told.push(fact(Complete { subscription: subscribe.number }));
    told
}

fn is_wrapped(task: &Task) -> bool {
    task.handled().is_some()
}

fn cancelled(cancel: &Cancel, world: &World) -> Vec<Told> {
    let results: Vec<_> = cancel.tasks.iter().map(|id| result(*id, world)).collect();
    let asked: Vec<_> = results.iter().filter(|result| result.asked).map(|result| result.task).collect();
    // In two pieces, as an agent may do.
    let (some, rest) = results.split_at(results.len() / 2);
    let answer = |results: &[CancelResult]| {
        Told::Answer(Answer::Cancelled(Cancelled { number: cancel.number, results: results.to_vec() }))
    };
    let mut told = vec![answer(some), answer(rest)];
    for task in asked {
        let (at, way) = (world.now(), CancelWay::MONITOR);
        told.push(fact(CancelAsked { task, at, way, by: None, location: None, set: None }));
        if world.task(task).and_then(Task::state) != Some(State::Running) {
            told.push(fact(Ended { task, at, outcome: Outcome::CANCELLED }));
        }
    }
    told
}

fn result(id: TaskId, world: &World) -> CancelResult {
    let alive = world.task(id).filter(|task| task.ended().is_none());
    let message = match alive {
        None => format!("no live task {id}"),
        Some(task) if task.kind() == Some(TaskKind::BLOCKING) => {
            format!("cannot cancel {id}: it runs on a blocking thread, which nobody can interrupt")
        }
        Some(task) if is_wrapped(task) => {
            return CancelResult { task: id, asked: true, message: String::new() };
        }
        Some(task) => {
            let place = task.location().and_then(|place| world.location(place)).unwrap();
            format!(
                "cannot cancel {id}: tokio::spawn at {}:{} keeps its handle; spawn it with taskscope_agent::spawn",
                place.file, place.line
            )
        }
    };
    CancelResult { task: id, asked: false, message }
}

/// Every wrapped task waits for the same.
fn traced(trace: &Trace, world: &World) -> Vec<Told> {
    let Trace { number, task } = *trace;
    let Some(known) = world.task(task).filter(|task| task.ended().is_none()) else {
        return vec![denied(number, Reason::NO_SUCH_TASK, format!("no live task {task}"))];
    };
    if !is_wrapped(known) {
        let why = "only a task that was spawned through the agent can be asked for its stack".to_owned();
        return vec![denied(number, Reason::IMPOSSIBLE, why)];
    }
    let node = |depth, function: &str, location: Option<u32>| TreeNode {
        depth,
        function: function.to_owned(),
        location: location.map(LocationId),
        detail: String::new(),
    };
    let nodes = vec![
        node(0, "orders::place", Some(1)),
        node(1, "orders::charge", Some(2)),
        node(2, "tokio::sync::mutex::Mutex::lock", None),
    ];
    let lock = Wait {
        what: WaitKind::LOCK,
        text: "the lock of orders::Ledger".to_owned(),
        task: None,
        address: Some(0x7f00),
        until: None,
    };
    let at = At(world.now().0);
    let awaits =
        Awaits { task, at, kind: TreeKind::STACK, tree: TreeId(9), since: vec![], waits: vec![lock] };
    let done = Done { number, message: String::new() };
    vec![fact(Tree { id: TreeId(9), nodes }), fact(awaits), Told::Answer(Answer::Done(done))]
}
