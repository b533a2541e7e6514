//! Expect: slow_poll, blocked_worker. On one thread, `main` itself sleeps: no task can run.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A program on one thread whose `main` blocks it, while a task waits for its turn
#[derive(Parser)]
struct Options {
    /// Sleep as tokio does
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    ready();
    let healthy = options.healthy;
    tokio::select! {
        told = told => told,
        never = work(healthy) => never,
    }
}

async fn work(healthy: bool) -> Result<()> {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        write_report(healthy).await;
    }
}

async fn write_report(healthy: bool) {
    let takes = Duration::from_secs(3);
    if healthy {
        tokio::time::sleep(takes).await;
    } else {
        std::thread::sleep(takes); // expect: slow_poll, blocked_worker
    }
}
