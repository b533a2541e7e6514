//! From what stands on the command line to an address.

use crate::cli::Target;
use crate::exit::CommandError;
use crate::source::discover::{self, Process};
use crate::source::{Address, Token};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

const HOW_TO_ADD: &str = "put #[taskscope_agent::main] on its main function";

/// The address that is meant.
pub(crate) fn resolve(target: &Target) -> Result<Address, CommandError> {
    let Some(text) = target.target.as_deref() else {
        return the_only_one(&discover::processes());
    };
    if let Some(at) = text.strip_prefix("tcp://") {
        return tcp(at, target);
    }
    if ["http://", "https://", "unix:", "vsock:"].iter().any(|scheme| text.starts_with(scheme)) {
        return console(text);
    }
    if let Ok(pid) = text.parse() {
        return with_pid(pid);
    }
    if text.contains('/') {
        return at_path(Path::new(text));
    }
    named(text, &discover::processes())
}

/// Where the TUI starts: at the address that is meant, or at the list (`None`) if the command line names no
/// program and there are several.
pub(crate) fn start(target: &Target) -> Result<Option<Address>, CommandError> {
    if target.target.is_some() {
        return resolve(target).map(Some);
    }
    let processes = discover::processes();
    // What can only be seen from outside is not shown unasked while there is something better, but it is listed.
    if processes.len() > 1 { Ok(None) } else { the_only_one(&processes).map(Some) }
}

/// A program that runs console-subscriber.
#[cfg(feature = "console")]
fn console(text: &str) -> Result<Address, CommandError> {
    use crate::source::console::{At, Place};
    if let Some(path) = text.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Address::Console(Place::Unix(PathBuf::from(path))));
    }
    if let Some(at) = text.strip_prefix("vsock:") {
        let at = At::parse(at).map_err(|error| CommandError::WrongUse(format!("{text}: {error}")))?;
        return Ok(Address::Console(Place::Vsock(at)));
    }
    let Some(at) = text.strip_prefix("http://") else {
        return Err(CommandError::WrongUse(format!(
            "{text}: console-subscriber serves no TLS; write http://HOST:PORT, and where TLS is wanted in between \
             forward the port, as by ssh -L"
        )));
    };
    let at = at.trim_end_matches('/');
    if !has_port(at) || at.contains('/') {
        return Err(CommandError::WrongUse(format!("{text}: write http://HOST:PORT")));
    }
    Ok(Address::Console(Place::Tcp(at.to_owned())))
}

#[cfg(not(feature = "console"))]
fn console(text: &str) -> Result<Address, CommandError> {
    Err(CommandError::WrongUse(format!(
        "{text}: this taskscope was built without its feature `console`, which sees console-subscriber"
    )))
}

fn has_port(at: &str) -> bool {
    at.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn tcp(at: &str, target: &Target) -> Result<Address, CommandError> {
    if !has_port(at) {
        return Err(CommandError::WrongUse(format!("tcp://{at}: write tcp://HOST:PORT")));
    }
    let token = target.token_file.as_ref().map(read_token).transpose()?;
    Ok(Address::Tcp { at: at.to_owned(), token })
}

fn read_token(path: &PathBuf) -> Result<Token, CommandError> {
    let token = std::fs::read_to_string(path).map_err(|error| {
        CommandError::WrongUse(format!("cannot read the token file {}: {error}", path.display()))
    })?;
    Ok(Token(token.trim().to_owned()))
}

fn at_path(path: &Path) -> Result<Address, CommandError> {
    let shown = path.display();
    let kind = match std::fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) => {
            return Err(match error.kind() {
                std::io::ErrorKind::PermissionDenied => CommandError::NotPermitted(format!(
                    "{shown} belongs to another user: run taskscope as that user, or with sudo"
                )),
                _ => CommandError::NotFound(format!("{shown}: {error}; `taskscope ls` lists what runs here")),
            });
        }
    };
    if kind.is_socket() {
        Ok(Address::Unix { path: path.to_owned(), pid: None })
    } else if kind.is_file() {
        Ok(Address::Recording(path.to_owned()))
    } else {
        Err(CommandError::NotFound(format!("{shown} is neither a socket nor a recording")))
    }
}

fn with_pid(pid: u32) -> Result<Address, CommandError> {
    if let Some(found) = discover::with_pid(pid).and_then(|process| process.address) {
        return Ok(found);
    }
    match discover::user_of(pid) {
        None => Err(CommandError::NotFound(format!(
            "there is no process {pid}; `taskscope ls` lists what runs here"
        ))),
        Some(owner) if discover::is_out_of_reach(owner) => Err(CommandError::NotPermitted(format!(
            "process {pid} belongs to another user (uid {owner}): run taskscope as that user, or with sudo"
        ))),
        Some(_) => from_outside(pid),
    }
}

/// A process without an agent. Whether it can be read shows when that is tried.
#[cfg(target_os = "linux")]
fn from_outside(pid: u32) -> Result<Address, CommandError> {
    Ok(Address::Outside { pid })
}

#[cfg(not(target_os = "linux"))]
fn from_outside(pid: u32) -> Result<Address, CommandError> {
    Err(CommandError::NotFound(format!("process {pid} has no agent: {HOW_TO_ADD}")))
}

fn named(name: &str, processes: &[Process]) -> Result<Address, CommandError> {
    let called = |process: &&Process| process.program == name;
    let mut matching: Vec<_> = processes.iter().filter(called).filter(|it| !it.is_outside()).collect();
    if matching.is_empty() {
        matching = processes.iter().filter(called).collect();
    }
    match matching[..] {
        [] if Path::new(name).exists() => at_path(Path::new(name)),
        [] => Err(CommandError::NotFound(format!(
            "no live tokio program is called `{name}`; {}",
            there_is(processes)
        ))),
        [process] => address_of(process),
        _ => {
            let pids: Vec<_> = matching.iter().map(|process| process.pid.to_string()).collect();
            Err(CommandError::WrongUse(format!(
                "`{name}` is the name of {} programs: say which by its pid, {}",
                matching.len(),
                pids.join(" or ")
            )))
        }
    }
}

/// The only one with an agent; where there is none, the only one that can be seen from outside.
fn the_only_one(processes: &[Process]) -> Result<Address, CommandError> {
    let mut candidates: Vec<_> = processes.iter().filter(|process| !process.is_outside()).collect();
    if candidates.is_empty() {
        candidates = processes.iter().collect();
    }
    match candidates[..] {
        [] => Err(CommandError::NotFound(format!(
            "no live program with an agent; {HOW_TO_ADD}, or see `taskscope demo`"
        ))),
        [process] => address_of(process),
        _ => Err(CommandError::WrongUse(format!("which program? {}", there_is(processes)))),
    }
}

fn address_of(process: &Process) -> Result<Address, CommandError> {
    let name = format!("{} ({})", process.program, process.pid);
    process
        .address
        .clone()
        .ok_or_else(|| CommandError::NotFound(format!("{name} has no agent: {HOW_TO_ADD}")))
}

/// What there is, in a few words.
fn there_is(processes: &[Process]) -> String {
    const SHOWN: usize = 8;
    if processes.is_empty() {
        return format!("there is none at all; {HOW_TO_ADD}");
    }
    let mut names: Vec<_> =
        processes.iter().take(SHOWN).map(|it| format!("{} ({})", it.program, it.pid)).collect();
    if processes.len() > SHOWN {
        names.push(format!("{} more", processes.len() - SHOWN));
    }
    format!("there is {}", names.join(", "))
}
