//! Both listening sockets together: accepts, and says no once to those who may not come in.

use super::listen::{TcpDoor, UnixDoor, Visitor};
use crate::core::Core;
use mio::{Interest, Registry, Token};
use std::io;

/// The poll's token of the Unix socket.
pub(super) const UNIX: Token = Token(0);
/// The poll's token of the TCP socket.
pub(super) const TCP: Token = Token(1);
/// Visitors let in at once, before those inside get their turn.
const AT_ONCE: usize = 32;

/// The listening sockets.
pub(super) struct Doors {
    unix: Option<UnixDoor>,
    tcp: Option<TcpDoor>,
    /// Whether somebody may stand at a door.
    knocked: bool,
    /// Whether somebody stands there who cannot be let in yet: the program is out of descriptors.
    waits: bool,
}

impl Doors {
    /// Opens what can be opened; the coverage says what cannot.
    pub(super) fn open(core: &Core, registry: &Registry) -> Self {
        let (mut unix, mut tcp) = (UnixDoor::open(core), TcpDoor::open(core));
        let readable = Interest::READABLE;
        if let Some(door) = &mut unix
            && registry.register(door.source(), UNIX, readable).is_err()
        {
            unix = None;
        }
        if let Some(door) = &mut tcp
            && registry.register(door.source(), TCP, readable).is_err()
        {
            tcp = None;
        }
        Self { unix, tcp, knocked: true, waits: false }
    }

    /// Whether somebody has to wait at a door, though no event will tell of it again.
    pub(super) fn are_waited_at(&self) -> bool {
        self.waits
    }

    /// Somebody stands at a door.
    pub(super) fn knock(&mut self) {
        self.knocked = true;
    }

    /// Whether somebody may still stand at a door.
    pub(super) fn has_work(&self) -> bool {
        self.knocked
    }

    /// Lets the next ones in; errors are of visitors who are not let in.
    pub(super) fn accept(&mut self) -> Vec<io::Result<Visitor>> {
        let mut visitors = Vec::new();
        let mut left = Left::default();
        let unix = self.unix.as_ref().map(|door| || door.accept());
        let tcp = self.tcp.as_ref().map(|door| || door.accept());
        if let Some(accept) = unix {
            left.join(accept_from(accept, &mut visitors));
        }
        if let Some(accept) = tcp {
            left.join(accept_from(accept, &mut visitors));
        }
        (self.knocked, self.waits) = (left.more, left.later);
        visitors
    }

    /// Closes both, and takes the Unix socket's file away: the program is at its end.
    pub(super) fn close(&mut self) {
        (self.unix, self.tcp, self.knocked) = (None, None, false);
    }

    /// Whether anything is open.
    pub(super) fn are_open(&self) -> bool {
        self.unix.is_some() || self.tcp.is_some()
    }
}

/// Who is left at the doors.
#[derive(Default)]
struct Left {
    more: bool,
    later: bool,
}

impl Left {
    fn join(&mut self, other: Left) {
        self.more |= other.more;
        self.later |= other.later;
    }
}

fn accept_from(accept: impl Fn() -> io::Result<Visitor>, visitors: &mut Vec<io::Result<Visitor>>) -> Left {
    for _ in 0..AT_ONCE {
        match accept() {
            Ok(visitor) => visitors.push(Ok(visitor)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return Left::default(),
                io::ErrorKind::PermissionDenied => visitors.push(Err(error)),
                io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                _ => return Left { more: false, later: true },
            },
        }
    }
    Left { more: true, later: false }
}
