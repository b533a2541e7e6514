//! The listening sockets, and who may come in by them.

use super::stream::Stream;
use crate::core::Core;
use crate::folder;
use mio::net::{TcpListener, UnixListener};
use std::fs::Permissions;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use taskscope_model::codes::Seen;
use taskscope_model::hello::Rights;

/// The Unix socket; it is unlinked when this is dropped.
pub(super) struct UnixDoor {
    listener: UnixListener,
    path: PathBuf,
}

/// The TCP socket, and what it wants and grants.
pub(super) struct TcpDoor {
    listener: TcpListener,
    token: Option<String>,
    rights: Rights,
}

/// A visitor: what it has to show, and what it may do then.
pub(super) struct Visitor {
    pub(super) stream: Stream,
    pub(super) token: Option<String>,
    pub(super) rights: Rights,
}

impl UnixDoor {
    /// Listens; on failure the coverage says why.
    pub(super) fn open(core: &Core) -> Option<Self> {
        let say = |why: String| core.notes.say("listening", Seen::NO, why, "");
        let path = folder::socket_path().map_err(|error| say(error.to_string())).ok()?;
        Self::bind(path).map_err(|error| say(format!("cannot listen on a Unix socket: {error}"))).ok()
    }

    fn bind(path: PathBuf) -> io::Result<Self> {
        // One of a process of the same number that is gone: the folder is ours alone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    pub(super) fn source(&mut self) -> &mut dyn mio::event::Source {
        &mut self.listener
    }

    /// The next visitor. `Err` with `PermissionDenied` for one of another user.
    pub(super) fn accept(&self) -> io::Result<Visitor> {
        let (stream, _) = self.listener.accept()?;
        if let Some(uid) = stranger(&stream) {
            let message = format!("refused a connection of user {uid}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        let stream = Stream::Unix(stream);
        stream.limit();
        Ok(Visitor { stream, token: None, rights: Rights::ALL })
    }
}

/// The peer's user, unless it is the program's own or root. A monitor outside the container's process namespace has
/// the process id 0 here.
#[cfg(target_os = "linux")]
fn stranger(stream: &mio::net::UnixStream) -> Option<u32> {
    let mut peer = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open, and the kernel writes at most `length` bytes into `peer`, which has as many.
    let failed = unsafe {
        libc::getsockopt(
            std::os::fd::AsRawFd::as_raw_fd(stream),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        )
    };
    let known = failed == 0 && (peer.uid == 0 || peer.uid == folder::own_user());
    (!known).then_some(peer.uid)
}

/// Elsewhere the modes of folder and socket let only the same user and root connect.
#[cfg(not(target_os = "linux"))]
fn stranger(_: &mio::net::UnixStream) -> Option<u32> {
    None
}

impl Drop for UnixDoor {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl TcpDoor {
    /// Listens if that was asked for; on failure the coverage says why.
    pub(super) fn open(core: &Core) -> Option<Self> {
        let settings = &core.settings;
        let address = settings.listen.as_deref()?;
        let opened = Self::bind(address, settings.token_file.as_deref(), settings.tcp_rights);
        let say = |why: &str| core.notes.say("listening by TCP", Seen::NO, format!("TASKSCOPE_LISTEN={address}: {why}"), "");
        opened.map_err(|error| say(&error)).ok()
    }

    fn bind(address: &str, token_file: Option<&Path>, rights: Rights) -> Result<Self, String> {
        let token = token_file.map(read_token).transpose()?;
        let mut addresses = address.to_socket_addrs().map_err(|error| error.to_string())?;
        let address: SocketAddr = addresses.next().ok_or("names no address")?;
        if !address.ip().is_loopback() && token.is_none() {
            return Err("only loopback without a token; name its file in TASKSCOPE_TOKEN_FILE".to_owned());
        }
        let listener = TcpListener::bind(address).map_err(|error| error.to_string())?;
        Ok(Self { listener, token, rights })
    }

    pub(super) fn source(&mut self) -> &mut dyn mio::event::Source {
        &mut self.listener
    }

    /// The next visitor.
    pub(super) fn accept(&self) -> io::Result<Visitor> {
        let (stream, _) = self.listener.accept()?;
        Ok(Visitor { stream: Stream::Tcp(stream), token: self.token.clone(), rights: self.rights })
    }
}

fn read_token(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let token = text.lines().next().unwrap_or("").trim();
    if token.is_empty() { Err(format!("{} holds no token in its first line", path.display())) } else { Ok(token.to_owned()) }
}

/// Whether the token is the right one; takes as long for a wrong one whatever is wrong with it.
pub(super) fn same_token(given: Option<&str>, wanted: &str) -> bool {
    let given = given.unwrap_or("").as_bytes();
    let differences = wanted.bytes().enumerate().fold(given.len() ^ wanted.len(), |differences, (at, byte)| {
        differences | usize::from(byte ^ given.get(at).copied().unwrap_or(0))
    });
    differences == 0
}
