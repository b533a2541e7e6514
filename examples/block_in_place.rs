//! Expect: no findings. A task sleeps for long within `block_in_place`: its worker was handed to another thread.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A task that blocks its thread the right way
#[derive(Parser)]
struct Options {
    /// Do not block at all
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
            tokio::task::yield_now().await;
            compress(healthy).await;
        }
    });
    ready();
    told.await
}

async fn compress(healthy: bool) {
    let takes = Duration::from_secs(2);
    if healthy {
        tokio::time::sleep(takes).await;
    } else {
        tokio::task::block_in_place(|| std::thread::sleep(takes));
    }
}
