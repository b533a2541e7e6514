//! Expect: no findings. A healthy TCP echo server, one task per connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use taskscope_examples::{Stay, ready_on};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A TCP server that sends back what it receives, with a task per connection
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
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
    ready_on(listener.local_addr()?);
    tokio::select! {
        () = serve(&listener) => Ok(()),
        told = told => told,
    }
}

async fn serve(listener: &TcpListener) {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                // A client that goes away is not the server's trouble.
                tokio::spawn(async move { echo(connection).await.ok() }); // expect: spawn
            }
            // Out of file descriptors, mostly: wait for some connections to end.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn echo(mut connection: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let length = connection.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        connection.write_all(&buffer[..length]).await?;
    }
}
