//! Expect: error_unseen. An order endpoint answers at once and sends the mail in the background; one mail cannot be
//! sent, and nobody hears of it.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use clap::Parser;
use taskscope_examples::{Stay, ready_on};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A shop that takes orders, and orders from itself
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Every mail can be sent
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let told = options.stay.until_told();
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let shop = Router::new().route("/orders/{number}", post(order));
    let until_stopped = async { drop(stopped.await) };
    let shop = axum::serve(listener, shop).with_graceful_shutdown(until_stopped);
    let server = taskscope_agent::spawn(shop.into_future());
    let orders: &[u32] = if options.healthy { &[1, 2, 3] } else { &[1, 13, 2] };
    for number in orders {
        place(address, *number).await.context("cannot order")?;
    }
    ready_on(address);
    let told = told.await;
    drop(stop);
    server.await??;
    told
}

async fn order(Path(number): Path<u32>) -> &'static str {
    taskscope_agent::spawn_fallible(send_mail(number)); // expect: error_unseen
    "thank you"
}

async fn send_mail(number: u32) -> Result<()> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    anyhow::ensure!(number != 13, "no mail for order {number}: the mailbox is full");
    Ok(())
}

/// Orders as a customer does.
async fn place(server: SocketAddr, number: u32) -> Result<()> {
    let mut connection = TcpStream::connect(server).await?;
    let request = format!(
        "POST /orders/{number} HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    anyhow::ensure!(answer.ends_with("thank you"), "the shop answers {answer}");
    Ok(())
}
