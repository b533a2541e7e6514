//! The fold: what alters a World, and what must not.

use super::arbitrary::{cases, change, fact, fold};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use taskscope_model::world::MAX_CHAIN;
use taskscope_model::{Change, Source, World};

/// One Change sequence per source, and in which order they take turns.
fn merged(sources: &[Vec<Change>], turns: &[Index]) -> Vec<Change> {
    let mut rest: Vec<_> = sources.iter().map(|changes| changes.iter()).collect();
    let mut merged: Vec<Change> =
        turns.iter().filter_map(|turn| rest[turn.index(sources.len())].next().cloned()).collect();
    merged.extend(rest.into_iter().flatten().cloned());
    merged
}

fn several_sources() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let of = |source| vec(fact().prop_map(move |fact| Change { source, fact }), 0..60);
    (of(Source::AGENT), of(Source::OUTSIDE), of(Source::CONSOLE)).prop_map(|(a, b, c)| vec![a, b, c])
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_snapshot_and_what_follows_is_the_same_as_everything(
        changes in vec(change(), 0..120),
        moment in any::<Index>(),
    ) {
        let (before, after) = changes.split_at(moment.index(changes.len() + 1));
        let snapshot = fold(before).snapshot();
        prop_assert_eq!(fold(snapshot.iter().chain(after)), fold(&changes));
    }

    #[test]
    fn a_snapshot_tells_nothing_twice_and_the_same_each_time(changes in vec(change(), 0..120)) {
        let world = fold(&changes);
        let snapshot = world.snapshot();
        prop_assert_eq!(&world.snapshot(), &snapshot);
        prop_assert_eq!(fold(&snapshot).snapshot(), snapshot);
    }

    #[test]
    fn sources_may_take_turns_in_any_way(
        sources in several_sources(),
        turns in vec(any::<Index>(), 180),
        other_turns in vec(any::<Index>(), 180),
    ) {
        prop_assert_eq!(fold(&merged(&sources, &turns)), fold(&merged(&sources, &other_turns)));
    }

    #[test]
    fn a_change_told_twice_is_told_once(changes in vec(change(), 0..120)) {
        let twice = changes.iter().flat_map(|change| [change, change]);
        prop_assert_eq!(fold(twice), fold(&changes));
    }

    #[test]
    fn now_never_goes_back(changes in vec(change(), 0..120)) {
        let mut world = World::default();
        for change in &changes {
            let before = world.now();
            world.apply(change);
            prop_assert!(world.now() >= before);
        }
    }

    #[test]
    fn the_ended_are_the_tasks_that_have_ended_oldest_first(changes in vec(change(), 0..120)) {
        let world = fold(&changes);
        let indexed: Vec<_> = world.ended().map(|task| (task.ended().map(|it| it.at), task.id())).collect();
        let mut ended: Vec<_> = world
            .tasks()
            .filter(|task| task.ended().is_some())
            .map(|task| (task.ended().map(|it| it.at), task.id()))
            .collect();
        ended.sort_unstable();
        prop_assert_eq!(world.ended_len(), ended.len());
        prop_assert_eq!(indexed, ended);
    }

    #[test]
    fn every_question_has_an_answer(changes in vec(change(), 0..120)) {
        let world = fold(&changes);
        let now = world.now();
        for task in world.tasks() {
            let _ = (task.state(), task.outcome(), task.polls(), task.max_poll(now), task.age(now));
            let _ = (task.kind(), task.parent(), task.worker(), task.since_last_poll(now));
            if let (Some(total), Some(idle)) = (task.total(now), task.idle(now)) {
                prop_assert!(idle <= total, "{:?}", task);
            }
            if let Some(chain) = task.chain() {
                prop_assert!(world.chain(chain).len() <= MAX_CHAIN);
            }
        }
    }
}
