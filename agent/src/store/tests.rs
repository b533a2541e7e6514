//! The cases of the protocol on real runtimes. All tests of the process share the one store, so each looks
//! only at the tasks of its own runtime; and one runs at a time, for the history that they look at is bounded.

use crate::records::Copied;
use crate::shard::Remembered;
use crate::sync::lock;
use crate::{Builder, Runtime, core};
use std::future::pending;
use taskscope_model::TaskId;
use taskscope_model::codes::{Outcome, TaskKind};
use tokio::runtime::Builder as TokioBuilder;

fn multi() -> Runtime {
    let mut tokio = TokioBuilder::new_multi_thread();
    Builder::new().build_from(tokio.worker_threads(2).enable_all()).unwrap()
}

fn current() -> Runtime {
    Builder::new().build_from(TokioBuilder::new_current_thread().enable_all()).unwrap()
}

fn number(runtime: &Runtime) -> u16 {
    runtime.number().unwrap()
}

/// The live tasks of a runtime, by id.
fn live(runtime: u16) -> Vec<Copied> {
    let records = {
        let store = &core::get().unwrap().store;
        store.slab.iter().filter_map(|record| store.copy(record))
    };
    let mut live: Vec<_> = records.filter(|copied| copied.seed.runtime == runtime).collect();
    live.sort_by_key(|copied| copied.seed.id);
    live
}

/// The ended tasks of a runtime, by id.
fn ended(runtime: u16) -> Vec<Remembered> {
    let mut all = Vec::new();
    for thread in core::get().unwrap().store.threads.all() {
        let shard = lock(&thread.shard);
        all.extend(shard.ended_after(0).filter(|task| task.last.seed.runtime == runtime));
    }
    all.sort_by_key(|task| task.last.seed.id);
    all
}

/// Waits for a condition; a test that hangs here shows where.
fn eventually(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

fn task_id() -> u64 {
    crate::task_number::task_number(tokio::task::id())
}

#[test]
fn tasks_know_their_root_their_parent_and_their_polls() {
    let _alone = crate::sync::alone();
    for runtime in [multi(), current()] {
        let (parent, child) = runtime.block_on(async {
            let parent = tokio::spawn(async {
                let child = tokio::spawn(async {
                    for _ in 0..9 {
                        tokio::task::yield_now().await;
                    }
                    task_id()
                });
                (task_id(), child.await.unwrap())
            });
            parent.await.unwrap()
        });
        eventually(|| ended(number(&runtime)).len() == 3);
        let ended = ended(number(&runtime));
        let of = |id: u64| ended.iter().find(|task| task.last.seed.id == id).unwrap();
        let root = ended.iter().find(|task| task.last.seed.kind == TaskKind::BLOCK_ON).unwrap();
        assert_eq!(root.outcome, Outcome::COMPLETED);
        assert!(TaskId(root.last.seed.id).is_root());
        assert_eq!(of(parent).last.seed.parent, root.last.seed.id);
        assert_eq!(of(child).last.seed.parent, parent);
        assert_eq!(of(child).last.polls, 10);
        assert_eq!(of(child).outcome, Outcome::UNKNOWN, "tokio::spawn does not tell");
        assert!(of(child).last.busy > 0 && of(child).last.max_poll <= of(child).last.busy);
        let places = &core::get().unwrap().store.places;
        let chains = places.chains_after(0);
        let chain = |record: &Copied| &chains[record.seed.chain as usize - 1];
        assert_eq!(chain(&of(child).last).parent.unwrap().0, of(parent).last.seed.chain);
        assert_eq!(chain(&of(parent).last).parent.unwrap().0, root.last.seed.chain);
    }
}

/// (a): `block_in_place` and a second runtime on the same thread.
#[test]
fn polls_nest() {
    let _alone = crate::sync::alone();
    let (outer, kept) = (multi(), std::sync::Arc::new(current()));
    let inner_number = number(&kept);
    // Dropped by the test's own thread: a runtime may not be dropped in a poll.
    let inner = std::sync::Arc::clone(&kept);
    let outer_id = outer.block_on(async move {
        let task = tokio::spawn(async move {
            tokio::task::yield_now().await;
            let inner_parent = tokio::task::block_in_place(|| {
                inner.block_on(async { tokio::spawn(async { tokio::task::yield_now().await }).await.unwrap() });
                let after = tokio::spawn(async {});
                after.id()
            });
            tokio::task::yield_now().await;
            (task_id(), crate::task_number::task_number(inner_parent))
        });
        task.await.unwrap()
    });
    // A task is no longer alive a moment before its end is counted.
    eventually(|| ended(number(&outer)).len() == 3 && ended(inner_number).len() == 2);
    let outer_ended = ended(number(&outer));
    let of = |id: u64| outer_ended.iter().find(|task| task.last.seed.id == id).unwrap();
    assert_eq!(of(outer_id.0).last.polls, 3);
    assert_eq!(of(outer_id.1).last.seed.parent, outer_id.0, "the outer poll is the current one again");
    let inner_ended = ended(inner_number);
    assert_eq!(inner_ended.len(), 2);
    assert_eq!(inner_ended[0].last.polls, 2);
}

/// (b): a spawn on a runtime that is gone: its end comes before its creation.
#[test]
fn the_end_may_come_before_the_creation() {
    let _alone = crate::sync::alone();
    let runtime = multi();
    let (number, handle) = (number(&runtime), runtime.handle().clone());
    drop(runtime);
    for _ in 0..100 {
        drop(handle.spawn(pending::<()>()));
    }
    assert_eq!(live(number), []);
    let ended = ended(number);
    assert_eq!(ended.len(), 100);
    assert!(ended.iter().all(|task| task.outcome == Outcome::SHUT_DOWN));
}

/// (b) again: tasks are spawned from several threads while the runtime closes.
#[test]
fn a_closing_runtime_leaves_nothing_behind() {
    let _alone = crate::sync::alone();
    for _ in 0..20 {
        let runtime = multi();
        let number = number(&runtime);
        let spawners: Vec<_> = (0..2)
            .map(|_| {
                let handle = runtime.handle().clone();
                std::thread::spawn(move || (0..200).for_each(|_| drop(handle.spawn(pending::<()>()))))
            })
            .collect();
        drop(runtime);
        spawners.into_iter().for_each(|spawner| spawner.join().unwrap());
        assert_eq!(live(number), []);
    }
}

/// (c): blocking tasks and workers have ids and ends, but no creation that is told.
#[test]
fn ends_of_blocking_tasks_are_ignored() {
    let _alone = crate::sync::alone();
    let runtime = multi();
    runtime.block_on(async {
        for _ in 0..2_000 {
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        }
        tokio::spawn(async {}).await.unwrap();
    });
    eventually(|| ended(number(&runtime)).len() == 2);
    assert_eq!(live(number(&runtime)), []);
}

#[test]
fn a_shutdown_is_told_from_an_abort() {
    let _alone = crate::sync::alone();
    let runtime = multi();
    let number = number(&runtime);
    runtime.block_on(async {
        let aborted = tokio::spawn(pending::<()>());
        tokio::spawn(pending::<()>());
        tokio::task::yield_now().await;
        aborted.abort();
        assert!(aborted.await.unwrap_err().is_cancelled());
    });
    // A JoinHandle may be ready a moment before the end of its task is told.
    eventually(|| live(number).len() == 1);
    drop(runtime);
    assert_eq!(live(number), []);
    let outcomes: Vec<_> = ended(number).iter().map(|task| task.outcome).collect();
    assert_eq!(outcomes, [Outcome::UNKNOWN, Outcome::SHUT_DOWN, Outcome::COMPLETED]);
}

#[test]
fn a_panicking_task_and_a_panicking_root_end_once() {
    let _alone = crate::sync::alone();
    let runtime = current();
    let number = number(&runtime);
    let root = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async {
            assert!(tokio::spawn(async { panic!("on purpose") }).await.unwrap_err().is_panic());
            panic!("on purpose too");
        })
    }));
    assert!(root.is_err());
    let outcomes: Vec<_> = ended(number).iter().map(|task| task.outcome).collect();
    assert_eq!(outcomes, [Outcome::UNKNOWN, Outcome::PANICKED]);
    assert_eq!(live(number), []);
}

