//! Wrapped tasks on real runtimes, at whatever level this is built. All tests of the process share the one store, so
//! each looks only at the tasks of its own spawn lines; and one runs at a time, for the history is bounded.

use crate::shard::Remembered;
use crate::sync::lock;
use crate::{Builder, Observe as _, Runtime, core, spawn, spawn_fallible, task};
use std::future::pending;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use taskscope_model::codes::{CancelWay, HandleState, Outcome, TaskKind};
use tokio::runtime::Builder as TokioBuilder;

/// Held by the test that runs.
fn alone() -> crate::sync::Guard<'static, ()> {
    crate::sync::alone()
}

fn runtimes() -> [Runtime; 2] {
    let (mut multi, mut current) = (TokioBuilder::new_multi_thread(), TokioBuilder::new_current_thread());
    [
        Builder::new().build_from(multi.worker_threads(2).enable_all()).unwrap(),
        Builder::new().build_from(current.enable_all()).unwrap(),
    ]
}

#[track_caller]
fn line() -> u32 {
    Location::caller().line()
}

/// Waits for a condition; a test that hangs here shows where.
fn eventually(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

fn number(id: tokio::task::Id) -> u64 {
    crate::task_number::task_number(id)
}

/// An ended task, when it is in the history.
fn ended(id: tokio::task::Id) -> Remembered {
    let find = || {
        let threads = core::get().unwrap().store.threads.all();
        threads.iter().find_map(|thread| {
            let shard = lock(&thread.shard);
            shard.history().find(|task| task.last.seed.id == number(id))
        })
    };
    eventually(|| find().is_some());
    find().unwrap()
}

fn said(task: &Remembered) -> String {
    task.fate.as_ref().unwrap().more.as_ref().unwrap().said.clone().unwrap().message
}

fn handle(task: &Remembered) -> HandleState {
    task.fate.as_ref().unwrap().handled().state
}

#[test]
fn outcomes_are_known() {
    let _alone = alone();
    for runtime in runtimes() {
        runtime.block_on(async {
            let good = spawn(async { 1 });
            let id = good.id();
            assert_eq!(good.await.unwrap(), 1);
            assert_eq!(ended(id).outcome, Outcome::COMPLETED);
            assert_eq!(ended(id).last.seed.kind, TaskKind::ASYNC);

            let bad = spawn_fallible(async { Err::<(), _>("no such order") });
            let id = bad.id();
            assert!(bad.await.unwrap().is_err());
            assert_eq!((ended(id).outcome, said(&ended(id))), (Outcome::FAILED, "no such order".to_owned()));

            let fine = spawn_fallible(async { Ok::<_, String>(2) });
            let id = fine.id();
            assert_eq!(fine.await.unwrap(), Ok(2));
            assert_eq!(ended(id).outcome, Outcome::COMPLETED);

            let lost = spawn(async { panic!("on {}", "purpose") });
            let id = lost.id();
            assert!(lost.await.unwrap_err().is_panic());
            assert_eq!((ended(id).outcome, said(&ended(id))), (Outcome::PANICKED, "on purpose".to_owned()));
            let place = ended(id).fate.unwrap().more.as_ref().unwrap().said.as_ref().unwrap().place.unwrap();
            assert!(core::get().unwrap().store.places.text(place).unwrap().contains("wrapped/tests.rs"));

            let stopped = spawn(pending::<()>());
            let id = stopped.id();
            task::yield_now().await;
            stopped.abort();
            assert!(stopped.await.unwrap_err().is_cancelled());
            assert_eq!(ended(id).outcome, Outcome::CANCELLED);
        });
        let left = runtime.block_on(async { spawn(pending::<()>()).id() });
        drop(runtime);
        assert_eq!(ended(left).outcome, Outcome::SHUT_DOWN);
    }
}

#[test]
fn rows_are_whole_at_every_level() {
    let _alone = alone();
    for runtime in runtimes() {
        let (parent, child, at) = runtime.block_on(async {
            let parent = spawn(async {
                let at = line() + 1;
                let child = spawn(async {
                    for _ in 0..9 {
                        task::yield_now().await;
                    }
                });
                let id = child.id();
                child.await.unwrap();
                (id, at)
            });
            let id = parent.id();
            let (child, at) = parent.await.unwrap();
            (id, child, at)
        });
        let (parent, child) = (ended(parent), ended(child));
        assert_eq!(child.last.polls, 10);
        assert!(child.last.busy > 0);
        assert_eq!(child.last.seed.parent, parent.last.seed.id);
        assert_ne!(child.last.seed.runtime, crate::runtimes::UNKNOWN_RUNTIME);
        let places = &core::get().unwrap().store.places;
        assert!(places.text(child.last.seed.location).unwrap().ends_with(&format!("wrapped/tests.rs:{at}")));
        let chains = places.chains_after(0);
        assert_eq!(chains[child.last.seed.chain as usize - 1].parent.unwrap().0, parent.last.seed.chain);
        let future = child.fate.unwrap().future.unwrap();
        assert!(future.name().contains("rows_are_whole"), "{}", future.name());
    }
}

#[test]
fn what_became_of_the_handle_is_known() {
    let _alone = alone();
    for runtime in runtimes() {
        runtime.block_on(async {
            let awaited = spawn(async {});
            let id = awaited.id();
            awaited.await.unwrap();
            eventually(|| handle(&with_late(id)) == HandleState::AWAITED);

            let dropped = spawn(task::yield_now());
            let id = dropped.id();
            drop(dropped);
            turns().await;
            eventually(|| handle(&with_late(id)) == HandleState::DROPPED);

            let detached = spawn(async { panic!("detached") });
            let id = detached.id();
            detached.detach();
            turns().await;
            assert_eq!(handle(&ended(id)), HandleState::DETACHED);

            let late = spawn(async { panic!("nobody looks") });
            let id = late.id();
            assert_eq!(handle(&ended_yielding(id).await), HandleState::HELD);
            let unseen = outcomes_of(&ended(id)).panics_unseen;
            drop(late);
            assert_eq!(handle(&ended(id)), HandleState::DROPPED, "also in the history");
            assert_eq!(outcomes_of(&ended(id)).panics_unseen, unseen + 1);

            let foreign = spawn(async {}).into_tokio();
            let id = foreign.id();
            foreign.await.unwrap();
            eventually(|| handle(&with_late(id)) == HandleState(0));
        });
    }
}

/// An ended task with what came after its end.
fn with_late(id: tokio::task::Id) -> Remembered {
    let mut task = ended(id);
    for thread in core::get().unwrap().store.threads.all() {
        if let Some(late) = thread.late.after(0).0.iter().find(|late| late.id == number(id)) {
            task.fate.as_mut().unwrap().set_handled(late.handled);
        }
    }
    task
}

/// Lets the other tasks of a `current_thread` runtime come to their ends.
async fn turns() {
    for _ in 0..10 {
        task::yield_now().await;
    }
}

async fn ended_yielding(id: tokio::task::Id) -> Remembered {
    turns().await;
    ended(id)
}

fn outcomes_of(task: &Remembered) -> crate::shard::Outcomes {
    let mut all = crate::shard::Outcomes::default();
    for thread in core::get().unwrap().store.threads.all() {
        if let Some(sums) = lock(&thread.shard).outcomes().get(task.last.seed.location as usize) {
            all.add(sums);
        }
    }
    all
}

#[test]
fn who_aborted_first_is_known() {
    let _alone = alone();
    for runtime in runtimes() {
        runtime.block_on(async {
            let victim = spawn(pending::<()>());
            let (id, abort) = (victim.id(), victim.abort_handle());
            let at = line() + 1;
            let canceller = spawn(async move { abort.abort() });
            let by = canceller.id();
            canceller.await.unwrap();
            victim.abort();
            assert!(victim.await.unwrap_err().is_cancelled());
            let asked = ended(id).fate.unwrap().more.as_ref().unwrap().asked.unwrap();
            assert_eq!((asked.by, asked.way, asked.set), (number(by), CancelWay::ABORT, None));
            let places = &core::get().unwrap().store.places;
            assert!(places.text(asked.place.unwrap()).unwrap().ends_with(&format!("tests.rs:{at}")));
        });
    }
}

#[test]
fn a_dropped_set_says_who_dropped_it_and_where_it_was_made() {
    let _alone = alone();
    for runtime in runtimes() {
        runtime.block_on(async {
            let (made, id, by) = {
                let made = line() + 1;
                let mut set = task::JoinSet::new();
                let id = set.spawn(pending::<()>()).id();
                let owner = spawn(async move {
                    task::yield_now().await;
                    drop(set);
                });
                let by = owner.id();
                owner.await.unwrap();
                (made, id, by)
            };
            let task = ended_yielding(id).await;
            let asked = task.fate.as_ref().unwrap().more.as_ref().unwrap().asked.unwrap();
            assert_eq!((asked.by, asked.way), (number(by), CancelWay::SET_DROPPED));
            let places = &core::get().unwrap().store.places;
            assert!(places.text(asked.set.unwrap()).unwrap().ends_with(&format!("tests.rs:{made}")));
            assert_eq!((task.outcome, handle(&task)), (Outcome::CANCELLED, HandleState::DROPPED));
        });
    }
}

#[test]
fn blocking_and_local_tasks_are_rows() {
    let _alone = alone();
    for runtime in runtimes() {
        let id = runtime.block_on(async {
            let blocking = task::spawn_blocking(|| 3);
            let id = blocking.id();
            assert_eq!(blocking.await.unwrap(), 3);
            id
        });
        let blocking = ended(id);
        assert_eq!((blocking.outcome, blocking.last.seed.kind), (Outcome::COMPLETED, TaskKind::BLOCKING));
        assert_eq!(blocking.last.polls, 1);
        let local = tokio::task::LocalSet::new();
        let id = runtime.block_on(local.run_until(async {
            let local = task::spawn_local(async { task::yield_now().await });
            let id = local.id();
            local.await.unwrap();
            id
        }));
        let local = ended(id);
        assert_eq!((local.outcome, local.last.seed.kind), (Outcome::COMPLETED, TaskKind::LOCAL));
        assert_eq!(local.last.polls, 2);
    }
}

#[test]
fn names_are_kept() {
    let _alone = alone();
    let [runtime, _] = runtimes();
    let id = runtime.block_on(async {
        let named = task::Builder::new().name("accept loop").spawn(async {}).unwrap();
        let id = named.id();
        named.await.unwrap();
        id
    });
    assert_eq!(ended(id).fate.unwrap().more.as_ref().unwrap().name.as_deref(), Some("accept loop"));
}

/// Nothing of the agent's stays behind: extensions are handed out again.
#[test]
fn extensions_are_given_back() {
    let _alone = alone();
    let [_, runtime] = runtimes();
    runtime.block_on(async {
        let mut slots = std::collections::HashSet::new();
        for round in 0..3_000 {
            let task = spawn(async {});
            let id = number(task.id());
            let store = &core::get().unwrap().store;
            if let Some(record) = store.index.find(id) {
                slots.insert(record.extension());
            }
            match round % 3 {
                0 => task.await.unwrap(),
                1 => drop(task),
                _ => task.abort(),
            }
            task::yield_now().await;
        }
        assert!(slots.len() < 1_500, "{} extensions for one task at a time", slots.len());
    });
}

/// Turns the counting off again, also when the test fails.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        super::count_wakes(false);
    }
}

