//! Tasks that stay: workers with uneven load, timers, a pipeline of channels, a busy one, and some that wait.

use std::hint::spin_loop;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc};
use tokio::task::yield_now;
use tokio::time::{Instant, interval, sleep};

/// Spawns them all on the current runtime.
pub(super) fn start() {
    workers(8);
    timers(10);
    pipeline(4);
    waiters(6);
    tokio::spawn(busy());
}

/// Each works twice as long a turn as the one before it.
fn workers(count: u32) {
    let tally = Arc::new(Mutex::new(0_u64));
    for number in 0..count {
        let tally = Arc::clone(&tally);
        tokio::spawn(async move {
            loop {
                *tally.lock().await += work(20 << number);
                sleep(Duration::from_millis(40 + 5 * u64::from(number))).await;
            }
        });
    }
}

/// From ten times a second to once in some seconds.
pub(super) fn timers(count: u32) {
    for number in 1..=count {
        tokio::spawn(async move {
            let mut ticks = interval(Duration::from_millis(100) * number * number);
            loop {
                ticks.tick().await;
                work(10);
            }
        });
    }
}

/// A source, some stages, a sink: the channels are short, so the slowest stage holds up those before it.
fn pipeline(stages: u64) {
    let (source, mut previous) = mpsc::channel::<u64>(8);
    tokio::spawn(async move {
        for number in 0.. {
            if source.send(number).await.is_err() {
                return;
            }
        }
    });
    for stage in 1..=stages {
        let (next, following) = mpsc::channel(8);
        let mut before = std::mem::replace(&mut previous, following);
        tokio::spawn(async move {
            while let Some(number) = before.recv().await {
                sleep(Duration::from_millis(5 * stage)).await;
                if next.send(number + work(50)).await.is_err() {
                    return;
                }
            }
        });
    }
    tokio::spawn(async move { while previous.recv().await.is_some() {} });
}

/// They wait for each other in a ring; one at a time is woken.
fn waiters(count: usize) {
    let ring: Arc<[Notify]> = (0..count).map(|_| Notify::new()).collect();
    ring[0].notify_one();
    for place in 0..count {
        let ring = Arc::clone(&ring);
        tokio::spawn(async move {
            loop {
                ring[place].notified().await;
                sleep(Duration::from_millis(300)).await;
                ring[(place + 1) % count].notify_one();
            }
        });
    }
}

/// Long polls, one after another, with hardly a pause: it owns half of a worker.
async fn busy() {
    loop {
        for _ in 0..10 {
            work(1_000);
            yield_now().await;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Keeps the processor busy for so many microseconds, in whatever build, and returns their number.
pub(super) fn work(microseconds: u64) -> u64 {
    let end = Instant::now() + Duration::from_micros(microseconds);
    while Instant::now() < end {
        spin_loop();
    }
    microseconds
}
