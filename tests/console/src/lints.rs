//! What tokio-console warns of, one task each.

use std::task::Poll;
use std::time::Duration;

/// Sets the scene, says so, and stays.
pub(crate) fn run(ready: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let named = |name| tokio::task::Builder::new().name(name);
        named("self wakes").spawn(waking_itself()).expect("a runtime");
        named("lost waker").spawn(std::future::pending::<()>()).expect("a runtime");
        named("never yields").spawn(never_yielding()).expect("a runtime");
        named("auto boxed").spawn(large::<20_000>()).expect("a runtime");
        named("large").spawn(large::<1_500>()).expect("a runtime");
        named("healthy").spawn(healthy()).expect("a runtime");
        tokio::time::sleep(Duration::from_millis(300)).await;
        ready();
        tokio::time::sleep(Duration::from_secs(100_000)).await;
    });
}

async fn waking_itself() {
    loop {
        for _ in 0..20 {
            yield_at_once().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// `yield_now` of tokio waits until a worker has nothing else to do, which never comes beside the one that
/// never yields.
async fn yield_at_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn never_yielding() {
    loop {
        std::thread::sleep(Duration::from_millis(100));
    }
}

async fn large<const N: usize>() {
    let kept = [0_u8; N];
    tokio::time::sleep(Duration::from_secs(100_000)).await;
    std::hint::black_box(&kept);
}

async fn healthy() {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
