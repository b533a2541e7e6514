//! Who is at the other end of a Unix socket, as the system tells.

use std::os::unix::net::UnixStream;

/// The process at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// As this host counts.
    pub(crate) pid: u32,
}

/// Who listened on the socket that this stream is connected to; `None` if this process cannot see it: it
/// lives in another container. (rustix has a type for this that does not allow the 0 which then comes.)
#[cfg(target_os = "linux")]
pub(crate) fn peer(stream: &UnixStream) -> Option<Peer> {
    use std::os::fd::AsRawFd as _;
    let mut credentials = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    let into = (&raw mut credentials).cast();
    // SAFETY: `into` points to `length` writable bytes for which every content is valid, the descriptor is
    // open as long as `stream` is borrowed.
    let result = unsafe {
        libc::getsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, into, &raw mut length)
    };
    let pid = u32::try_from(credentials.pid).ok()?;
    (result == 0 && pid > 0).then_some(Peer { pid })
}

/// Not known to how this system tells it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn peer(_stream: &UnixStream) -> Option<Peer> {
    None
}