#[test]
fn wakes_are_counted_while_somebody_asks() {
    let _alone = alone();
    let _counted = Counted;
    for runtime in runtimes() {
        super::count_wakes(true);
        let (keep, kept) = std::sync::mpsc::channel();
        let id = runtime.block_on(async {
            let (send, mut receive) = tokio::sync::mpsc::channel::<u32>(1);
            let woken = spawn(async move {
                // Wakes itself, twice.
                for _ in 0..2 {
                    std::future::poll_fn(|cx| {
                        cx.waker().wake_by_ref();
                        std::task::Poll::Ready(())
                    })
                    .await;
                }
                let clone = std::future::poll_fn(|cx| std::task::Poll::Ready(cx.waker().clone())).await;
                keep.send([clone.clone(), clone]).unwrap();
                receive.recv().await;
            });
            let id = woken.id();
            // Its own wakes have had it polled twice, and it waits.
            let waits = || {
                let store = &core::get().unwrap().store;
                let copied = store.index.find(number(id)).and_then(|record| store.copy(record));
                copied.is_some_and(|copied| copied.polls >= 2 && copied.poll_start == 0)
            };
            while !waits() {
                task::yield_now().await;
            }
            send.send(1).await.unwrap();
            woken.await.unwrap();
            id
        });
        super::count_wakes(false);
        let woke = ended(id).fate.unwrap().more.as_ref().unwrap().woke.clone().unwrap();
        assert_eq!(woke.self_wakes, 2);
        assert!(woke.wakes >= 3, "{woke:?}");
        // Those that are kept; who has just woken the task may still hold a third.
        assert!((2..=3).contains(&woke.wakers), "{woke:?}");
        drop(kept);
        assert!(woke.scheduled > 0 && woke.last_wake > 0);
        // Once for its own wakes, once for the message; who waits is one task, so all waits are in the sum.
        let waits = woke.waits;
        assert!((2..=woke.wakes).contains(&waits.count()) && waits.longest > 0, "{woke:?}");
        assert!((waits.longest..=waits.longest * waits.count()).contains(&woke.scheduled), "{woke:?}");
    }
}

