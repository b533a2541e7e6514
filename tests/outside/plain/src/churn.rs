//! Tasks that come and go all the time, on a runtime of their own.

use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Tasks that live at once, and are spawned each millisecond.
const BATCH: u64 = 100;

/// 100,000 tasks a second, or as many as the machine can. Each ends at its second poll.
pub fn forever() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let begun = Instant::now();
        for round in 1_u32.. {
            let mut batch: JoinSet<_> = (0..BATCH).map(short).collect();
            while batch.join_next().await.is_some() {}
            let due = begun + Duration::from_millis(1) * round;
            tokio::time::sleep_until(due.into()).await;
        }
    });
}

async fn short(n: u64) {
    let kept = [n; 4];
    tokio::task::yield_now().await;
    std::hint::black_box(kept);
}
