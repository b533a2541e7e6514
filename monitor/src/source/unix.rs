//! An agent's Unix socket.

use super::peer::{Peer, peer};
use super::wire::{Connection, Socket};
use super::{AttachError, proc};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use taskscope_model::hello::Hello;

/// What came of a greeting.
pub(crate) struct Greeted {
    /// Who is there; `None` if that could not be told.
    pub(crate) peer: Option<Peer>,
    /// What it said. A Hello whose pid agrees with the peer's is made to give the pid of this host.
    pub(crate) answer: Result<(Hello, Connection), AttachError>,
}

/// Connects to the socket of that path. With a pid, only that process will do.
pub(crate) fn attach(
    path: &Path,
    pid: Option<u32>,
    within: Duration,
) -> Result<(Hello, Connection), AttachError> {
    let Greeted { peer, answer } = greet(path, path, within);
    match (pid, peer) {
        (Some(pid), Some(peer)) if peer.pid != pid => {
            let why = format!("it belongs to process {} now", peer.pid);
            Err(AttachError::Foreign(path.display().to_string(), why))
        }
        _ => answer,
    }
}

/// Connects and exchanges the first words. `known_as` is the path by which a person knows it.
pub(crate) fn greet(path: &Path, known_as: &Path, within: Duration) -> Greeted {
    let address = known_as.display().to_string();
    let stream = match dial(path, within) {
        Ok(stream) => stream,
        Err(error) => {
            let answer = Err(AttachError::connecting(&address, within, error));
            return Greeted { peer: None, answer };
        }
    };
    let peer = peer(&stream);
    let mut answer = Connection::begin(Socket::Unix(stream), address, None, within);
    if let (Ok((hello, _)), Some(peer)) = (&mut answer, peer)
        && proc::inner_pid(peer.pid) == Some(hello.pid)
    {
        hello.pid = peer.pid;
    }
    Greeted { peer, answer }
}

/// Connects. A listener whose queue is full makes the caller wait: not longer than the given time.
#[cfg(target_os = "linux")]
fn dial(path: &Path, within: Duration) -> io::Result<UnixStream> {
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(within))?;
    match SocketAddrUnix::new(path) {
        Ok(address) => connect(&socket, &address)?,
        Err(rustix::io::Errno::NAMETOOLONG) => {
            by_folder(path, |short| Ok(connect(&socket, &SocketAddrUnix::new(short)?)?))?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(UnixStream::from(socket))
}

/// Connects. Elsewhere a listener whose queue is full refuses at once.
#[cfg(not(target_os = "linux"))]
fn dial(path: &Path, _within: Duration) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}

/// Socket addresses hold about a hundred bytes; a longer path is gone through its folder's descriptor.
#[cfg(target_os = "linux")]
fn by_folder(path: &Path, connect: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let folder = std::fs::File::open(folder)?;
    connect(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}
