//! The thread on which console-subscriber gathers what the layer has seen, and tells it. It has a runtime of its own,
//! which nobody sees: neither the layer nor the agent's hooks are in it.

use super::doors::{Doors, File};
use crate::signals;
use console_subscriber::ServerParts;
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::OnceLock;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::Server;
use tracing::subscriber::NoSubscriber;

/// Starts the thread. It ends when the layer is gone, and takes the socket with it.
pub(super) fn start(doors: Doors, parts: ServerParts) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    at_exit(&doors.file);
    std::thread::Builder::new().name("taskscope-console".to_owned()).spawn(move || {
        signals::leave_to_the_program();
        let _unseen = tracing::subscriber::set_default(NoSubscriber::default());
        runtime.block_on(serve(doors, parts));
    })?;
    Ok(())
}

async fn serve(doors: Doors, parts: ServerParts) {
    let Doors { unix, tcp, file: _file } = doors;
    let service = parts.instrument_server;
    if let Ok(unix) = tokio::net::UnixListener::from_std(unix) {
        let router = Server::builder().add_service(service.clone());
        tokio::spawn(router.serve_with_incoming(UnixListenerStream::new(unix)));
    }
    if let Some(Ok(tcp)) = tcp.map(tokio::net::TcpListener::from_std) {
        let router = Server::builder().add_service(service);
        tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(tcp)));
    }
    // It takes in what waits until there is no more. tokio's budget would end that after 128 events, and a program
    // that spawns faster than its interval allows would be seen ever later.
    tokio::task::unconstrained(parts.aggregator.run()).await;
}

/// The path of the socket, and the process that made it: a fork has our memory, and not that socket.
static AT_EXIT: OnceLock<(CString, u32)> = OnceLock::new();

/// Has the process remove the socket when it exits. If the system has no room for that it stays, and who looks for
/// sockets finds nobody there.
fn at_exit(file: &File) {
    let Ok(path) = CString::new(file.path().as_os_str().as_bytes()) else { return };
    if AT_EXIT.set((path, std::process::id())).is_ok() {
        // SAFETY: the function may run at any moment of an exit, on any thread: it reads a static that is never
        // altered again, calls `unlink`, and does not unwind.
        unsafe { libc::atexit(exits) };
    }
}

extern "C" fn exits() {
    if let Some((path, process)) = AT_EXIT.get()
        && *process == std::process::id()
    {
        // SAFETY: the path ends with a zero byte and is never freed.
        unsafe { libc::unlink(path.as_ptr()) };
    }
}
