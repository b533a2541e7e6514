//! Forgetting: what is due, and what must stay.

use super::arbitrary::{cases, change, fold};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use taskscope_model::change::{Ended, Spawned};
use taskscope_model::codes::{Outcome, TaskKind};
use taskscope_model::keep::Keep;
use taskscope_model::{At, Change, Fact, LocationId, Source, Task, TaskId, World};

fn by_agent(fact: impl Into<Fact>) -> Change {
    Change { source: Source::AGENT, fact: fact.into() }
}

/// Tasks that ended one after the other: from where, and how.
fn history() -> impl Strategy<Value = Vec<Change>> {
    vec((0..3u32, 0..7u8, 0..30u64), 0..80).prop_map(|tasks| {
        let lives = tasks.into_iter().enumerate().flat_map(|(n, (place, how, at))| {
            let task = TaskId(100 + n as u64);
            let location = Some(LocationId(place));
            let (kind, runtime, parent, chain) = (TaskKind::ASYNC, None, None, None);
            let spawned = Spawned { task, kind, runtime, parent, location, chain, at: None };
            let ended = Ended { task, at: At(at), outcome: Outcome(how) };
            // Every seventh lives on.
            [Some(by_agent(spawned)), (n % 7 != 0).then(|| by_agent(ended))]
        });
        lives.flatten().collect()
    })
}

fn bounds() -> impl Strategy<Value = Keep> {
    (0..12usize, 0..12usize, 0..5usize).prop_map(|(ended, not_completed, per_location)| Keep {
        ended,
        not_completed,
        per_location,
    })
}

fn ids<'a>(tasks: impl Iterator<Item = &'a Task>) -> HashSet<TaskId> {
    tasks.map(Task::id).collect()
}

fn did_not_complete(task: &Task) -> bool {
    task.outcome().is_some_and(Outcome::did_not_complete)
}

proptest! {
    #![proptest_config(cases(160))]

    #[test]
    fn what_is_due_brings_the_world_within_its_bounds(
        history in history(),
        others in vec(change(), 0..60),
        keep in bounds(),
    ) {
        let before = fold(history.iter().chain(&others));
        let due = keep.due(&before);
        let mut after = before.clone();
        due.iter().for_each(|change| after.apply(change));

        let most = keep.ended + keep.not_completed;
        prop_assert!(after.ended_len() <= most + most / 8);
        prop_assert!(due.is_empty() || after.ended_len() <= most);
        prop_assert_eq!(keep.due(&after), vec![]);

        let living = |world: &World| ids(world.tasks().filter(|task| task.ended().is_none()));
        prop_assert_eq!(living(&after), living(&before));
        if due.is_empty() {
            return Ok(());
        }

        let kept = ids(after.ended());
        let last = ids(before.ended().rev().take(keep.ended));
        prop_assert!(last.is_subset(&kept), "the last {} stay", keep.ended);

        let besides: Vec<_> = after.ended().filter(|task| !last.contains(&task.id())).collect();
        prop_assert!(besides.len() <= keep.not_completed);
        prop_assert!(besides.iter().all(|task| did_not_complete(task)));
        let mut per_place = HashMap::new();
        for task in &besides {
            *per_place.entry(task.location()).or_insert(0) += 1;
        }
        prop_assert!(per_place.values().all(|count| *count <= keep.per_location));

        // One that did not complete goes only if there is no room for it.
        for gone in before.ended().filter(|task| !kept.contains(&task.id()) && did_not_complete(task)) {
            let full = besides.len() == keep.not_completed;
            let place_full = per_place.get(&gone.location()).copied().unwrap_or(0) == keep.per_location;
            prop_assert!(full || place_full, "{gone:?}");
        }
    }
}

#[test]
fn many_good_ends_do_not_push_out_the_bad_one() {
    let mut world = World::default();
    let ended = |n: u64, outcome| by_agent(Ended { task: TaskId(n), at: At(n), outcome });
    world.apply(&ended(1, Outcome::PANICKED));
    for n in 2..20_000 {
        world.apply(&ended(n, Outcome::COMPLETED));
        Keep::default().due(&world).iter().for_each(|change| world.apply(change));
    }
    assert!(world.task(TaskId(1)).is_some());
    assert!(world.task(TaskId(19_999)).is_some());
    assert!(world.ended_len() <= 2_250, "{}", world.ended_len());
}

#[test]
fn bounds_may_be_as_large_as_anything() {
    let keep = Keep { ended: usize::MAX, not_completed: usize::MAX, per_location: usize::MAX };
    assert_eq!(keep.due(&World::default()), vec![]);
}

#[test]
fn an_outcome_of_a_later_version_is_not_known_to_be_bad() {
    for outcome in [Outcome::UNKNOWN, Outcome(200), Outcome::COMPLETED] {
        assert!(!outcome.did_not_complete(), "{outcome:?}");
    }
    for outcome in [Outcome::FAILED, Outcome::CANCELLED, Outcome::PANICKED, Outcome::SHUT_DOWN] {
        assert!(outcome.did_not_complete(), "{outcome:?}");
    }
}
