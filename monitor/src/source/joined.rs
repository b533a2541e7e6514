//! A program with an agent, of which others tell at the same time: who looks at its memory from outside, and a
//! console-subscriber that the agent names. What the agent tells counts for lives, times and ends of tasks; memory for
//! where they wait and what they hold; console-subscriber for names, wakes and resources. The others are companions:
//! where that is not permitted, or one ends, the agent goes on telling without.

#[cfg(feature = "console")]
mod roots;

use super::threaded::{self, Connection};
use super::{AttachError, Heard, wire};
use crate::clock::Deadline;
use std::path::Path;
use std::time::Duration;
use taskscope_model::change::Complete;
use taskscope_model::hello::Hello;
use taskscope_model::{Change, Fact};

/// Between two looks at what the companions have to say, while the agent says nothing.
const TURN: Duration = Duration::from_millis(50);
/// How long the agent's word that everything has been told is held back for the companions.
const PATIENCE: Duration = Duration::from_secs(3);

/// Those who tell of the agent's process besides.
#[derive(Debug)]
pub(crate) struct Companions {
    all: Vec<Companion>,
    held: Option<Held>,
    #[cfg(feature = "console")]
    roots: roots::Roots,
}

#[derive(Debug)]
struct Companion {
    /// `None` when it has ended.
    connection: Option<Connection>,
    /// The last subscription that it has told everything of.
    complete: Option<u32>,
}

/// The agent's word that everything has been told.
#[derive(Debug)]
struct Held {
    word: Change,
    subscription: u32,
    until: Deadline,
}

/// The companions of an agent at a socket of this path, which may have to be that process's, and how to ask them;
/// `None` if there are none.
pub(crate) fn companions(
    hello: &Hello,
    path: &Path,
    pid: Option<u32>,
) -> Option<(Companions, Vec<threaded::Asker>)> {
    let connections = [from_outside(hello, path, pid), by_console(hello, path)].into_iter().flatten();
    let companion = |connection| Companion { connection: Some(connection), complete: None };
    let all: Vec<_> = connections.map(companion).collect();
    let askers: Vec<_> = all.iter().filter_map(|it| Some(it.connection.as_ref()?.asker())).collect();
    let companions = Companions {
        #[cfg(feature = "console")]
        roots: roots::Roots::new(askers.clone()),
        all,
        held: None,
    };
    (!askers.is_empty()).then_some((companions, askers))
}

/// `None` if nobody is to look into programs unasked, or the process is neither known here nor lends its memory.
#[cfg(target_os = "linux")]
fn from_outside(hello: &Hello, path: &Path, pid: Option<u32>) -> Option<Connection> {
    use super::{outside, proc};
    if outside::is_off() {
        return None;
    }
    // Inside a container the agent knows itself by another number.
    let is_here = proc::program(hello.pid).is_some_and(|program| program == hello.program);
    let lender = hello.rights.memory.then(|| outside::Lender { path: path.to_owned(), pid });
    outside::begin(hello.pid, is_here, lender).ok()
}

#[cfg(not(target_os = "linux"))]
fn from_outside(_: &Hello, _: &Path, _: Option<u32>) -> Option<Connection> {
    None
}

/// A name alone is believed, never a path: the socket is where the agent's is, which was checked.
#[cfg(feature = "console")]
fn by_console(hello: &Hello, path: &Path) -> Option<Connection> {
    use std::path::Component;
    let name = Path::new(hello.console.as_deref()?);
    let mut components = name.components();
    let is_name = matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
    if is_name { super::console::beside(path.with_file_name(name)).ok() } else { None }
}

#[cfg(not(feature = "console"))]
fn by_console(_hello: &Hello, _path: &Path) -> Option<Connection> {
    None
}

impl Companions {
    /// The next thing that any of them tells.
    pub(crate) fn next(
        &mut self,
        agent: &mut wire::Connection,
        within: Option<Duration>,
    ) -> Result<Option<Heard>, AttachError> {
        let deadline = Deadline::after(within);
        loop {
            if let Some(heard) = self.all.iter_mut().find_map(Companion::told) {
                return Ok(Some(heard));
            }
            if let Some(word) = self.release() {
                return Ok(Some(Heard::Changes(vec![word])));
            }
            let Ok(left) = deadline.left() else { return Ok(None) };
            let alone = self.all.iter().all(Companion::has_ended);
            let turn = if alone { left } else { Some(left.map_or(TURN, |left| left.min(TURN))) };
            match agent.next(turn)? {
                Some(Heard::Changes(changes)) => {
                    #[cfg(feature = "console")]
                    self.roots.see(&changes);
                    let changes = self.hold_back(changes);
                    if !changes.is_empty() {
                        return Ok(Some(Heard::Changes(changes)));
                    }
                }
                Some(answer) => return Ok(Some(answer)),
                None => {}
            }
        }
    }

    /// Keeps the agent's last word back until the companions have told everything too.
    fn hold_back(&mut self, mut changes: Vec<Change>) -> Vec<Change> {
        let subscription = |change: &Change| match &change.fact {
            Fact::Complete(Complete { subscription }) => Some(*subscription),
            _ => None,
        };
        let last = changes.iter().rposition(|change| subscription(change).is_some());
        let Some((at, number)) = last.and_then(|at| Some((at, subscription(changes.get(at)?)?))) else {
            return changes;
        };
        if !self.have_told(number) {
            let word = changes.remove(at);
            self.held = Some(Held { word, subscription: number, until: Deadline::after(Some(PATIENCE)) });
        }
        changes
    }

    /// The word that was held back, if there is no more reason to.
    fn release(&mut self) -> Option<Change> {
        let held = self.held.as_ref()?;
        let is_due = self.have_told(held.subscription) || held.until.left().is_err();
        is_due.then(|| self.held.take()).flatten().map(|held| held.word)
    }

    fn have_told(&self, subscription: u32) -> bool {
        self.all.iter().all(|it| it.has_ended() || it.complete == Some(subscription))
    }
}

impl Companion {
    fn has_ended(&self) -> bool {
        self.connection.is_none()
    }

    /// What it has to say now. Its runtimes are the agent's, and it does not say goodbye.
    fn told(&mut self) -> Option<Heard> {
        loop {
            let heard = self.connection.as_mut()?.next(Some(Duration::ZERO));
            let mut changes = match heard {
                Ok(Some(Heard::Changes(changes))) => changes,
                Ok(Some(Heard::Answer(_))) => continue,
                Ok(None) => return None,
                Err(_) => {
                    self.connection = None;
                    return None;
                }
            };
            for change in &changes {
                if let Fact::Complete(Complete { subscription }) = &change.fact {
                    self.complete = Some(*subscription);
                }
            }
            changes.retain(|change| match &change.fact {
                Fact::Runtime(_) | Fact::RuntimeEnded(_) | Fact::Goodbye(_) => false,
                // Of what an agent always sees nobody else is asked.
                Fact::Coverage(coverage) => coverage.topic != "spawners",
                _ => true,
            });
            if !changes.is_empty() {
                return Some(Heard::Changes(changes));
            }
        }
    }
}
