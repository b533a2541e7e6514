//! Tasks that come and go: clients that connect, ask and leave. A connection spawns its requests, a request its
//! queries, so the chain of spawners is three deep.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

use super::load::work;

/// Clients that come in a second.
const CLIENTS: u32 = 20;

/// Spawns the listener, which spawns everything else.
pub(super) fn start() {
    tokio::spawn(async {
        let mut arrivals = interval(Duration::from_secs(1) / CLIENTS);
        for number in 0_u64.. {
            arrivals.tick().await;
            tokio::spawn(connection(number));
        }
    });
}

/// A few requests at once, then it waits a while for more that do not come.
async fn connection(number: u64) {
    let mut requests = JoinSet::new();
    for request in 0..=number % 3 {
        requests.spawn(respond(number + request));
    }
    while requests.join_next().await.is_some() {}
    sleep(Duration::from_millis(number % 10 * 100)).await;
}

/// Two queries side by side; a slow one is given up, and its task aborted.
async fn respond(number: u64) {
    let first = tokio::spawn(query(number));
    let second = tokio::spawn(query(number / 2));
    let stop = second.abort_handle();
    let answers = async { (first.await, second.await) };
    if timeout(Duration::from_millis(400), answers).await.is_err() {
        stop.abort();
    }
    work(100);
}

async fn query(number: u64) {
    sleep(Duration::from_millis(number % 7 * 80)).await;
    work(200);
}
