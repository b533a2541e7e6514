//! A future that a test forgets fails it, and that test only.

use std::panic::{AssertUnwindSafe, catch_unwind};
use taskscope_agent::observe;

#[observe]
async fn forgotten() {}

#[observe]
async fn awaited() {}

#[expect(clippy::let_underscore_future, reason = "what is tested")]
fn forget() {
    let _ = forgotten();
}

#[ignore = "forgets a future"]
#[taskscope_agent::test]
async fn forgets() {
    awaited().await;
    forget();
}

#[taskscope_agent::test(allow(never_awaited))]
async fn may_forget() {
    forget();
}

#[taskscope_agent::test]
async fn forgets_nothing() {
    awaited().await;
    drop(awaited());
}

#[test]
fn a_forgotten_future_fails_the_test() {
    let panic = catch_unwind(AssertUnwindSafe(forgets)).expect_err("the test fails");
    let words = panic.downcast_ref::<String>().expect("the verdict is in words");
    assert!(words.contains("warning never_awaited: `observe_verdict::forgotten`"), "{words}");
    assert!(words.contains("tests/observe_verdict.rs:14"), "{words}");
    // One that runs beside it, or after it, is not held responsible.
    forgets_nothing();
}
