//! Expect: slow_poll, blocked_worker. A task counts prime numbers without yielding.

use std::hint::black_box;
use std::ops::Range;
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
    let mut found = 0;
    let mut number = 1_000_000;
    while begun.elapsed() < Duration::from_secs(3) {
        found += primes_in(number..number + 1_000);
        number += 1_000;
        if healthy {
            tokio::task::yield_now().await;
        }
    }
    black_box(found);
}

/// One line: wherever the thread is caught within, that is where it is.
#[inline(never)]
fn primes_in(numbers: Range<u64>) -> usize {
    numbers.filter(|number| (2..).take_while(|it| it * it <= *number).all(|it| number % it != 0)).count() // expect: slow_poll, blocked_worker
}
