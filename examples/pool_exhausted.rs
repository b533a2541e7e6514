//! Expect: lock_held_across_await, seen from outside: no agent is used. Each request takes one of two connections and keeps
//! it while it waits for another service; the others wait for a connection.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use taskscope_examples::{Stay, ready};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

const CONNECTIONS: usize = 2;
const REQUESTS: usize = 5;
/// The other service does not answer while anybody looks.
const SLOW: Duration = Duration::from_secs(3600);

/// A pool of connections that is used up
#[derive(Parser)]
struct Options {
    /// The connection is given back before the other service is asked
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[derive(Clone)]
struct Pool(Arc<Semaphore>);

/// A connection; its place in the pool is free again when it is dropped.
struct Connection {
    _place: OwnedSemaphorePermit,
    row: u32,
}

impl Pool {
    async fn connection(&self) -> Result<Connection> {
        let place = Arc::clone(&self.0).acquire_owned().await.context("the pool is closed")?;
        Ok(Connection { _place: place, row: 7 })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let pool = Pool(Arc::new(Semaphore::new(CONNECTIONS)));
    let (asked, mut are_asked) = mpsc::channel(REQUESTS);
    for _ in 0..REQUESTS {
        match options.healthy {
            true => tokio::spawn(request_and_give_back(pool.clone(), asked.clone())),
            false => tokio::spawn(request(pool.clone(), asked.clone())),
        };
    }
    let wait_for = if options.healthy { REQUESTS } else { CONNECTIONS };
    for _ in 0..wait_for {
        are_asked.recv().await.context("the requests are there")?;
    }
    ready();
    told.await
}

async fn request(pool: Pool, asked: mpsc::Sender<()>) -> Result<()> {
    let connection = pool.connection().await?;
    asked.send(()).await?;
    tokio::time::sleep(SLOW).await; // expect: lock_held_across_await
    anyhow::ensure!(connection.row == 7, "another row");
    Ok(())
}

async fn request_and_give_back(pool: Pool, asked: mpsc::Sender<()>) -> Result<()> {
    let row = pool.connection().await?.row;
    asked.send(()).await?;
    tokio::time::sleep(SLOW).await;
    anyhow::ensure!(row == 7, "another row");
    Ok(())
}
