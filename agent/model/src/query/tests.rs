//! What queries match and in which order, and what they say where they are wrong.

use super::*;
use crate::change::{Described, Ended, Location, Polled, Spawned, Woken};
use crate::codes::{Outcome, Source, TaskKind};
use crate::ids::{LocationId, Worker};
use crate::{Change, Fact, Nanos, World};

fn world() -> World {
    let mut world = World::default();
    let mut tell = |fact: Fact| world.apply(&Change { source: Source::AGENT, fact });
    tell(crate::change::Tick { at: At(1_000_000_000) }.into());
    for (id, file) in [(0, "src/Server.rs"), (1, "src/jobs.rs")] {
        tell(Location { id: LocationId(id), file: file.to_owned(), line: 42, column: 5 }.into());
    }
    for (id, place, polls, busy) in [(7, 0, 3, 200_000_000), (42, 1, 0, 0), (9, 1, 10, 1_000)] {
        let spawned = Spawned {
            task: TaskId(id),
            kind: TaskKind::ASYNC,
            runtime: None,
            parent: Some(TaskId::root(1)),
            location: Some(LocationId(place)),
            chain: None,
            at: Some(At(500_000_000)),
        };
        tell(spawned.into());
        let polled = Polled {
            task: TaskId(id),
            polls,
            busy: Nanos(busy),
            max_poll: Nanos(busy),
            running_since: None,
            last_poll: None,
            worker: (polls > 0).then_some(Worker(1)),
            long_polls: vec![],
        };
        tell(polled.into());
    }
    let (name, future) = ("Mailer".to_owned(), "app::jobs::sweep::{{closure}}".to_owned());
    tell(Described { task: TaskId(9), name, future, size: Some(128) }.into());
    tell(Ended { task: TaskId(7), at: At(900_000_000), outcome: Outcome::SHUT_DOWN }.into());
    world
}

fn found(query: &str) -> Vec<u64> {
    let world = world();
    let query = Query::parse(query).unwrap();
    let mut ids: Vec<_> = world
        .tasks()
        .filter(|task| query.matches(task, &world, world.now()))
        .map(|task| task.id().0)
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn words_match_location_and_id_in_any_case() {
    assert_eq!(found(""), [7, 9, 42]);
    assert_eq!(found("server"), [7]);
    assert_eq!(found("jobs.rs:42"), [9, 42]);
    assert_eq!(found("jobs -42"), Vec::<u64>::new(), "42 is a line of both");
    assert_eq!(found("id:42"), [42]);
    assert_eq!(found("\"src/jobs.rs:42:5\""), [9, 42]);
    assert_eq!(found("nothing"), Vec::<u64>::new());
}

#[test]
fn words_match_name_and_future() {
    assert_eq!(found("mailer"), [9]);
    assert_eq!(found("sweep::"), [9]);
    assert_eq!(found("name:MAIL"), [9]);
    assert_eq!(found("-name:mail"), [7, 42]);
    assert_eq!(found("name:sweep"), Vec::<u64>::new(), "that is its future");
}

#[test]
fn keys_compare() {
    assert_eq!(found("busy>150ms"), [7]);
    assert_eq!(found("busy>=200ms polls<4"), [7]);
    assert_eq!(found("-busy>150ms"), [9, 42]);
    assert_eq!(found("state:scheduled"), [42]);
    assert_eq!(found("STATE:Idle"), [9]);
    assert_eq!(found("outcome:shutdown"), [7]);
    assert_eq!(found("-outcome:shutdown"), [9, 42], "what lives has no outcome");
    assert_eq!(found("worker:1"), [7, 9]);
    assert_eq!(found("-worker:1"), [42], "an unknown worker is not worker 1");
    assert_eq!(found("parent:main age<=500ms"), [7, 9, 42]);
    assert_eq!(found("scheduled>1ns"), Vec::<u64>::new(), "unknown matches nothing");
}

#[test]
fn errors_point_at_the_place() {
    for (query, place, part) in [
        ("jobs buzy>5ms", 5..13, "`buzy` is no key; there are id, name, state"),
        ("busy>5", 0..6, "a duration with its unit"),
        ("state:sleeping", 0..14, "one of running, scheduled, idle, ended"),
        ("state>idle", 0..10, "has no order"),
        ("a -", 2..3, "wants a word"),
        ("ä \"open", 2..7, "no counterpart"),
        ("polls:", 0..6, "wants a value"),
    ] {
        let error = Query::parse(query).unwrap_err();
        assert_eq!(error.place, place, "{query}: {error}");
        assert!(error.message.contains(part), "{query}: {error}");
    }
}

#[test]
fn order_puts_the_largest_first_and_the_unknown_last() {
    let world = world();
    let ids = |key: &str, reverse| {
        let mut tasks: Vec<_> = world.tasks().collect();
        Order::parse(key, reverse).unwrap().sort(&mut tasks, &world, world.now());
        tasks.iter().map(|task| task.id().0).collect::<Vec<_>>()
    };
    assert_eq!(ids("busy", false), [7, 9, 42]);
    assert_eq!(ids("busy", true), [42, 9, 7]);
    assert_eq!(ids("worker", false), [7, 9, 42]);
    assert_eq!(ids("worker", true), [7, 9, 42]);
    assert_eq!(ids("location", true), [9, 42, 7]);
    assert_eq!(ids("", false), [7, 9, 42]);
    assert!(Order::parse("buzy", false).unwrap_err().to_string().contains("there are id, name"));
}

#[test]
fn time_alone_may_change_what_matches() {
    assert!(Query::parse("scheduled>1s").unwrap().depends_on_time());
    assert!(!Query::parse("state:idle polls>3").unwrap().depends_on_time());
    let mut world = world();
    let (wakes, self_wakes, wakers, scheduled, last_wake) = (1, 0, None, Some(Nanos(5)), None);
    let woken_since = Some(At(1_000_000_000));
    let woken = Woken { task: TaskId(42), wakes, self_wakes, wakers, scheduled, woken_since, last_wake };
    world.apply(&Change { source: Source::AGENT, fact: woken.into() });
    let matches =
        |at| Query::parse("scheduled>1s").unwrap().matches(world.task(TaskId(42)).unwrap(), &world, At(at));
    assert!(!matches(1_500_000_000));
    assert!(matches(2_500_000_000));
}
