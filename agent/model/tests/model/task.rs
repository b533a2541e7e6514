//! One task told by several sources, its chain, and the names of things.

use proptest::prelude::*;
use taskscope_model::change::{Chain, Ended, Forgotten, Polled, Spawned, Tick};
use taskscope_model::codes::{Counter, Flavor, Outcome, Seen, TaskKind};
use taskscope_model::request::Reason;
use taskscope_model::task::By;
use taskscope_model::world::MAX_CHAIN;
use taskscope_model::{At, ChainId, Change, Fact, LocationId, Nanos, Source, State, Task, TaskId, World};

const TASK: TaskId = TaskId(7);

fn world<const N: usize>(told: [(Source, Fact); N]) -> World {
    let mut world = World::default();
    for (source, fact) in told {
        world.apply(&Change { source, fact });
    }
    world
}

fn task(world: &World) -> &Task {
    world.task(TASK).expect("the task is known")
}

fn spawned(kind: TaskKind, at: u64) -> Fact {
    let at = Some(At(at));
    Spawned { task: TASK, kind, runtime: None, parent: None, location: None, chain: None, at }.into()
}

fn polled(polls: u64, busy: u64, running_since: Option<At>) -> Fact {
    let (busy, max_poll, last_poll) = (Nanos(busy), Nanos(busy), None);
    Polled { task: TASK, polls, busy, max_poll, running_since, last_poll, worker: None, long_polls: vec![] }
        .into()
}

fn ended(at: u64, outcome: Outcome) -> Fact {
    Ended { task: TASK, at: At(at), outcome }.into()
}

fn tick(at: u64) -> Fact {
    Tick { at: At(at) }.into()
}

#[test]
fn only_the_agent_ends_a_task_that_it_tracks() {
    let (agent, outside) = (Source::AGENT, Source::OUTSIDE);
    let mut world = world([(outside, ended(5, Outcome::COMPLETED))]);
    assert_eq!(task(&world).state(), Some(State::Ended), "nobody stronger speaks of it");

    world.apply(&Change { source: agent, fact: spawned(TaskKind::ASYNC, 1) });
    assert_eq!(task(&world).ended(), None);
    assert_eq!(world.ended_len(), 0);

    // A source of a later version, whatever its number, ends it no more than one of today's.
    world.apply(&Change { source: Source(200), fact: ended(6, Outcome::FAILED) });
    assert_eq!(task(&world).ended(), None);

    world.apply(&Change { source: agent, fact: ended(9, Outcome::UNKNOWN) });
    assert_eq!(task(&world).ended().map(|ended| ended.at), Some(At(9)));
    assert_eq!(world.ended_len(), 1);
}

#[test]
fn how_it_ended_is_told_by_the_strongest_source_that_knows() {
    let mut world = world([
        (Source::OUTSIDE, ended(5, Outcome::FAILED)),
        (Source::CONSOLE, ended(6, Outcome::COMPLETED)),
        (Source::AGENT, spawned(TaskKind::ASYNC, 1)),
    ]);
    assert_eq!(task(&world).outcome(), None, "it lives");
    world.apply(&Change { source: Source::AGENT, fact: ended(9, Outcome::UNKNOWN) });
    assert_eq!(task(&world).outcome(), Some(Outcome::COMPLETED));
    world.apply(&Change { source: Source::AGENT, fact: ended(9, Outcome::CANCELLED) });
    assert_eq!(task(&world).outcome(), Some(Outcome::CANCELLED));
}

#[test]
fn an_unknown_kind_of_the_strongest_does_not_hide_a_known_one() {
    let told = [(Source::AGENT, spawned(TaskKind(99), 1)), (Source::OUTSIDE, spawned(TaskKind::LOCAL, 2))];
    let world = world(told);
    assert_eq!(task(&world).kind(), Some(TaskKind::LOCAL));
    assert_eq!(task(&world).spawned_at(), Some(At(1)));
}

#[test]
fn what_one_source_forgets_the_other_still_tells() {
    let mut world = world([
        (Source::AGENT, spawned(TaskKind::ASYNC, 1)),
        (Source::AGENT, ended(9, Outcome::PANICKED)),
        (Source::OUTSIDE, spawned(TaskKind::ASYNC, 2)),
        (Source::OUTSIDE, polled(3, 30, None)),
    ]);
    assert_eq!(task(&world).state(), Some(State::Ended));
    let forgotten = |source| Change { source, fact: Forgotten { task: TASK }.into() };

    world.apply(&forgotten(Source::AGENT));
    assert_eq!(task(&world).seen_by().collect::<Vec<_>>(), [Source::OUTSIDE]);
    assert_eq!((task(&world).state(), task(&world).spawned_at()), (Some(State::Idle), Some(At(2))));
    assert_eq!(world.ended_len(), 0);

    world.apply(&forgotten(Source::CONSOLE));
    assert_eq!(world.len(), 1, "it never spoke of it");
    world.apply(&forgotten(Source::OUTSIDE));
    assert!(world.is_empty());
}

