//! Which tokio programs run here, and how they can be seen. A hung or hostile program costs its own answer
//! and nobody else's.

#[cfg(feature = "console")]
mod console;
mod folders;
#[cfg(not(feature = "console"))]
mod no_console;
#[cfg(not(target_os = "linux"))]
mod no_outside;
#[cfg(target_os = "linux")]
mod outside;

#[cfg(not(feature = "console"))]
use self::no_console as console;
#[cfg(not(target_os = "linux"))]
use self::no_outside as outside;
use super::peer::Peer;
use super::{Address, AttachError, proc, unix};
use crate::clock;
pub(crate) use folders::Identity;
use folders::{Folder, Place, SocketFile};
pub(crate) use outside::may_be_one as may_be_seen_from_outside;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use taskscope_model::hello::Hello;
use taskscope_model::{Nanos, Source};

/// How long one program is given to answer.
const WITHIN: Duration = Duration::from_secs(1);
/// Programs asked at the same time.
const AT_ONCE: usize = 32;
/// A socket that is just being made refuses too, and one that is just ending closes: asked again after this.
const SECOND_LOOK: Duration = Duration::from_millis(50);

/// A live program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    /// As this host counts.
    pub(crate) pid: u32,
    /// Name of its executable.
    pub(crate) program: String,
    /// Where it is attached to.
    pub(crate) address: Option<Address>,
    /// How it can be seen.
    pub(crate) seen_by: Vec<Source>,
    /// Tasks alive now; `None` if it does not answer.
    pub(crate) tasks: Option<u64>,
    /// Since its agent began; `None` if it does not answer.
    pub(crate) uptime: Option<Nanos>,
    /// What is the matter with it; `None` if it answers.
    pub(crate) trouble: Option<String>,
}

impl Process {
    /// Whether there is no other way to see it than from outside.
    pub(crate) fn is_outside(&self) -> bool {
        self.seen_by == [Source::OUTSIDE]
    }
}

/// Every tokio program that this user may see, by pid. Sockets that nobody listens to any more are removed on
/// the way.
pub(crate) fn processes() -> Vec<Process> {
    let user = rustix::process::geteuid().as_raw();
    let mut places = folders::own(user);
    places.extend(folders::of_containers());
    outside::join(console::join(look(&places, WITHIN, |_| true), WITHIN))
}

/// The program of that pid, as this host counts, if it has an agent that this user may see. Only sockets
/// that can be its are asked.
pub(crate) fn with_pid(pid: u32) -> Option<Process> {
    let user = rustix::process::geteuid().as_raw();
    let mut places = folders::own(user);
    places.extend(folders::of_containers());
    let inner = proc::inner_pid(pid)?;
    let found = look(&places, WITHIN, |socket| socket.pid == inner);
    let found = found.into_iter().find(|process| process.pid == pid);
    found.or_else(|| console::find(WITHIN).filter(|process| process.pid == pid))
}

/// A socket that nobody has been asked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    /// What tells it from a later one of the same name.
    pub(crate) identity: Identity,
    /// Where it is, and whose it has to be.
    pub(crate) address: Address,
}

/// The sockets of this user's programs whose pid is wanted, as this host counts; containers are left out.
pub(crate) fn sockets(wanted: impl Fn(u32) -> bool) -> Vec<Socket> {
    let user = rustix::process::geteuid().as_raw();
    let folders = folders::own(user).into_iter().filter_map(|place| place.open());
    let sockets = folders.flat_map(|folder| folder.sockets()).filter(|socket| wanted(socket.pid));
    let address = |socket: SocketFile| Address::Unix { path: socket.path, pid: Some(socket.pid) };
    sockets.map(|socket| Socket { identity: socket.identity, address: address(socket) }).collect()
}

/// The user a process acts as; `None` if there is no such process.
pub(crate) fn user_of(pid: u32) -> Option<u32> {
    proc::user(pid)
}

