//! Expect: never_awaited. Orders are charged and written down, and `audit` is called and never awaited.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_agent::observe;
use taskscope_examples::{Stay, ready};

/// An order book that forgets to await its audit
#[derive(Parser)]
struct Options {
    /// Await it
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let orders = taskscope_agent::spawn(take_orders(options.healthy));
    orders.await?;
    ready();
    told.await
}

async fn take_orders(healthy: bool) {
    for order in 0..3 {
        if healthy {
            take_with_care(order).await;
        } else {
            take(order).await;
        }
    }
}

async fn take(order: u64) {
    charge(order).await;
    #[expect(unused_must_use, reason = "this is the mistake; the compiler warns, where it sees it")]
    {
        audit(order); // expect: never_awaited
    }
    write_down(order).await;
}

async fn take_with_care(order: u64) {
    charge(order).await;
    audit(order).await;
    write_down(order).await;
}

#[observe]
async fn charge(order: u64) {
    tokio::time::sleep(Duration::from_millis(order)).await;
}

#[observe]
async fn audit(order: u64) {
    tokio::time::sleep(Duration::from_millis(order)).await;
}

#[observe]
async fn write_down(order: u64) {
    tokio::time::sleep(Duration::from_millis(order)).await;
}
