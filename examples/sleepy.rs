//! Expect: slow_poll, blocked_worker. A handler calls `std::thread::sleep`, three async functions deep.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A task that sleeps with the thread, not with the runtime, and so keeps its worker
#[derive(Parser)]
struct Options {
    /// Sleep as tokio does
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
            handle_request(healthy).await;
        }
    }); // expect: spawn
    ready();
    told.await
}

async fn handle_request(healthy: bool) {
    tokio::time::sleep(Duration::from_millis(100)).await;
    look_up_user(healthy).await;
}

async fn look_up_user(healthy: bool) {
    tokio::task::yield_now().await;
    ask_the_old_system(healthy).await;
}

async fn ask_the_old_system(healthy: bool) {
    let answer_time = Duration::from_secs(3);
    if healthy {
        tokio::time::sleep(answer_time).await;
    } else {
        std::thread::sleep(answer_time); // expect: slow_poll, blocked_worker
    }
}
