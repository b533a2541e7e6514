//! Expect: cancelled (info). A task is cancelled in its sleep, and cleans up. `taskscope cancel` does it too.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_agent::task::JoinHandle;
use taskscope_examples::{Stay, ready};
use tokio::sync::oneshot;

/// Workers that sleep until somebody cancels them
#[derive(Parser)]
struct Options {
    /// Let them end by themselves
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let (started, has_started) = oneshot::channel();
    let nap = if options.healthy { Duration::ZERO } else { Duration::from_secs(3600) };
    let worker = taskscope_agent::spawn(work(started, nap));
    let other = taskscope_agent::spawn(work(oneshot::channel().0, Duration::from_secs(3600)));
    has_started.await?;
    if !options.healthy {
        taskscope_agent::spawn(give_up(worker)).await?;
    } else {
        worker.await?;
    }
    ready();
    let told = told.await;
    // The other one is there for you to cancel.
    other.detach();
    told
}

async fn give_up(worker: JoinHandle<()>) {
    worker.abort(); // expect: cancelled
    let _cancelled = worker.await;
}

async fn work(started: oneshot::Sender<()>, nap: Duration) {
    let _files = CleanUp;
    let _nobody_waits = started.send(());
    tokio::time::sleep(nap).await;
}

/// Runs however the work ends.
struct CleanUp;

impl Drop for CleanUp {
    fn drop(&mut self) {
        std::hint::black_box(());
    }
}
