//! Expect: slow_poll, blocked_worker. A task waits for a `std::sync::Mutex` that a thread holds across slow work.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A task that waits for a blocking lock, while a thread holds it for seconds
#[derive(Parser)]
struct Options {
    /// Lock as tokio does
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

/// The same thing behind both kinds of locks.
#[derive(Default)]
struct Cache {
    blocking: Mutex<u64>,
    waiting: tokio::sync::Mutex<u64>,
}

#[taskscope_agent::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let healthy = options.healthy;
    let cache = Arc::new(Cache::default());
    let filled = Arc::clone(&cache);
    std::thread::spawn(move || fill(&filled));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            look_up(&cache, healthy).await;
        }
    });
    ready();
    told.await
}

/// A thread that holds both locks for long.
fn fill(cache: &Cache) {
    loop {
        let mut blocking = cache.blocking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = cache.waiting.blocking_lock();
        std::thread::sleep(Duration::from_secs(3));
        *blocking += 1;
        *waiting += 1;
        drop((blocking, waiting));
        std::thread::sleep(Duration::from_millis(300));
    }
}

async fn look_up(cache: &Cache, healthy: bool) -> u64 {
    if healthy {
        *cache.waiting.lock().await
    } else {
        *cache.blocking.lock().unwrap_or_else(PoisonError::into_inner) // expect: slow_poll, blocked_worker
    }
}
