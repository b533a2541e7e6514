//! Expect: dropped_half_way (info). A client hangs up while its order is being written; the handler is dropped in the
//! middle, and the second half of its work is never done.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::routing::post;
use clap::Parser;
use taskscope_agent::observe;
use taskscope_agent::tower::ObserveLayer;
use taskscope_examples::{Stay, ready_on};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

/// A shop whose customer has no patience
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The customer waits for the answer
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

/// The handler is in the middle of its work; and it was dropped.
static IN_THE_MIDDLE: Notify = Notify::const_new();
static DROPPED: Notify = Notify::const_new();

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let told = options.stay.until_told();
    let address = listener.local_addr()?;
    let writing = if options.healthy { Duration::from_millis(20) } else { Duration::from_secs(3600) };
    let handler = move || order(writing);
    let shop = Router::new().route("/orders", post(handler)).layer(ObserveLayer::new()); // expect: dropped_half_way
    let (stop, stopped) = oneshot::channel::<()>();
    let until_stopped = async { drop(stopped.await) };
    let shop = axum::serve(listener, shop).with_graceful_shutdown(until_stopped);
    let server = taskscope_agent::spawn(shop.into_future());
    if options.healthy {
        wait_for_the_answer(address).await?;
    } else {
        hang_up(address).await?;
        DROPPED.notified().await;
    }
    ready_on(address);
    let told = told.await;
    drop(stop);
    server.await??;
    told
}

async fn order(writing: Duration) -> &'static str {
    let _dropped = TellWhenDropped;
    IN_THE_MIDDLE.notify_one();
    write_down(writing).await;
    "thank you"
}

#[observe]
async fn write_down(time: Duration) {
    tokio::time::sleep(time).await;
}

struct TellWhenDropped;

impl Drop for TellWhenDropped {
    fn drop(&mut self) {
        DROPPED.notify_one();
    }
}

const ORDER: &[u8] = b"POST /orders HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

async fn hang_up(server: SocketAddr) -> Result<()> {
    let mut connection = TcpStream::connect(server).await?;
    connection.write_all(ORDER).await?;
    IN_THE_MIDDLE.notified().await;
    Ok(())
}

async fn wait_for_the_answer(server: SocketAddr) -> Result<()> {
    let mut connection = TcpStream::connect(server).await?;
    connection.write_all(ORDER).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    anyhow::ensure!(answer.ends_with("thank you"), "the shop answers {answer}");
    Ok(())
}
