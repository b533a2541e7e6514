//! Expect: deadlock, once, seen from outside: no agent is used. Two transfers between the same two accounts, in opposite
//! directions, each hold one account and wait for the other.

use std::sync::Arc;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};
use tokio::sync::{Barrier, Mutex};

/// Two tasks that wait for each other
#[derive(Parser)]
struct Options {
    /// Both take the accounts in the same order
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

struct Account {
    number: u32,
    balance: Mutex<i64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let account = |number| Arc::new(Account { number, balance: Mutex::new(100) });
    let (one, other) = (account(1), account(2));
    if options.healthy {
        let there = tokio::spawn(in_order(Arc::clone(&one), Arc::clone(&other)));
        let back = tokio::spawn(in_order(other, one));
        there.await?;
        back.await?;
    } else {
        // Each has its first account when they meet here.
        let met = Arc::new(Barrier::new(3));
        tokio::spawn(transfer(Arc::clone(&one), Arc::clone(&other), Arc::clone(&met)));
        tokio::spawn(transfer(other, one, Arc::clone(&met)));
        met.wait().await;
    }
    ready();
    told.await
}

async fn transfer(from: Arc<Account>, to: Arc<Account>, met: Arc<Barrier>) {
    let mut source = from.balance.lock().await;
    met.wait().await;
    let mut target = to.balance.lock().await; // expect: deadlock
    *source -= 10;
    *target += 10;
}

async fn in_order(from: Arc<Account>, to: Arc<Account>) {
    let (first, second) = if from.number < to.number { (&from, &to) } else { (&to, &from) };
    let mut low = first.balance.lock().await;
    let mut high = second.balance.lock().await;
    let into_high = std::ptr::eq(first, &from);
    let (source, target) = if into_high { (&mut low, &mut high) } else { (&mut high, &mut low) };
    **source -= 10;
    **target += 10;
}
