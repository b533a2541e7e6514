//! Expect: blocking_pool_full. Calls that last keep all threads of the blocking pool.

use std::sync::mpsc;

use anyhow::{Context, Result};
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// Blocking calls that never end, as many as the pool has threads, and one more that waits
#[derive(Parser)]
struct Options {
    /// Give each call that lasts a thread of its own
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

const THREADS: usize = 4;

fn main() -> Result<()> {
    let options = Options::parse();
    let mut tokio = tokio::runtime::Builder::new_multi_thread();
    tokio.worker_threads(2).enable_all().max_blocking_threads(THREADS);
    let runtime =
        taskscope_agent::Builder::from_env().build_from(&mut tokio).context("cannot build a runtime")?;
    let told = runtime.block_on(async {
        let told = options.stay.until_told();
        // While somebody could still send something, the calls wait for it.
        let senders: Vec<mpsc::Sender<()>> = (0..THREADS).map(|_| listen(options.healthy)).collect();
        let waits = tokio::task::spawn_blocking(|| ());
        ready();
        let told = told.await;
        drop(senders);
        waits.await.context("the call was cancelled")?;
        told
    });
    runtime.shutdown_background();
    told
}

fn listen(own_thread: bool) -> mpsc::Sender<()> {
    let (sender, receiver) = mpsc::channel();
    let wait = move || while receiver.recv().is_ok() {};
    if own_thread {
        std::thread::spawn(wait);
    } else {
        tokio::task::spawn_blocking(wait);
    }
    sender
}
