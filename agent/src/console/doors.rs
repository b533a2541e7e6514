//! Where the service listens: on a Unix socket beside the agent's, and on a loopback address if that is asked for.

use crate::environment::read;
use crate::folder::console_path;
use std::fs::Permissions;
use std::io;
use std::net::{TcpListener, ToSocketAddrs as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Where console-subscriber listens.
const BIND: &str = "TOKIO_CONSOLE_BIND";

/// Both listening sockets. The Unix socket's file is there until it is [removed](File).
pub(super) struct Doors {
    pub(super) unix: UnixListener,
    pub(super) tcp: Option<TcpListener>,
    pub(super) file: File,
}

/// The Unix socket's file; removed when this is dropped.
pub(super) struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Doors {
    /// Listens; with what cannot be listened to besides. `Err` says why there is no Unix socket.
    pub(super) fn open() -> Result<(Self, Option<String>), String> {
        let path = console_path().map_err(|error| error.to_string())?;
        let why = |error: io::Error| format!("cannot listen on {}: {error}", path.display());
        let unix = bind(&path).map_err(why)?;
        let file = File(path);
        let (tcp, trouble) = match read(BIND).map(|at| by_tcp(&at)) {
            None => (None, None),
            Some(Ok(listener)) => (Some(listener), None),
            Some(Err(why)) => (None, Some(why)),
        };
        Ok((Self { unix, tcp, file }, trouble))
    }

    /// The name of the Unix socket in its folder.
    pub(super) fn name(&self) -> String {
        let name = self.file.0.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

impl File {
    pub(super) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

fn bind(path: &PathBuf) -> io::Result<UnixListener> {
    // One of a process of the same number that is gone: the folder is ours alone.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Only on loopback: this protocol knows no secret that a stranger would have to show.
fn by_tcp(at: &str) -> Result<TcpListener, String> {
    let why = |error: io::Error| format!("{BIND}={at}: {error}");
    let addresses: Vec<_> = at.to_socket_addrs().map_err(why)?.collect();
    if addresses.iter().any(|address| !address.ip().is_loopback()) {
        return Err(format!(
            "{BIND}={at}: only loopback addresses are listened to, forward the port as by ssh -L"
        ));
    }
    let listener = TcpListener::bind(addresses.as_slice()).map_err(why)?;
    listener.set_nonblocking(true).map_err(why)?;
    Ok(listener)
}
