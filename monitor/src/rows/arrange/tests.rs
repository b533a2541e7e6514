//! Orders, limits and trees.

use super::*;
use crate::fake;
use crate::rows::Columns;
use taskscope_model::change::{Ended, Spawned};
use taskscope_model::codes::{Outcome, TaskKind};
use taskscope_model::{At, Change, Fact, Source};

fn apply(world: &mut World, fact: impl Into<Fact>) {
    world.apply(&Change { source: Source::AGENT, fact: fact.into() });
}

/// Tasks 1 to 9 and who spawned them: 7 and 8 each other, 9 itself, 4 an unknown one.
fn world() -> World {
    let mut world = World::default();
    let parents = [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(99)), (5, Some(3)), (6, Some(2))];
    let odd = [(7, Some(8)), (8, Some(7)), (9, Some(9))];
    for (id, parent) in parents.into_iter().chain(odd) {
        let parent = parent.map(TaskId);
        let (kind, at) = (TaskKind::ASYNC, Some(At(id)));
        apply(
            &mut world,
            Spawned { task: TaskId(id), kind, runtime: None, parent, location: None, chain: None, at },
        );
    }
    world
}

fn shape(arrangement: Arrangement, limit: Option<usize>) -> Shape {
    Shape { arrangement, ended: false, limit, columns: Columns::Filled }
}

fn placed(world: &World, sort: &str, shape: Shape) -> (Vec<(u64, usize)>, u64) {
    let order = Order::parse(sort, false).unwrap();
    let (placed, left_out) = first(world, &Query::default(), &order, shape);
    (placed.iter().map(|it| (it.id.0, it.depth)).collect(), left_out)
}

#[test]
fn a_tree_holds_every_task_once_even_where_spawners_form_a_circle() {
    let by_id = placed(&world(), "", shape(Arrangement::BySpawner, None));
    let expected = [(1, 0), (2, 1), (6, 2), (3, 1), (5, 2), (4, 0), (9, 0), (7, 0), (8, 1)];
    assert_eq!(by_id, (expected.to_vec(), 0));
}

#[test]
fn siblings_of_a_tree_stand_in_the_order_asked_for() {
    let order = Order::parse("id", true).unwrap();
    let (placed, _) = first(&world(), &Query::default(), &order, shape(Arrangement::BySpawner, None));
    let ids: Vec<_> = placed.iter().map(|it| it.id.0).collect();
    assert_eq!(ids[..7], [9, 4, 1, 3, 5, 2, 6]);
}

#[test]
fn a_limit_keeps_the_beginning() {
    for arrangement in [Arrangement::Flat, Arrangement::BySpawner] {
        for sort in ["", "age", "busy"] {
            let (all, _) = placed(&world(), sort, shape(arrangement, None));
            for limit in 0..=all.len() + 1 {
                let (kept, left_out) = placed(&world(), sort, shape(arrangement, Some(limit)));
                assert_eq!(kept, all[..limit.min(all.len())], "{arrangement:?} {sort} {limit}");
                assert_eq!(left_out as usize, all.len() - kept.len());
            }
        }
    }
}

#[test]
fn ended_tasks_come_when_asked_for() {
    let mut world = world();
    apply(&mut world, Ended { task: TaskId(2), at: At(9), outcome: Outcome::UNKNOWN });
    let of = |ended| {
        let (placed, _) = placed(&world, "", Shape { ended, ..shape(Arrangement::BySpawner, Some(3)) });
        placed
    };
    assert_eq!(of(true), [(1, 0), (2, 1), (6, 2)]);
    assert_eq!(of(false), [(1, 0), (3, 1), (5, 2)], "the child of an ended task stands at the top, later");
}

#[test]
fn a_query_filters_before_the_limit() {
    let mut world = World::default();
    fake::changes().iter().for_each(|change| world.apply(change));
    let query = Query::parse("server.rs").unwrap();
    let order = Order::parse("polls", false).unwrap();
    let (placed, left_out) = first(&world, &query, &order, shape(Arrangement::Flat, Some(2)));
    assert_eq!((placed.iter().map(|it| it.id.0).collect::<Vec<_>>(), left_out), (vec![7, 8], 1));
}

#[test]
fn words_are_ordered_as_words_and_what_is_unknown_comes_last() {
    let mut world = World::default();
    fake::changes().iter().for_each(|change| world.apply(change));
    // Of this one nobody tells where it was spawned.
    apply(&mut world, taskscope_model::change::Boxed { task: TaskId(99), original_size: 1 });
    for sort in ["location", "state", "runtime", "id", "parent"] {
        for reverse in [false, true] {
            let order = Order::parse(sort, reverse).unwrap();
            let shape = Shape { ended: true, ..shape(Arrangement::Flat, None) };
            let (placed, _) = first(&world, &Query::default(), &order, shape);
            let mut tasks: Vec<_> = world.tasks().collect();
            order.sort(&mut tasks, &world, world.now());
            let sorted: Vec<_> = tasks.iter().map(|task| task.id()).collect();
            assert_eq!(placed.iter().map(|it| it.id).collect::<Vec<_>>(), sorted, "{sort} {reverse}");
            for limit in 0..=sorted.len() {
                let shape = Shape { limit: Some(limit), ..shape };
                let (kept, _) = first(&world, &Query::default(), &order, shape);
                assert_eq!(kept, placed[..limit], "{sort} {reverse} {limit}");
            }
        }
    }
}

#[test]
fn a_look_in_pieces_finds_the_same() {
    let mut world = World::default();
    fake::changes().iter().for_each(|change| world.apply(change));
    for (sort, arrangement) in
        [("busy", Arrangement::Flat), ("location", Arrangement::Flat), ("age", Arrangement::BySpawner)]
    {
        let order = Order::parse(sort, false).unwrap();
        let (query, shape) = (Query::parse("-polls:0").unwrap(), shape(arrangement, Some(4)));
        let mut search = Search::new(&world, &query, &order, shape);
        let looks = (1..=world.len()).find(|_| search.look(&world, 1));
        assert_eq!(looks, Some(world.len()), "one at a time");
        assert_eq!(search.placed(), first(&world, &query, &order, shape), "{sort}");
    }
}
