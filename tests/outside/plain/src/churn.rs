//! Tasks that come and go all the time, on a runtime of their own.

use std::time::{Duration, Instant};

/// Tasks spawned each millisecond.
const BATCH: u32 = 100;

/// 100,000 tasks a second as far as the machine allows. Each ends at its second poll.
pub fn forever() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let begun = Instant::now();
        for round in 1_u32.. {
            for n in 0..BATCH {
                tokio::spawn(short(u64::from(n)));
            }
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
