//! An agent's Unix socket.

use super::AttachError;
use super::wire::{Connection, Socket};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use taskscope_model::hello::Hello;

/// Connects to the socket of that path.
pub(crate) fn attach(path: &Path, within: Duration) -> Result<(Hello, Connection), AttachError> {
    attach_as(path, path.display().to_string(), within)
}

/// Connects by a path that need not be the one a person knows the socket by.
pub(crate) fn attach_as(
    path: &Path,
    address: String,
    within: Duration,
) -> Result<(Hello, Connection), AttachError> {
    let stream = dial(path, within).map_err(|error| AttachError::connecting(&address, within, error))?;
    Connection::begin(Socket::Unix(stream), address, None, within)
}

/// Connects. A listener whose queue is full makes the caller wait: not longer than the given time.
fn dial(path: &Path, within: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(within))?;
    connect(&socket, &address)?;
    Ok(UnixStream::from(socket))
}
