//! One task of each kind.

use std::sync::mpsc;
use std::time::Duration;
use tokio::task::LocalSet;

/// Sets the scene, says so, and stays.
pub(crate) fn run(ready: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(scene(ready));
}

async fn scene(ready: impl Fn()) {
    tokio::spawn(ticking());
    tokio::task::Builder::new().name("named").spawn(std::future::pending::<()>()).expect("a runtime");
    tokio::spawn(async {}).await.expect("it ends");
    let (_kept, never) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || never.recv().unwrap_or_default());
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        tokio::task::yield_now().await;
    })
    .await
    .expect("it ends");
    let local = LocalSet::new();
    local.spawn_local(std::future::pending::<()>());
    ready();
    local.run_until(std::future::pending::<()>()).await;
}

async fn ticking() {
    let mut interval = tokio::time::interval(Duration::from_millis(50));
    loop {
        interval.tick().await;
    }
}
