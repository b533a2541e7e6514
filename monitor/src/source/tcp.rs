//! An agent that listens on TCP.

use super::wire::{Connection, Socket};
use super::{AttachError, Token};
use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;
use taskscope_model::hello::Hello;

/// Connects to `host:port`, trying each address of the host.
pub(crate) fn attach(
    at: &str,
    token: Option<Token>,
    within: Duration,
) -> Result<(Hello, Connection), AttachError> {
    let address = format!("tcp://{at}");
    let stream = connect(at, within).map_err(|error| AttachError::connecting(&address, within, error))?;
    // Requests are small and a person waits for each.
    let _ = stream.set_nodelay(true);
    Connection::begin(Socket::Tcp(stream), address, token, within)
}

fn connect(at: &str, within: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for place in at.to_socket_addrs()? {
        match TcpStream::connect_timeout(&place, within) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
