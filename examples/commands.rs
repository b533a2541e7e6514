//! Expect: no findings. A cache that offers commands and values of its own: `taskscope commands`, `taskscope call
//! commands flush`, `taskscope values`. Some fail, panic or hang when they are asked to: that harms nobody else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use taskscope_agent::{Offer, command, value};
use taskscope_examples::{Stay, ready};
use tokio::sync::Semaphore;

/// A cache whose pages are written when somebody says so
#[derive(Parser)]
struct Options {
    /// Offer nothing
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

struct Cache {
    pages: Mutex<Vec<u64>>,
    written: AtomicU64,
    connections: Semaphore,
}

#[taskscope_agent::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let cache = Arc::new(Cache {
        pages: Mutex::new((0..12).collect()),
        written: AtomicU64::new(0),
        connections: Semaphore::new(16),
    });
    let _in_use = cache.connections.acquire_many(7).await?;
    let offers = if options.healthy { Vec::new() } else { offer(&cache) };
    ready();
    let ended = told.await;
    drop(offers);
    ended
}

/// What is offered as long as the program runs.
fn offer(cache: &Arc<Cache>) -> Vec<Offer> {
    let (for_flush, for_resize) = (Arc::clone(cache), Arc::clone(cache));
    let (for_pool, for_pages) = (Arc::clone(cache), Arc::clone(cache));
    vec![
        command("flush", "write the pages of the cache: all, or as many as said", move |arguments| {
            flush(Arc::clone(&for_flush), arguments)
        }),
        command("resize", "give the cache another number of pages", move |arguments| {
            let cache = Arc::clone(&for_resize);
            async move {
                // A panic in a command is shown to whoever called it, and ends nothing else.
                let size = arguments[0].parse().expect("a number of pages");
                let mut pages = cache.pages.lock().unwrap_or_else(PoisonError::into_inner);
                *pages = (0..size).collect();
                format!("{size} pages")
            }
        }),
        command(
            "rebuild",
            "rebuild the index, for so many milliseconds without an await",
            |arguments| async move {
                let time = arguments.first().context("for how many milliseconds?")?.parse()?;
                std::thread::sleep(Duration::from_millis(time));
                anyhow::Ok("rebuilt")
            },
        ),
        command("watch", "wait for an end that does not come", |_| std::future::pending::<()>()),
        value("connections", move || format!("{} of 16 free", for_pool.connections.available_permits())),
        value("pages", move || {
            let pages = for_pages.pages.lock().unwrap_or_else(PoisonError::into_inner).len();
            format!("{pages} to write, {} written", for_pages.written.load(Ordering::Relaxed))
        }),
        value("backup", || {
            // Whoever asks does not wait for a value that does not come.
            std::thread::sleep(Duration::from_secs(3_600));
            "there is one"
        }),
    ]
}

async fn flush(cache: Arc<Cache>, arguments: Vec<String>) -> Result<String> {
    let wanted = match arguments.first().map(String::as_str) {
        None | Some("all") => usize::MAX,
        Some(count) => count.parse().with_context(|| format!("{count:?} is no number of pages"))?,
    };
    ensure!(wanted > 0, "no pages are no work");
    let mut count = 0;
    while count < wanted {
        let page = cache.pages.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if page.is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        cache.written.fetch_add(1, Ordering::Relaxed);
        count += 1;
    }
    Ok(format!("{count} pages written"))
}