struct Angry;

impl Drop for Angry {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_panic_in_a_drop_of_the_programs_is_a_panic() {
    let _alone = alone();
    for runtime in runtimes() {
        runtime.block_on(async {
            let angry = spawn(async {
                let _angry = Angry;
                pending::<()>().await;
            });
            let id = angry.id();
            task::yield_now().await;
            angry.abort();
            let error = angry.await.unwrap_err();
            // If it was aborted before its first poll nothing is there to be dropped.
            let (outcome, expected) = (ended(id).outcome, if error.is_panic() { Outcome::PANICKED } else { Outcome::CANCELLED });
            assert_eq!(outcome, expected);
            if error.is_panic() {
                assert_eq!(said(&ended(id)), "in drop");
            }
        });
    }
}

#[test]
fn a_panic_raised_without_a_hook_is_a_panic() {
    let _alone = alone();
    for runtime in runtimes() {
        runtime.block_on(async {
            let lost = spawn(async { std::panic::resume_unwind(Box::new("carried over")) });
            let id = lost.id();
            let joined: Result<(), _> = lost.await;
            assert!(joined.unwrap_err().is_panic());
            assert_eq!((ended(id).outcome, said(&ended(id))), (Outcome::PANICKED, "carried over".to_owned()));
        });
    }
}

#[test]
fn a_spawn_outside_of_a_runtime_panics_as_tokios() {
    let _alone = alone();
    let [runtime, _] = runtimes();
    let message = |spawn: &dyn Fn()| {
        let payload = catch_unwind(AssertUnwindSafe(spawn)).unwrap_err();
        payload.downcast::<String>().map(|it| *it).or_else(|it| it.downcast::<&str>().map(|it| it.to_string())).unwrap()
    };
    let alive = || core::get().unwrap().store.slab.iter().filter(|record| record.extension() != 0).count();
    let ours = message(&|| drop(spawn(async {})));
    assert_eq!(ours, message(&|| drop(tokio::spawn(async {}))));
    assert_eq!(message(&|| drop(task::spawn_blocking(|| ()))), ours);
    let _ = alive();
    let good = runtime.block_on(async { spawn(async {}).id() });
    assert_eq!(ended(good).last.polls, 1, "the next one is none the worse");
}

#[test]
fn a_closing_runtime_takes_no_task_and_leaves_none() {
    let _alone = alone();
    let [runtime, other] = runtimes();
    let handle = runtime.handle().clone();
    drop(runtime);
    for _ in 0..100 {
        let mut set = task::JoinSet::new();
        let id = set.spawn_on(pending::<()>(), &handle).id();
        assert!(matches!(ended(id).outcome, Outcome::SHUT_DOWN), "{:?}", ended(id).outcome);
    }
    drop(other);
}

/// What is left of a runtime is dropped where nothing of it is any more: a half-polled observed future, and a handle. Some of
/// these runtimes go while their task is in its first poll.
#[test]
fn what_outlives_its_runtime_is_dropped_on_any_thread() {
    let _alone = alone();
    for runtime in (0..50).flat_map(|_| runtimes()) {
        let (left, task) = runtime.block_on(async {
            let mut left = Box::pin(pending::<()>().observed("left"));
            let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(left.as_mut().poll(cx)));
            assert!(polled.await.is_pending());
            (left, spawn(pending::<()>()))
        });
        let id = task.id();
        drop(runtime);
        std::thread::spawn(move || drop((left, task))).join().unwrap();
        assert_eq!(ended(id).outcome, Outcome::SHUT_DOWN);
        eventually(|| handle(&ended(id)) == HandleState::DROPPED);
    }
}

#[test]
fn a_blocking_task_outlives_its_runtime() {
    let _alone = alone();
    let [runtime, _] = runtimes();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (started, running) = std::sync::mpsc::channel();
    let id = runtime.block_on(async {
        let task = task::spawn_blocking(move || {
            started.send(()).unwrap();
            wait.recv().unwrap();
        });
        let id = task.id();
        task.detach();
        id
    });
    running.recv().unwrap();
    runtime.shutdown_background();
    go.send(()).unwrap();
    assert_eq!(ended(id).outcome, Outcome::COMPLETED);
}
