//! Many tasks.

use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// So many tasks that sleep.
pub(crate) fn sleeping(number: u64, ready: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        spawn(number).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        ready();
        std::future::pending::<()>().await;
    });
}

/// The same, when it is asked for.
pub(crate) fn growing(number: u64, ready: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut asked = signal(SignalKind::user_defined1()).expect("a signal can be waited for");
        ready();
        asked.recv().await;
        spawn(number).await;
        std::future::pending::<()>().await;
    });
}

async fn spawn(number: u64) {
    for started in 0..number {
        tokio::spawn(std::future::pending::<()>());
        // The subscriber's buffer holds about a hundred thousand events.
        if started % 1_000 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// So many short tasks a second.
pub(crate) fn churning(number: u64, ready: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        ready();
        let mut interval = tokio::time::interval(Duration::from_millis(10));
        loop {
            interval.tick().await;
            for _ in 0..number.div_ceil(100) {
                tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
            }
        }
    });
}