/// Whether that user's programs are out of reach.
pub(crate) fn is_out_of_reach(user: u32) -> bool {
    let own = rustix::process::geteuid().as_raw();
    own != 0 && own != user
}

fn look(places: &[Place], within: Duration, wanted: impl Fn(&SocketFile) -> bool) -> Vec<Process> {
    let folders: Vec<_> = places.iter().filter_map(Place::open).collect();
    let mut seen = HashSet::new();
    let mut sockets = Vec::new();
    for folder in &folders {
        let found = folder.sockets().into_iter().filter(|socket| wanted(socket));
        sockets.extend(found.filter(|it| seen.insert(it.identity)).map(|socket| (folder, socket)));
    }
    let mut processes = ask_all(&sockets, within);
    processes.sort_by_key(|process| process.pid);
    processes
}

fn ask_all(sockets: &[(&Folder, SocketFile)], within: Duration) -> Vec<Process> {
    let (next, processes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((folder, socket)) = sockets.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(process) = ask(folder, socket, within) {
                processes.lock().unwrap_or_else(PoisonError::into_inner).push(process);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..sockets.len().min(AT_ONCE) {
            // Where no more threads are to be had, this one does the work.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    processes.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Asks one program; `None` if there is none behind the socket.
fn ask(folder: &Folder, socket: &SocketFile, within: Duration) -> Option<Process> {
    let mut asked = unix::greet(&folder.path_to(socket), &socket.path, within);
    if matches!(asked.answer, Err(AttachError::Refused(_) | AttachError::Closed(_))) {
        std::thread::sleep(SECOND_LOOK);
        asked = unix::greet(&folder.path_to(socket), &socket.path, within);
    }
    match asked.answer {
        Ok((hello, _)) => Some(answering(folder, socket, &hello, asked.peer)),
        Err(AttachError::Absent(_)) => None,
        Err(AttachError::Refused(_)) => {
            folder.remove(socket);
            None
        }
        Err(error) => Some(in_trouble(folder, socket, &error, asked.peer)),
    }
}

fn answering(folder: &Folder, socket: &SocketFile, hello: &Hello, peer: Option<Peer>) -> Process {
    Process {
        pid: peer.map_or(hello.pid, |peer| peer.pid),
        program: hello.program.clone(),
        address: Some(address(folder, socket, peer)),
        seen_by: vec![hello.source],
        tasks: Some(hello.live_tasks),
        uptime: Some(clock::monotonic().since(hello.started_at)),
        trouble: peer.and_then(|peer| lie(hello, peer)),
    }
}

/// A Hello that gives another pid than that of the process which sent it.
fn lie(hello: &Hello, peer: Peer) -> Option<String> {
    let differs = peer.pid != hello.pid && proc::inner_pid(peer.pid).is_some();
    differs.then(|| format!("is process {} and says that it is {}", peer.pid, hello.pid))
}

fn in_trouble(folder: &Folder, socket: &SocketFile, error: &AttachError, peer: Option<Peer>) -> Process {
    let pid = peer.map_or(socket.pid, |peer| peer.pid);
    let trouble = match error {
        AttachError::Silent { .. } => "does not answer".to_owned(),
        AttachError::Versions(_, why) | AttachError::Busy(_, why) | AttachError::NotPermitted(_, why) => {
            why.clone()
        }
        AttachError::Closed(_) => "closes the connection without a word".to_owned(),
        AttachError::Foreign(_, why) => format!("is no taskscope agent: {why}"),
        error => error.to_string(),
    };
    Process {
        pid,
        program: proc::program(pid).unwrap_or_else(|| "?".to_owned()),
        address: Some(address(folder, socket, peer)),
        seen_by: vec![Source::AGENT],
        tasks: None,
        uptime: None,
        trouble: Some(trouble),
    }
}

fn address(folder: &Folder, socket: &SocketFile, peer: Option<Peer>) -> Address {
    let pid = peer.map(|peer| peer.pid);
    Address::Unix { path: folder.lasting_path(socket, pid), pid }
}

#[cfg(test)]
mod tests;
