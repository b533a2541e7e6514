//! The program that runs console-subscriber here, if it listens where such programs do.

use super::Process;
use crate::clock;
use crate::source::Address;
use crate::source::console::{Place, is_there, owner_of};
use std::time::Duration;
use taskscope_model::Source;

/// Where console-subscriber listens if nothing else is said.
const DEFAULT: &str = "127.0.0.1:6669";
/// The variable that says so, to programs and to us.
const VARIABLE: &str = "TOKIO_CONSOLE_BIND";

/// Adds it to the programs with an agent; a program that has both is one.
pub(super) fn join(mut processes: Vec<Process>, within: Duration) -> Vec<Process> {
    let Some(found) = find(within) else { return processes };
    match processes.iter_mut().find(|process| process.pid == found.pid) {
        Some(process) => process.seen_by.extend(found.seen_by),
        None => {
            processes.push(found);
            processes.sort_by_key(|process| process.pid);
        }
    }
    processes
}

/// The program; `None` if there is none, or this user may not see whose it is.
pub(super) fn find(within: Duration) -> Option<Process> {
    let at = std::env::var(VARIABLE).ok().filter(|at| !at.is_empty());
    let place = Place::Tcp(at.unwrap_or_else(|| DEFAULT.to_owned()));
    // Looking into `/proc` is cheap, and says first whether anybody listens.
    let owner = owner_of(&place)?;
    if !is_there(&place, within) {
        return None;
    }
    Some(Process {
        pid: owner.pid,
        program: owner.program,
        address: Some(Address::Console(place)),
        seen_by: vec![Source::CONSOLE],
        // To be told of them costs the program something.
        tasks: None,
        uptime: owner.started.map(|started| clock::monotonic().since(started)),
        trouble: None,
    })
}
