//! Expect: cancelled (info), twice. A aborts B; so B's JoinSet is dropped, and with it C ends. Who asks why C is gone
//! is led to A.

use anyhow::Result;
use clap::Parser;
use taskscope_agent::task::{Builder, JoinSet};
use taskscope_examples::{Stay, ready};
use tokio::sync::oneshot;

/// A chain of cancellations
#[derive(Parser)]
struct Options {
    /// Nobody aborts anybody
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let (stop, stopped) = oneshot::channel::<()>();
    let (started, has_started) = oneshot::channel();
    let b = Builder::new().name("B").spawn(b(started, stopped))?;
    has_started.await?;
    if options.healthy {
        let _b_ends = stop.send(());
        b.await?;
    } else {
        let a = async move {
            b.abort(); // expect: cancelled
            let _cancelled = b.await;
        };
        Builder::new().name("A").spawn(a)?.await?;
    }
    ready();
    told.await
}

async fn b(started: oneshot::Sender<()>, stopped: oneshot::Receiver<()>) {
    let mut workers = JoinSet::new(); // expect: cancelled
    let (c_started, c_has_started) = oneshot::channel();
    let (c_stop, c_stopped) = oneshot::channel();
    workers.spawn(c(c_started, c_stopped));
    let _c_runs = c_has_started.await;
    let _somebody_listens = started.send(());
    let _told = stopped.await;
    let _c_listens = c_stop.send(());
    while workers.join_next().await.is_some() {}
}

async fn c(started: oneshot::Sender<()>, stopped: oneshot::Receiver<()>) {
    let _b_listens = started.send(());
    let _told = stopped.await;
}
