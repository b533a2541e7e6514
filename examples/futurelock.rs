//! Expect: futurelock, once, seen from outside: no agent is used. A refresh waits for the cache's lock, a time-out wins the
//! `select!`, and its branch waits for the same lock. The lock goes to the refresh, which was first and which nobody polls
//! any more, since only a reference to it was given to `select!`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};
use tokio::sync::{Mutex, oneshot};

/// A task that waits for what one of its own futures has
#[derive(Parser)]
struct Options {
    /// The refresh is dropped before the lock is taken otherwise
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

type Cache = Arc<Mutex<Vec<u32>>>;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let cache = Cache::default();
    let held = Arc::clone(&cache).lock_owned().await;
    let (late, is_late) = oneshot::channel();
    let serving = match options.healthy {
        true => tokio::spawn(serve_and_drop(Arc::clone(&cache), late)),
        false => tokio::spawn(serve(Arc::clone(&cache), late)),
    };
    // The branch of the time-out has been entered, and is about to wait behind the refresh.
    is_late.await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(held);
    if options.healthy {
        serving.await?;
    }
    ready();
    told.await
}

async fn serve(cache: Cache, late: oneshot::Sender<()>) {
    let mut refresh = Box::pin(refresh(Arc::clone(&cache)));
    tokio::select! {
        () = &mut refresh => {}
        () = tokio::time::sleep(Duration::from_millis(50)) => {
            let _main_listens = late.send(());
            cache.lock().await.clear(); // expect: futurelock
        }
    }
}

async fn serve_and_drop(cache: Cache, late: oneshot::Sender<()>) {
    let refreshed = tokio::time::timeout(Duration::from_millis(50), refresh(Arc::clone(&cache))).await;
    if refreshed.is_err() {
        let _main_listens = late.send(());
        cache.lock().await.clear();
    }
}

async fn refresh(cache: Cache) {
    cache.lock().await.push(1);
}
