//! Facts about what became of tasks and futures, by chance. Codes reach beyond the known ones.

use super::arbitrary::{at, nanos, number, place, task_id, word};
use super::outside;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use taskscope_model::change::*;
use taskscope_model::codes::{CancelWay, DropKind, HandleState, TreeKind, WaitKind};
use taskscope_model::{At, Fact, Nanos, TaskId, TreeId};

/// Any of these facts.
pub(super) fn fate() -> impl Strategy<Value = Fact> {
    prop_oneof![5 => of_a_task(), 2 => woken(), 2 => scheduled_times(), 3 => waiting(), 3 => counted_at_a_place()]
}

fn of_a_task() -> impl Strategy<Value = Fact> {
    let described = (task_id(), word(), word(), of(size()))
        .prop_map(|(task, name, future, size)| Described { task, name, future, size }.into());
    let handled = (task_id(), 0..7u8, at())
        .prop_map(|(task, handle, at)| Handled { task, handle: HandleState(handle), at }.into());
    let asked = (task_id(), at(), 0..6u8, of(task_id()), of(place()), of(place())).prop_map(
        |(task, at, way, by, location, set)| {
            CancelAsked { task, at, way: CancelWay(way), by, location, set }.into()
        },
    );
    let failure = (task_id(), at(), word(), of(place()))
        .prop_map(|(task, at, message, location)| Failure { task, at, message, location }.into());
    prop_oneof![1 => described, 2 => handled, 2 => asked, 1 => failure]
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![0..100u64, 16_380..16_390u64, any::<u64>()]
}

fn woken() -> impl Strategy<Value = Fact> {
    let many = || prop_oneof![3 => 0..250u64, 1 => any::<u64>()];
    (task_id(), many(), many(), of(0..3u64), of(nanos()), of(at()), of(at())).prop_map(
        |(task, wakes, self_wakes, wakers, scheduled, woken_since, last_wake)| {
            Woken { task, wakes, self_wakes, wakers, scheduled, woken_since, last_wake }.into()
        },
    )
}

fn scheduled_times() -> impl Strategy<Value = Fact> {
    let long_waits = vec((nanos(), any::<u32>()), 0..4);
    (task_id(), number(), nanos(), long_waits).prop_map(|(task, waits, longest, long_waits)| {
        ScheduledTimes { task, waits, longest, long_waits }.into()
    })
}

fn waiting() -> impl Strategy<Value = Fact> {
    let tree_id = || (0..3u32).prop_map(TreeId);
    let node = (any::<u16>(), word(), of(place()), word())
        .prop_map(|(depth, function, location, detail)| TreeNode { depth, function, location, detail });
    let tree = (tree_id(), vec(node, 0..4)).prop_map(|(id, nodes)| Tree { id, nodes }.into());
    let wait = (0..10u8, word(), prop::option::weighted(0.8, task_id()), of(outside::address()), of(at()))
        .prop_map(|(what, text, task, address, until)| {
            let until = if task.is_some() { None } else { until };
            Wait { what: WaitKind(what), text, task, address, until }
        });
    let awaits = (task_id(), at(), 0..5u8, tree_id(), vec(at(), 0..3), vec(wait, 0..3)).prop_map(
        |(task, at, kind, tree, since, waits)| {
            Awaits { task, at, kind: TreeKind(kind), tree, since, waits }.into()
        },
    );
    prop_oneof![1 => tree, 3 => awaits]
}

fn counted_at_a_place() -> impl Strategy<Value = Fact> {
    let load = (place(), nanos(), at(), course()).prop_map(|(location, every, until, course)| {
        let spans = |of: fn(&(u32, u32, u32)) -> u32| course.iter().map(of).collect();
        let (least, most, spawned) = (spans(|it| it.0), spans(|it| it.1), spans(|it| it.2));
        Load { location, every, until, least, most, spawned }.into()
    });
    let limits = (word(), of(nanos())).prop_map(|(mode, slow_poll)| Limits { mode, slow_poll }.into());
    prop_oneof![3 => observed(), 2 => half_way(), 2 => outcomes(), 3 => load, 1 => limits]
}

fn observed() -> impl Strategy<Value = Fact> {
    // Often nothing was polled.
    let polled = prop_oneof![Just(0), number()];
    let rest = (number(), number(), number(), of(at()), of(task_id()), number());
    (place(), word(), number(), polled, rest).prop_map(|(location, label, made, polled, rest)| {
        let (completed, unpolled, forgotten, last_forgotten, forgotten_by, half_way) = rest;
        Observed {
            location,
            label,
            made,
            polled,
            completed,
            unpolled,
            forgotten,
            last_forgotten,
            forgotten_by,
            half_way,
        }
        .into()
    })
}

fn half_way() -> impl Strategy<Value = Fact> {
    (place(), word(), 0..4u8, of(task_id()), at(), nanos(), of(place()), word()).prop_map(
        |(location, label, kind, task, at, after, waiting_at, waiting_for)| {
            let kind = DropKind(kind);
            HalfWay { location, label, kind, task, at, after, waiting_at, waiting_for }.into()
        },
    )
}

fn outcomes() -> impl Strategy<Value = Fact> {
    let ends = (number(), number(), number(), number(), number());
    (place(), ends, number(), number()).prop_map(|(location, ends, errors_unseen, panics_unseen)| {
        let (completed, failed, cancelled, panicked, shut_down) = ends;
        Outcomes { location, completed, failed, cancelled, panicked, shut_down, errors_unseen, panics_unseen }
            .into()
    })
}

/// Fewest and most alive, and spawned, in each span: anything, or waves that rise.
fn course() -> impl Strategy<Value = Vec<(u32, u32, u32)>> {
    let anything = vec((any::<u32>(), any::<u32>(), any::<u32>()), 0..12);
    let waves = (4..8u32, 0..20u32, 20..80u32).prop_map(|(waves, leaked, spawned)| {
        let wave = |n: u32| {
            let low = n * leaked;
            [(low, low + spawned, spawned), (low + leaked, low + spawned, 0)]
        };
        let mut course: Vec<_> = (0..waves).flat_map(wave).collect();
        course.push((waves * leaked, waves * leaked, 0));
        course
    });
    prop_oneof![anything, waves]
}

/// Of few tasks, that they wait, for one another as a rule, and that there are few wakers.
pub(super) fn stillness() -> impl Strategy<Value = Fact> {
    let (one, other) = (|| (0..4u64).prop_map(TaskId), || (0..4u64).prop_map(TaskId));
    let polled = one().prop_map(|task| {
        let (busy, max_poll, last_poll) = (Nanos(0), Nanos(0), Some(At(0)));
        let (running_since, worker, long_polls) = (None, None, Vec::new());
        Polled { task, polls: 1, busy, max_poll, running_since, last_poll, worker, long_polls }.into()
    });
    let woken = (one(), 0..3u64).prop_map(|(task, wakers)| {
        let (wakers, scheduled, woken_since, last_wake) = (Some(wakers), None, None, None);
        Woken { task, wakes: 1, self_wakes: 0, wakers, scheduled, woken_since, last_wake }.into()
    });
    let awaits = (one(), other(), at()).prop_map(|(task, other, at)| {
        let (what, text, task_of_it) = (WaitKind::TASK, String::new(), Some(other));
        let waits = vec![Wait { what, text, task: task_of_it, address: None, until: None }];
        Awaits { task, at, kind: TreeKind::OBSERVED, tree: TreeId(0), since: vec![], waits }.into()
    });
    prop_oneof![polled, woken, awaits]
}

/// The length of a span that is as good as any.
pub(super) const SPAN: Nanos = Nanos(10_000_000_000);
