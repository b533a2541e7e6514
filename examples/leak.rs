//! Expect: task_leak. Each round of work leaves some of its tasks behind, waiting for a reply that never comes.

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use taskscope_examples::{Stay, ready};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// Rounds of requests, of which some are never answered
#[derive(Parser)]
struct Options {
    /// Answer all of them
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

/// Tasks of each round, and how many of them wait for ever.
const REQUESTS: usize = 60;
const UNANSWERED: usize = 12;

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let unanswered = if options.healthy { 0 } else { UNANSWERED };
    tokio::select! {
        () = rounds(unanswered) => Ok(()),
        told = told => told,
    }
}

async fn rounds(unanswered: usize) {
    // What keeps the senders: an entry a request, that nobody takes out.
    let mut waiting = Vec::new();
    for round in 0.. {
        for request in 0..REQUESTS {
            let (reply, replied) = oneshot::channel();
            taskscope_agent::spawn(ask(replied)).detach(); // expect: task_leak
            if request < unanswered {
                waiting.push(reply);
            } else {
                answer_soon(reply);
            }
        }
        sleep(Duration::from_secs(2)).await;
        if round == 6 {
            ready();
        }
    }
}

async fn ask(replied: oneshot::Receiver<u32>) {
    let _reply = replied.await;
}

fn answer_soon(reply: oneshot::Sender<u32>) {
    let answer = async {
        sleep(Duration::from_millis(700)).await;
        let _nobody_asks_any_more = reply.send(7);
    };
    taskscope_agent::spawn(answer).detach();
}
