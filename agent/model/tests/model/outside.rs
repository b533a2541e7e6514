//! What is seen from outside: examples of its facts, as in `examples.rs`, any such facts, and what they mean.

use super::arbitrary::{at, place, task_id, word};
use super::examples::told;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use taskscope_model::change::*;
use taskscope_model::codes::{Activity, Source, TreeKind, WaitKind};
use taskscope_model::frame::Told;
use taskscope_model::{At, Change, Fact, LocationId, Nanos, State, Task, TaskId, TreeId};

const TASK: TaskId = TaskId(4711);

fn looked(activity: Activity) -> Looked {
    Looked { task: TASK, activity, cancelled: true, at: At(3_000_000), again: true, still: At(4_000_000) }
}

pub(super) fn facts() -> Vec<(String, Told)> {
    let held = Held {
        what: WaitKind::LOCK,
        text: "mutex".to_owned(),
        address: 0x7f00_1234_5678,
        location: Some(LocationId(3)),
        granted: true,
        aside: false,
    };
    vec![
        told("Looked", Source::OUTSIDE, looked(Activity::IDLE)),
        told("Holds", Source::OUTSIDE, Holds { task: TASK, held: vec![held] }),
        told("Holds.least", Source::OUTSIDE, Holds { task: TASK, held: Vec::new() }),
    ]
}

/// Any of them. Boxed: the strategy of all facts would be too large for a test's stack.
pub(super) fn fact() -> BoxedStrategy<Fact> {
    let looked = (task_id(), 0..5u8, any::<bool>(), at(), any::<bool>(), at()).prop_map(
        |(task, activity, cancelled, at, again, still)| {
            Looked { task, activity: Activity(activity), cancelled, at, again, still }.into()
        },
    );
    let held = (0..10u8, word(), address(), of(place()), any::<bool>(), any::<bool>()).prop_map(
        |(what, text, address, location, granted, aside)| {
            let what = WaitKind(what);
            Held { what, text, address, location, granted, aside }
        },
    );
    let holds = (task_id(), vec(held, 0..3)).prop_map(|(task, held)| Holds { task, held }.into());
    prop_oneof![looked, holds].boxed()
}

/// Tasks that stand still with locks, more often than chance would have it.
pub(super) fn knot() -> BoxedStrategy<Fact> {
    let still = (task_id(), at()).prop_map(|(task, at)| {
        Looked { task, activity: Activity::IDLE, cancelled: false, at, again: true, still: at }.into()
    });
    let holds = (task_id(), address(), any::<bool>()).prop_map(|(task, address, aside)| {
        let (what, text, location) = (WaitKind::LOCK, "mutex".to_owned(), None);
        Holds { task, held: vec![Held { what, text, address, location, granted: aside, aside }] }.into()
    });
    let awaits = (task_id(), at(), address(), any::<bool>()).prop_map(|(task, at, address, locks)| {
        let (kind, tree, what) = (TreeKind::MEMORY, TreeId(0), WaitKind::LOCK);
        let address = locks.then_some(address);
        let wait = Wait { what, text: String::new(), task: None, address, until: None };
        Awaits { task, at, kind, tree, since: Vec::new(), waits: vec![wait] }.into()
    });
    prop_oneof![still, holds, awaits].boxed()
}

/// Few, so that tasks meet at them.
pub(super) fn address() -> impl Strategy<Value = u64> {
    prop_oneof![9 => 0..3u64, 1 => any::<u64>()]
}

fn task(told: impl IntoIterator<Item = (Source, Fact)>) -> Task {
    let mut task = Task::new(TASK);
    told.into_iter().for_each(|(source, fact)| task.apply(source, &fact));
    task
}

#[test]
fn what_was_seen_from_outside_is_the_state_where_nobody_counts_polls() {
    let seen = |activity| task([(Source::OUTSIDE, looked(activity).into())]).state();
    assert_eq!(seen(Activity::RUNNING), Some(State::Running));
    assert_eq!(seen(Activity::SCHEDULED), Some(State::Scheduled));
    assert_eq!(seen(Activity::IDLE), Some(State::Idle));
    assert_eq!(seen(Activity(99)), None, "a later version knows of another");
}

#[test]
fn the_agent_knows_better_what_a_task_does() {
    let polled = Polled {
        task: TASK,
        polls: 1,
        busy: Nanos(0),
        max_poll: Nanos(0),
        running_since: Some(At(5)),
        last_poll: None,
        worker: None,
        long_polls: Vec::new(),
    };
    let told = [(Source::OUTSIDE, looked(Activity::IDLE).into()), (Source::AGENT, polled.into())];
    assert_eq!(task(told.clone()).state(), Some(State::Running));
    assert_eq!(task(told.into_iter().rev()).state(), Some(State::Running));
}

#[test]
fn a_place_without_a_column_is_shown_without_one() {
    let mut place = Location { id: LocationId(1), file: "src/main.rs".to_owned(), line: 12, column: 5 };
    assert_eq!(place.to_string(), "src/main.rs:12:5");
    place.column = 0;
    assert_eq!(place.to_string(), "src/main.rs:12");
}

#[test]
fn what_is_held_is_told_again_by_a_snapshot() {
    let (mut world, mut again) = (taskscope_model::World::default(), taskscope_model::World::default());
    for (_, told) in facts() {
        let Told::Change(change) = told else { panic!("these are facts") };
        world.apply(&change);
    }
    world.snapshot().iter().for_each(|change: &Change| again.apply(change));
    assert_eq!(world, again);
    let held = world.task(TASK).and_then(|task| task.holds()).map(|by| by.id.len());
    assert_eq!(held, Some(0), "the latest holds");
}
