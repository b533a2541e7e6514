//! Expect: dropped_half_way (info). The loser of a `select!` is dropped in the middle of its work. A loser that was
//! never polled, here because a biased `select!` had another one ready, is nobody's mistake and is not reported.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_agent::observe;
use taskscope_examples::{Stay, ready};

/// Reads with a time-out, by `select!`
#[derive(Parser)]
struct Options {
    /// Keep the read when the time is up, and go on with it
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    for _ in 0..20 {
        if options.healthy {
            read_with_care().await;
        } else {
            read_or_give_up().await;
        }
        nothing_to_wait_for().await;
    }
    ready();
    told.await
}

async fn read_or_give_up() {
    tokio::select! {
        () = read(Duration::from_secs(3600)) => {} // expect: dropped_half_way
        () = tokio::time::sleep(Duration::from_millis(2)) => {}
    }
}

async fn read_with_care() {
    let mut read = std::pin::pin!(read(Duration::from_millis(4)));
    loop {
        tokio::select! {
            () = &mut read => break,
            () = tokio::time::sleep(Duration::from_millis(2)) => {}
        }
    }
}

/// The second branch is never polled: the first one is always ready.
async fn nothing_to_wait_for() {
    tokio::select! {
        biased;
        () = std::future::ready(()) => {}
        () = read(Duration::from_secs(3600)) => {}
    }
}

#[observe]
async fn read(time: Duration) {
    tokio::time::sleep(time).await;
}
