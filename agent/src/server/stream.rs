//! A connection's bytes, whatever it came in by.

use mio::net::{TcpStream, UnixStream};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;

/// What the system keeps for a local client, bytes: one that does not read is noticed once this is full.
const SEND_BUFFER: usize = 16 * 1024;
/// The same in the end, when all that waits for a client goes at once.
const LAST_SEND_BUFFER: usize = 192 * 1024;

/// A connection.
pub(super) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    /// Whether it may come from another user or machine.
    pub(super) fn is_tcp(&self) -> bool {
        matches!(self, Stream::Tcp(_))
    }

    /// Has the system keep little of what is not read.
    pub(super) fn limit(&self) {
        self.keep(SEND_BUFFER);
    }

    /// Has the system keep all that may still wait.
    pub(super) fn make_room(&self) {
        self.keep(LAST_SEND_BUFFER);
    }

    /// A network needs buffers that the system fits to it. Where it fails all goes on, only less well.
    fn keep(&self, bytes: usize) {
        if let Stream::Unix(stream) = self {
            let bytes = bytes as libc::c_int;
            // SAFETY: the descriptor is open, and the kernel reads so many bytes of `bytes` as it has.
            unsafe {
                libc::setsockopt(
                    stream.as_raw_fd(),
                    libc::SOL_SOCKET,
                    libc::SO_SNDBUF,
                    (&raw const bytes).cast(),
                    size_of_val(&bytes) as libc::socklen_t,
                );
            }
        }
    }

    pub(super) fn source(&mut self) -> &mut dyn mio::event::Source {
        match self {
            Stream::Unix(stream) => stream,
            Stream::Tcp(stream) => stream,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => stream.read(into),
            Stream::Tcp(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => stream.write(bytes),
            Stream::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