/// (g): pages of ids are recycled under survivors.
#[test]
fn survivors_are_found_after_many_spawns() {
    let _alone = crate::sync::alone();
    let runtime = multi();
    let number = number(&runtime);
    let survivors: Vec<_> = runtime.block_on(async {
        let mut survivors = Vec::new();
        for round in 0..50_000 {
            tokio::spawn(async {}).await.unwrap();
            if round % 1_000 == 0 {
                survivors.push(tokio::spawn(pending::<()>()));
            }
        }
        survivors
    });
    eventually(|| live(number).len() == survivors.len());
    let index = &core::get().unwrap().store.index;
    for survivor in &survivors {
        let id = crate::task_number::task_number(survivor.id());
        assert!(index.find(id).is_some_and(super::Record::is_live));
    }
}

#[test]
fn hooks_of_the_user_are_called_after_ours() {
    let _alone = crate::sync::alone();
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let calls: Arc<[AtomicU32; 4]> = Arc::default();
    let count = |which: usize| {
        let calls = Arc::clone(&calls);
        move |_: &tokio::runtime::TaskMeta<'_>| {
            calls[which].fetch_add(1, Ordering::Relaxed);
        }
    };
    let builder = Builder::new()
        .on_task_spawn(count(0))
        .on_before_task_poll(count(1))
        .on_after_task_poll(count(2))
        .on_task_terminate(count(3));
    let runtime = builder.build_from(&mut TokioBuilder::new_current_thread()).unwrap();
    runtime.block_on(async { tokio::spawn(tokio::task::yield_now()).await.unwrap() });
    assert_eq!(calls.each_ref().map(|count| count.load(Ordering::Relaxed)), [1, 2, 2, 1]);
    assert_eq!(ended(number(&runtime)).len(), 2);
}

#[test]
fn long_polls_are_counted_by_length() {
    let _alone = crate::sync::alone();
    let runtime = current();
    runtime.block_on(async {
        let work = tokio::spawn(async { std::thread::sleep(std::time::Duration::from_millis(3)) });
        work.await.unwrap();
    });
    let long: Vec<_> = ended(number(&runtime))[0].last.long.counts().collect();
    assert_eq!(long.iter().map(|count| u32::from(*count)).sum::<u32>(), 1);
    assert_eq!(long[..7], [0; 7], "three milliseconds are not below the bound of bucket 7");
}
