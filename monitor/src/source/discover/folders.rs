//! The folders in which agents put their sockets, checked before anything in them is believed.

use crate::source::proc;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Most sockets of one folder that are looked at: a folder inside a container may be hostile.
const MAX_SOCKETS: usize = 4096;

/// Where a folder may be, and whose it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The root below which `path` is followed; `None`: this process's own.
    pub(super) root: Option<PathBuf>,
    /// The folder, absolute.
    pub(super) path: PathBuf,
    /// The user to whom it has to belong, as this process counts users.
    pub(super) owner: u32,
}

/// A folder that belongs to whom it should.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
    path: PathBuf,
    owner: u32,
    /// The folder as its container names it, if it is in one.
    inside: Option<PathBuf>,
}

/// Device and inode of a socket.
pub(crate) type Identity = (u64, u64);

/// A socket in such a folder.
#[derive(Clone, Debug)]
pub(super) struct SocketFile {
    /// Its path, by which a person can name it.
    pub(super) path: PathBuf,
    /// The pid in its name: that of the program inside its container.
    pub(super) pid: u32,
    /// What tells it from a later one of the same name.
    pub(super) identity: Identity,
}

/// This user's folders; for root those of every user.
pub(super) fn own(user: u32) -> Vec<Place> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let temp = std::env::temp_dir();
    let mut places = candidates(user, user, runtime, vec![temp, PathBuf::from("/tmp")]);
    if user == 0 {
        places.extend(of_all_users());
    }
    places
}

fn of_all_users() -> Vec<Place> {
    let below = |folder: &str, prefix: &str, inner: &str| -> Vec<Place> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let place = |entry: fs::DirEntry| {
            let owner = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some(Place { root: None, path: entry.path().join(inner), owner })
        };
        entries.filter_map(|entry| place(entry.ok()?)).collect()
    };
    let mut places = below("/run/user", "", "taskscope");
    places.extend(below("/tmp", "taskscope-", ""));
    places
}

/// The folders of processes that see other files than this one does: containers.
pub(super) fn of_containers() -> Vec<Place> {
    let own = proc::own_mounts();
    let mut seen = HashSet::new();
    let mut places = Vec::new();
    for pid in proc::all() {
        let Some(mounts) = proc::mounts(pid).filter(|mounts| Some(mounts) != own.as_ref()) else { continue };
        let Some(user) = proc::user(pid) else { continue };
        let Some(inner) = proc::inner_user(pid, user) else { continue };
        let [runtime, temp] = proc::variables(pid, ["XDG_RUNTIME_DIR", "TMPDIR"]);
        let temps = temp.into_iter().chain([PathBuf::from("/tmp")]).collect();
        for place in candidates(inner, user, runtime, temps) {
            if seen.insert((mounts.clone(), place.path.clone(), user)) {
                places.push(Place { root: Some(proc::root(pid)), ..place });
            }
        }
    }
    places
}

fn candidates(named: u32, owner: u32, runtime: Option<PathBuf>, temps: Vec<PathBuf>) -> Vec<Place> {
    let runtimes = runtime.into_iter().chain([PathBuf::from(format!("/run/user/{named}"))]);
    let mut paths: Vec<_> = runtimes.map(|folder| folder.join("taskscope")).collect();
    paths.extend(temps.iter().map(|folder| folder.join(format!("taskscope-{named}"))));
    paths.retain(|path| path.is_absolute());
    paths.dedup();
    paths.into_iter().map(|path| Place { root: None, path, owner }).collect()
}

impl Place {
    /// Opens the folder; `None` if it is not there, is a link, is somebody else's or open to somebody else.
    pub(super) fn open(&self) -> Option<Folder> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let (fd, path) = match &self.root {
            None => (rustix::fs::openat(CWD, &self.path, flags, Mode::empty()).ok()?, self.path.clone()),
            Some(root) => {
                let below = self.path.strip_prefix("/").ok()?;
                (open_below(root, below, flags).ok()?, root.join(below))
            }
        };
        let stat = rustix::fs::fstat(&fd).ok()?;
        let open_to_others = Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH);
        let inside = self.root.is_some().then(|| self.path.clone());
        let ours = stat.st_uid == self.owner && !open_to_others;
        ours.then_some(Folder { fd, path, owner: self.owner, inside })
    }
}

/// Follows links as the container does, so that none leads out of it.
#[cfg(target_os = "linux")]
fn open_below(root: &Path, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    use rustix::fs::ResolveFlags;
    let anchor = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(CWD, root, anchor, Mode::empty())?;
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(root, path, flags, Mode::empty(), resolve)
}

#[cfg(not(target_os = "linux"))]
fn open_below(_root: &Path, _path: &Path, _flags: OFlags) -> io::Result<OwnedFd> {
    Err(io::Errno::NOSYS)
}

impl Folder {
    /// The sockets in it that belong to its owner and are named by a pid.
    pub(super) fn sockets(&self) -> Vec<SocketFile> {
        let Ok(entries) = Dir::read_from(&self.fd) else { return Vec::new() };
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_bytes().to_vec()));
        names.filter_map(|name| self.socket(OsStr::from_bytes(&name))).take(MAX_SOCKETS).collect()
    }

    fn socket(&self, name: &OsStr) -> Option<SocketFile> {
        let pid = name.to_str()?.strip_suffix(".sock")?.parse().ok()?;
        let stat = self.stat(name)?;
        let is_socket = FileType::from_raw_mode(stat.st_mode) == FileType::Socket;
        let ours = is_socket && stat.st_uid == self.owner;
        ours.then(|| SocketFile { path: self.path.join(name), pid, identity: identity(&stat) })
    }

    fn stat(&self, name: &OsStr) -> Option<Stat> {
        rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok()
    }

    /// A path to one of its sockets that leads into this very folder, whatever becomes of its path.
    pub(super) fn path_to(&self, socket: &SocketFile) -> PathBuf {
        use std::os::fd::AsRawFd as _;
        let Some(name) = socket.path.file_name() else { return socket.path.clone() };
        if cfg!(target_os = "linux") {
            PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_fd().as_raw_fd())).join(name)
        } else {
            socket.path.clone()
        }
    }

    /// The path to one of its sockets for as long as that process lives. A container is looked into through
    /// any of its processes; the path through the program itself holds as long as the program.
    pub(super) fn lasting_path(&self, socket: &SocketFile, pid: Option<u32>) -> PathBuf {
        match (&self.inside, socket.path.file_name(), pid) {
            (Some(inside), Some(name), Some(pid)) if proc::mounts(pid).is_some() => {
                proc::root(pid).join(inside.strip_prefix("/").unwrap_or(inside)).join(name)
            }
            _ => socket.path.clone(),
        }
    }

    /// Removes a socket if it is still the same one, and that of its program's console-subscriber. That they are not
    /// ours to remove is no matter.
    pub(super) fn remove(&self, socket: &SocketFile) {
        let Some(name) = socket.path.file_name() else { return };
        if self.stat(name).is_some_and(|stat| identity(&stat) == socket.identity) {
            for name in [PathBuf::from(name), Path::new(name).with_extension("console")] {
                let _ = rustix::fs::unlinkat(&self.fd, &name, AtFlags::empty());
            }
        }
    }
}

#[expect(clippy::unnecessary_cast, reason = "their types differ between systems")]
fn identity(stat: &Stat) -> Identity {
    (stat.st_dev as u64, stat.st_ino as u64)
}
