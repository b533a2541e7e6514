//! Expect: slow_poll, blocked_worker. A task counts prime numbers without yielding.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A task that computes for seconds and keeps its worker for all of that time
#[derive(Parser)]
struct Options {
    /// Yield after every few numbers
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let healthy = options.healthy;
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            count_primes(healthy).await;
        }
    });
    ready();
    told.await
}

#[expect(clippy::disallowed_methods, reason = "it hogs for a time")]
async fn count_primes(healthy: bool) {
    let begun = Instant::now();
    let mut found = 0_u64;
    let mut number = 1_000_000_u64;
    while begun.elapsed() < Duration::from_secs(3) {
        found += u64::from(is_prime(black_box(number))); // expect: slow_poll, blocked_worker
        number += 1;
        if healthy && number.is_multiple_of(1_000) {
            tokio::task::yield_now().await;
        }
    }
    black_box(found);
}

#[inline(never)]
fn is_prime(number: u64) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) {
            // expect: slow_poll, blocked_worker
            return false;
        }
        divisor += 1; // expect: slow_poll, blocked_worker
    }
    true
}
