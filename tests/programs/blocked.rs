//! Programs in which nothing goes on any more.

use crate::say;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use taskscope_agent::Builder;

/// Much longer than a test takes.
const FOR_EVER: Duration = Duration::from_secs(3600);
const WORKERS: usize = 2;
/// Workers that sleep.
static ASLEEP: AtomicUsize = AtomicUsize::new(0);

/// Every worker sleeps within a poll.
pub(crate) fn workers() {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_all();
    let runtime = Builder::from_env().name("stuck").build_from(&mut builder).expect("a runtime can be built");
    runtime.block_on(async {
        for _ in 0..WORKERS {
            tokio::spawn(sleep()); // expect: blocked worker
        }
        while ASLEEP.load(Ordering::SeqCst) < WORKERS {
            tokio::task::yield_now().await;
        }
        // Nobody is left to poll it.
        tokio::spawn(async {}); // expect: waiting
        say("ready");
        std::future::pending::<()>().await;
    });
}

async fn sleep() {
    ASLEEP.fetch_add(1, Ordering::SeqCst);
    std::thread::sleep(FOR_EVER);
}

/// The only thread of a runtime sleeps within the poll of its root future.
pub(crate) fn root() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = Builder::from_env().name("stuck").build_from(builder.enable_all());
    let runtime = runtime.expect("a runtime can be built");
    // expect: blocked root
    runtime.block_on(async {
        tokio::spawn(async {}); // expect: waiting behind the root
        say("ready");
        std::thread::sleep(FOR_EVER);
    });
}
