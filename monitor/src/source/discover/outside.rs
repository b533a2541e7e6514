//! Programs that can only be seen from outside. Whether a process is one is found out once: first by its
//! executable, which many processes share, then by its memory.

use super::{Process, is_out_of_reach, user_of};
use crate::clock;
use crate::source::{Address, AttachError, outside, proc};
use rustix::fs::{FileType, fstat};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Mutex, PoisonError};
use taskscope_inspect::{Error, may_use_tokio};
use taskscope_model::{Nanos, Source};

/// What was found out so far.
static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

#[derive(Default)]
struct Known {
    /// Whether an executable may use tokio.
    executables: HashMap<FileId, bool>,
    /// Whether a process can be read, or what is the matter; `None` if it is no tokio program. By its number, when it
    /// began, and its executable: between fork and exec it has another one's.
    processes: HashMap<(u32, u64, FileId), Option<Trouble>>,
}

type Trouble = Option<String>;
/// A file's device and number.
type FileId = (u64, u64);

/// A process that began so recently may not have its tables in order yet.
const YOUNG: Nanos = Nanos(2_000_000_000);

/// Adds them to those that are seen otherwise.
pub(super) fn join(mut processes: Vec<Process>) -> Vec<Process> {
    if outside::is_off() {
        return processes;
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    let mut alive = Vec::new();
    for pid in proc::all() {
        let Some(birth) = proc::birth(pid) else { continue };
        alive.push((pid, birth));
        let is_listed = processes.iter().any(|process| process.pid == pid);
        if is_listed || user_of(pid).is_none_or(is_out_of_reach) {
            continue;
        }
        let Some(executable) = tokio_executable(pid, &mut known.executables) else { continue };
        let found = known.processes.get(&(pid, birth, executable)).cloned().unwrap_or_else(|| look(pid));
        if found.is_some() || proc::started(pid).is_some_and(|at| clock::monotonic().since(at) > YOUNG) {
            known.processes.insert((pid, birth, executable), found.clone());
        }
        processes.extend(found.map(|trouble| process(pid, trouble)));
    }
    known.processes.retain(|(pid, birth, _), _| alive.contains(&(*pid, *birth)));
    processes.sort_by_key(|process| process.pid);
    processes
}

/// Whether it is worth a try to look at that process from outside.
pub(crate) fn may_be_one(pid: u32) -> bool {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    tokio_executable(pid, &mut known.get_or_insert_default().executables).is_some()
}

fn look(pid: u32) -> Option<Trouble> {
    match outside::looks_like_tokio(pid) {
        Ok(()) => Some(None),
        Err(AttachError::Unreadable(Error::NotPermitted { .. })) => {
            Some(Some("its memory may not be read: use sudo, or start it with `taskscope run`".to_owned()))
        }
        Err(AttachError::Unreadable(error @ Error::UnknownLayout { .. })) => Some(Some(error.to_string())),
        Err(_) => None,
    }
}

/// Its executable, if that may use tokio and is not this very program.
fn tokio_executable(pid: u32, executables: &mut HashMap<FileId, bool>) -> Option<FileId> {
    let file = File::open(proc::executable(pid)).ok()?;
    let own = File::open(proc::executable(std::process::id())).ok().and_then(|own| identity(&own));
    let identity = identity(&file).filter(|it| Some(*it) != own)?;
    executables.entry(identity).or_insert_with(|| may_use_tokio(&file)).then_some(identity)
}

fn identity(file: &File) -> Option<FileId> {
    let stat = fstat(file).ok()?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    is_file.then_some((stat.st_dev, stat.st_ino))
}

fn process(pid: u32, trouble: Trouble) -> Process {
    Process {
        pid,
        program: proc::program(pid).unwrap_or_else(|| "?".to_owned()),
        address: Some(Address::Outside { pid }),
        seen_by: vec![Source::OUTSIDE],
        // To count them is to look through all of its memory.
        tasks: None,
        uptime: proc::started(pid).map(|started| clock::monotonic().since(started)),
        trouble,
    }
}
