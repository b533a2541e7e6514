//! Expect: slow_poll, blocked_worker. A task resolves a name with the blocking resolver of the system.

use std::net::{ToSocketAddrs, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use taskscope_examples::{Stay, ready};

/// A task that resolves a name with `ToSocketAddrs`; it shows where the name service takes long to answer
#[derive(Parser)]
struct Options {
    /// The name and port to resolve
    #[arg(long, default_value = "taskscope-example.invalid:80")]
    name: String,
    /// Listen where a name service does, and never answer: for a machine that has no other name service
    #[arg(long)]
    silent_server: bool,
    /// Resolve with tokio's lookup_host
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let silent = options.silent_server.then(|| UdpSocket::bind("127.0.0.1:53"));
    // Its queue takes what is asked; nobody reads it.
    let _silent = silent.transpose().context("cannot listen as a name service")?;
    let (healthy, name) = (options.healthy, options.name);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            find(&name, healthy).await;
        }
    });
    ready();
    told.await
}

/// How many addresses a name has.
async fn find(name: &str, healthy: bool) -> usize {
    if healthy {
        tokio::net::lookup_host(name).await.map_or(0, Iterator::count)
    } else {
        name.to_socket_addrs().map_or(0, Iterator::count) // expect: slow_poll, blocked_worker
    }
}
