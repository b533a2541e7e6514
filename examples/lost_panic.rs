//! Expect: panic_unseen. A background task panics; nobody has its handle any more, and nobody hears of it.

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A cache that is refreshed in the background, until a bad line comes
#[derive(Parser)]
struct Options {
    /// Look at how it ended
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    if options.healthy {
        let refreshed = taskscope_agent::spawn(refresh("1 2 x")).await;
        anyhow::ensure!(refreshed.is_err(), "a letter is no number");
    } else {
        let refresh = taskscope_agent::spawn(refresh("1 2 x")); // expect: panic_unseen
        let ends = refresh.abort_handle();
        drop(refresh);
        while !ends.is_finished() {
            tokio::task::yield_now().await;
        }
    }
    ready();
    told.await
}

async fn refresh(lines: &str) -> u32 {
    tokio::task::yield_now().await;
    #[expect(clippy::unwrap_used, reason = "this is the mistake")]
    let sum = lines.split(' ').map(|word| word.parse::<u32>().unwrap()).sum();
    sum
}
