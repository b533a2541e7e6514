//! What goes wrong, so that there is something to find: a panic and an error that nobody looks at, a future that
//! is never awaited, one that is dropped half way, and a task whose cancelling cancels others.

use std::time::Duration;

use taskscope_agent::{Observe as _, observe, spawn, spawn_fallible, task};
use tokio::time::{interval, sleep, timeout};

/// Between two rounds of them.
const ROUND: Duration = Duration::from_secs(5);

/// Spawns the tasks that take orders, and the one that has things go wrong.
pub(super) fn start() {
    for number in 1..=3 {
        let name = format!("order {number}");
        // A name is all that the builder can be refused.
        let _ = task::Builder::new().name(&name).spawn(orders(number));
    }
    spawn(async {
        let mut rounds = interval(ROUND);
        loop {
            rounds.tick().await;
            round().await;
        }
    })
    .detach();
}

/// One after the other, for ever.
async fn orders(number: u32) {
    loop {
        place(number).await;
    }
}

#[observe]
async fn place(number: u32) {
    charge(number).await;
    sleep(Duration::from_millis(200)).observed("ship").await;
}

#[observe]
async fn charge(number: u32) {
    sleep(Duration::from_secs(u64::from(number))).await;
}

async fn round() {
    drop(spawn(async { panic!("the cache is cold") }));
    drop(spawn_fallible(async { Err::<(), _>("no such card") }));
    #[expect(unused_must_use, reason = "this is what goes wrong")]
    audit();
    let _ = timeout(Duration::from_millis(100), charge(9)).await;
    cancel_one_that_has_others().await;
}

#[observe]
async fn audit() {}

/// The one is aborted, and with it goes the set of those that it waits for.
async fn cancel_one_that_has_others() {
    let one = spawn(async {
        let mut others = task::JoinSet::new();
        for _ in 0..2 {
            others.spawn(sleep(Duration::from_secs(60)));
        }
        others.join_next().await;
    });
    sleep(Duration::from_millis(300)).await;
    one.abort();
    let _ = one.await;
}
