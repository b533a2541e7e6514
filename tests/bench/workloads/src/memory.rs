//! Memory a task: alive, and ended.

use crate::Variant;
use crate::snapshot::resident;
use std::future::pending;
use std::time::Duration;

/// What runs beside the tasks has caught up after this.
const SETTLED: Duration = Duration::from_millis(500);
/// So many at once, of those that end.
const BATCH: u64 = 256;

/// So many are spawned in one poll, which is not to be a slow one.
const IN_ONE_POLL: u64 = 4_096;

/// Ends the poll now and then in which so many have been spawned.
pub(crate) async fn rest_after(spawned: u64) {
    if spawned % IN_ONE_POLL == IN_ONE_POLL - 1 {
        tokio::task::yield_now().await;
    }
}

/// Tasks that wait for ever.
pub(crate) async fn idle<V: Variant>(live: u64) {
    let from_a_worker = tokio::spawn(async move {
        for spawned in 0..live {
            // The handle is dropped: nobody waits for these.
            drop(V::spawn(pending::<()>()));
            rest_after(spawned).await;
        }
    });
    from_a_worker.await.expect("tasks are spawned");
    // Behind them all in the queue.
    tokio::spawn(tokio::task::yield_now()).await.expect("the task ends");
}

/// Tasks each of which is polled once in so many seconds, one after the other.
pub(crate) async fn changing<V: Variant>(live: u64, seconds: u64) {
    let period = Duration::from_secs(seconds.max(1));
    let begin = tokio::time::Instant::now();
    let from_a_worker = tokio::spawn(async move {
        for spawned in 0..live {
            let phase = period.mul_f64(spawned as f64 / live as f64);
            drop(V::spawn(async move {
                let mut ticks = tokio::time::interval_at(begin + phase, period);
                loop {
                    ticks.tick().await;
                }
            }));
            rest_after(spawned).await;
        }
    });
    from_a_worker.await.expect("tasks are spawned");
}

/// Bytes more with `live` tasks than before them.
pub(crate) async fn live<V: Variant>(live: u64) -> String {
    grown(idle::<V>(live)).await
}

/// Bytes more after `count` tasks that came and went, a few at a time.
pub(crate) async fn ended<V: Variant>(count: u64) -> String {
    let come_and_go = async move {
        let mut batch = Vec::new();
        for _ in 0..count / BATCH {
            batch.extend((0..BATCH).map(|_| V::spawn(async {})));
            for task in batch.drain(..) {
                task.await.expect("the task ends");
            }
        }
    };
    grown(async { tokio::spawn(come_and_go).await.expect("tasks are spawned") }).await
}

async fn grown(work: impl Future<Output = ()>) -> String {
    // The first task makes what there is only one of.
    tokio::spawn(async {}).await.expect("the task ends");
    let before = resident();
    work.await;
    tokio::time::sleep(SETTLED).await;
    format!("bytes={}", resident().saturating_sub(before))
}