#[test]
fn time_stands_still_for_a_task_that_has_ended() {
    let world = world([
        (Source::AGENT, spawned(TaskKind::ASYNC, 100)),
        // Its last poll was seen to begin and never to end.
        (Source::AGENT, polled(3, 50, Some(At(900)))),
        (Source::AGENT, ended(1_000, Outcome::PANICKED)),
        (Source::AGENT, tick(5_000)),
    ]);
    let (task, now) = (task(&world), world.now());
    assert_eq!(task.busy(now), Some(Nanos(150)));
    assert_eq!(task.max_poll(now), Some(Nanos(100)));
    assert_eq!(task.total(now), Some(Nanos(900)));
    assert_eq!(task.idle(now), Some(Nanos(750)));
    assert_eq!(task.since_last_poll(now), Some(Nanos(4_000)));
    assert_eq!(task.age(now), Some(Nanos(4_900)));
}

#[test]
fn numbers_at_their_ends_do_not_overflow() {
    let world = world([
        (Source::AGENT, spawned(TaskKind::ASYNC, 0)),
        (Source::AGENT, polled(u64::MAX, u64::MAX, Some(At(0)))),
        (Source::AGENT, tick(u64::MAX)),
    ]);
    let (task, now) = (task(&world), world.now());
    assert_eq!(task.polls(), Some(u64::MAX));
    assert_eq!(task.busy(now), Some(Nanos(u64::MAX)));
    assert_eq!(task.idle(now), Some(Nanos(0)));
}

#[test]
fn states_follow_from_polls() {
    let state = |fact| task(&world([(Source::AGENT, fact)])).state();
    assert_eq!(state(spawned(TaskKind::ASYNC, 0)), None, "nothing is told of polls");
    assert_eq!(state(polled(0, 0, None)), Some(State::Scheduled));
    assert_eq!(state(polled(0, 0, Some(At(1)))), Some(State::Running));
    assert_eq!(state(polled(1, 0, None)), Some(State::Idle));
    assert_eq!(state(ended(1, Outcome::UNKNOWN)), Some(State::Ended));
}

/// A World in which each node's parent is told by `parent`.
fn chained(nodes: u32, parent: impl Fn(u32) -> Option<u32>) -> World {
    let mut world = World::default();
    for n in 0..nodes {
        let (id, location, parent) = (ChainId(n), LocationId(n), parent(n).map(ChainId));
        world.apply(&Change { source: Source::AGENT, fact: Chain { id, location, parent }.into() });
    }
    world
}

#[test]
fn a_chain_leads_from_the_task_to_the_root() {
    let world = chained(4, |n| n.checked_sub(1));
    let of =
        |source, n| world.chain(By { source, id: ChainId(n) }).iter().map(|it| it.id.0).collect::<Vec<_>>();
    assert_eq!(of(Source::AGENT, 3), [3, 2, 1, 0]);
    assert_eq!(of(Source::AGENT, 9), [] as [u32; 0], "never told");
    assert_eq!(of(Source::OUTSIDE, 3), [] as [u32; 0], "another source numbers for itself");
}

#[test]
fn a_chain_without_an_end_is_cut() {
    let top = |world: World| world.chain(By { source: Source::AGENT, id: ChainId(0) }).len();
    assert_eq!(top(chained(200, |n| Some(n + 1))), MAX_CHAIN);
    assert_eq!(top(chained(3, |n| Some((n + 1) % 3))), MAX_CHAIN, "a ring");
    assert_eq!(top(chained(1, |_| Some(0))), MAX_CHAIN, "its own parent");
    assert_eq!(top(chained(MAX_CHAIN as u32, |n| Some(n + 1))), MAX_CHAIN);
}

proptest! {
    #[test]
    fn an_unknown_code_prints_unknown(code in 100..=u8::MAX) {
        let printed = [
            Source(code).to_string(),
            TaskKind(code).to_string(),
            Outcome(code).to_string(),
            Flavor(code).to_string(),
            Seen(code).to_string(),
            Counter(code).to_string(),
            Reason(code).to_string(),
        ];
        prop_assert!(printed.iter().all(|text| text == "unknown"), "{:?}", printed);
        prop_assert_eq!(format!("{:?}", Outcome(code)), format!("Outcome({code})"));
    }
}

#[test]
fn a_known_code_has_a_name_and_is_found_by_it() {
    for outcome in Outcome::KNOWN {
        assert_eq!(outcome.name().and_then(Outcome::from_name), Some(*outcome));
    }
    assert_eq!(Outcome::from_name("unknown"), None);
    assert_eq!(Outcome::UNKNOWN.to_string(), "unknown");
}

#[test]
fn what_is_no_task_is_not_read_as_one() {
    for text in
        ["", "+7", "-7", "07", "7 ", "main-", "main-1", "main-+2", "main-02", "Main", "9223372036854775808"]
    {
        assert_eq!(text.parse::<TaskId>().ok(), None, "{text:?}");
    }
    assert_eq!("main".parse(), Ok(TaskId::root(1)));
    assert_eq!("main-2".parse(), Ok(TaskId::root(2)));
    assert_eq!("0".parse(), Ok(TaskId(0)));
    assert_eq!(format!("{:>6}|{:<8}|", TaskId(42), TaskId::root(2)), "    42|main-2  |");
}
