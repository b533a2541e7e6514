//! `#[taskscope_agent::test]`: what fails a test, in which words, and what does not.
//!
//! The tests that are to fail are ignored by the harness and called by those that look at them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// What a test that fails says.
fn verdict(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("the test fails");
    panic.downcast_ref::<String>().cloned().expect("the verdict is in words")
}

async fn never() {
    std::future::pending::<()>().await;
}

#[taskscope_agent::test]
async fn a_test_that_leaves_nothing_passes() {
    tokio::spawn(async { tokio::time::sleep(Duration::from_millis(1)).await }).await.unwrap();
}

#[taskscope_agent::test]
async fn what_is_about_to_end_is_waited_for() {
    let (send, receive) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        send.send(()).unwrap();
        tokio::task::yield_now().await;
    });
    receive.await.unwrap();
}

#[ignore = "leaves a task behind"]
#[taskscope_agent::test]
async fn leaves_two_plain_tasks() {
    for _ in 0..2 {
        tokio::spawn(never());
    }
    tokio::task::yield_now().await;
}

#[test]
fn pending_tasks_fail_the_test() {
    let words = verdict(leaves_two_plain_tasks);
    if cfg!(tokio_unstable) {
        assert!(words.contains("warning pending_at_shutdown: 2 tasks spawned at"), "{words}");
        assert!(words.contains("tests/verdicts.rs:"), "{words}");
    } else {
        assert!(words.contains("2 plain tasks still alive at the end"), "{words}");
    }
}

#[taskscope_agent::test(allow(pending_at_shutdown))]
async fn a_kind_can_be_allowed() {
    tokio::spawn(never());
}

#[cfg(tokio_unstable)]
#[taskscope_agent::test(allow(pending_at_shutdown, "tests/verdicts.rs"))]
async fn a_kind_can_be_allowed_at_a_place() {
    tokio::spawn(never());
}

#[ignore = "leaves a task behind"]
#[taskscope_agent::test(allow(pending_at_shutdown, "elsewhere.rs"), allow(panic_unseen))]
async fn allowed_elsewhere() {
    tokio::spawn(never());
}

#[test]
#[cfg(tokio_unstable)]
fn a_place_that_is_not_allowed_fails() {
    assert!(verdict(allowed_elsewhere).contains("pending_at_shutdown"));
}

#[taskscope_agent::test]
#[should_panic(expected = "as it should")]
async fn a_test_that_should_panic_does_so_by_itself() {
    tokio::spawn(never());
    panic!("as it should");
}

#[taskscope_agent::test]
async fn a_result_is_returned() -> Result<(), std::num::ParseIntError> {
    let _number: u32 = "7".parse()?;
    Ok(())
}

#[taskscope_agent::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_are_as_tokios() {
    let tasks: Vec<_> = (0..100).map(|_| tokio::spawn(tokio::task::yield_now())).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[ignore = "loses a panic"]
#[taskscope_agent::test]
async fn loses_a_panic() {
    drop(taskscope_agent::spawn(async { panic!("nobody hears this") }));
}

#[ignore = "loses an error"]
#[taskscope_agent::test]
async fn loses_an_error() {
    drop(taskscope_agent::spawn_fallible(async { Err::<(), _>("nobody reads this") }));
}

#[test]
fn a_lost_panic_or_error_fails_the_test() {
    let words = verdict(loses_a_panic);
    assert!(words.contains("error panic_unseen: ") && words.contains("nobody hears this"), "{words}");
    let words = verdict(loses_an_error);
    assert!(words.contains("warning error_unseen: ") && words.contains("nobody reads this"), "{words}");
}

#[taskscope_agent::test]
async fn who_looks_at_a_panic_and_an_error_passes() {
    taskscope_agent::spawn(async { panic!("heard") }).await.unwrap_err();
    taskscope_agent::spawn_fallible(async { Err::<(), _>("read") }).await.unwrap().unwrap_err();
}

/// Longer than a worker may be kept.
const LONG: Duration = Duration::from_millis(1_300);

#[ignore = "blocks its worker"]
#[taskscope_agent::test]
async fn blocks_its_worker() {
    std::thread::sleep(LONG);
}

#[test]
fn a_blocked_worker_fails_the_test() {
    let words = verdict(blocks_its_worker);
    assert!(words.contains("error blocked_worker: main"), "{words}");
    if cfg!(target_os = "linux") {
        assert!(words.contains("waits in std::thread::sleep at agent/tests/verdicts.rs:"), "{words}");
    }
}

#[taskscope_agent::test(allow(blocked_worker, "tests/verdicts.rs"))]
async fn a_worker_may_be_blocked_where_that_is_allowed() {
    std::thread::sleep(LONG);
}

#[taskscope_agent::test(allow(slow_poll))]
async fn a_poll_may_be_slow_where_that_is_allowed() {
    std::thread::sleep(LONG);
}

#[taskscope_agent::test]
async fn a_poll_that_is_merely_slow_fails_no_test() {
    std::thread::sleep(Duration::from_millis(300));
}

#[taskscope_agent::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hands_its_worker_over_or_is_none_passes() {
    // The thread of `block_on` is no worker here.
    std::thread::sleep(LONG);
    tokio::spawn(async { tokio::task::block_in_place(|| std::thread::sleep(LONG)) }).await.unwrap();
}

/// Each test has its own evidence, whatever runs beside it: two that fail and two that do not, a thousand times.
#[test]
fn verdicts_are_of_their_own_test() {
    let failing = || (0..1_000).for_each(|_| drop(verdict(loses_a_panic)));
    let clean = || (0..1_000).for_each(|_| who_looks_at_a_panic_and_an_error_passes());
    std::thread::scope(|scope| {
        let threads = [scope.spawn(failing), scope.spawn(failing), scope.spawn(clean), scope.spawn(clean)];
        for thread in threads {
            thread.join().expect("the verdicts are the same each time");
        }
    });
}
