//! A program with an agent, looked at from outside at the same time: what the agent tells counts for lives, times and
//! ends of tasks, what stands in memory for where they wait and what they hold. Whoever looks from outside is a
//! companion: if that is not permitted, or ends, the agent alone goes on telling.

use super::threaded;
use super::wire::Connection;
use super::{AttachError, Heard, outside, proc};
use crate::clock::Deadline;
use std::time::Duration;
use taskscope_model::change::Complete;
use taskscope_model::hello::Hello;
use taskscope_model::{Change, Fact};

/// Between two looks at what the companion has to say, while the agent says nothing.
const TURN: Duration = Duration::from_millis(50);
/// How long the agent's word that everything has been told is held back for the companion.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who looks at the agent's process from outside.
#[derive(Debug)]
pub(crate) struct Companion {
    connection: Option<threaded::Connection>,
    /// The last subscription that it has told everything of.
    complete: Option<u32>,
    held: Option<Held>,
}

/// The agent's word that everything has been told.
#[derive(Debug)]
struct Held {
    word: Change,
    subscription: u32,
    until: Deadline,
}

/// A companion for an agent's connection, and how to ask it; `None` if nobody is to look into programs unasked.
pub(crate) fn companion(hello: &Hello) -> Option<(Companion, threaded::Asker)> {
    // Inside a container the agent knows itself by another number.
    let is_it = proc::program(hello.pid).is_some_and(|program| program == hello.program);
    if !is_it || outside::is_off() {
        return None;
    }
    let connection = outside::begin(hello.pid).ok()?;
    let asker = connection.asker();
    Some((Companion { connection: Some(connection), complete: None, held: None }, asker))
}

impl Companion {
    /// The next thing that either of the two tells.
    pub(crate) fn next(
        &mut self,
        agent: &mut Connection,
        within: Option<Duration>,
    ) -> Result<Option<Heard>, AttachError> {
        let deadline = Deadline::after(within);
        loop {
            if let Some(heard) = self.told() {
                return Ok(Some(heard));
            }
            if let Some(word) = self.release() {
                return Ok(Some(Heard::Changes(vec![word])));
            }
            let Ok(left) = deadline.left() else { return Ok(None) };
            let turn = match self.connection {
                Some(_) => Some(left.map_or(TURN, |left| left.min(TURN))),
                None => left,
            };
            match agent.next(turn)? {
                Some(Heard::Changes(changes)) => {
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

    /// What the companion has to say now. Its runtimes are the agent's, and it does not say goodbye.
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
            changes.retain(|change| {
                !matches!(change.fact, Fact::Runtime(_) | Fact::RuntimeEnded(_) | Fact::Goodbye(_))
            });
            if !changes.is_empty() {
                return Some(Heard::Changes(changes));
            }
        }
    }

    /// Keeps the agent's last word back until the companion has told everything too.
    fn hold_back(&mut self, mut changes: Vec<Change>) -> Vec<Change> {
        if self.connection.is_none() {
            return changes;
        }
        let subscription = |change: &Change| match &change.fact {
            Fact::Complete(Complete { subscription }) => Some(*subscription),
            _ => None,
        };
        let last = changes.iter().rposition(|change| subscription(change).is_some());
        let Some((at, number)) = last.and_then(|at| Some((at, subscription(changes.get(at)?)?))) else {
            return changes;
        };
        if self.complete == Some(number) {
            return changes;
        }
        let word = changes.remove(at);
        self.held = Some(Held { word, subscription: number, until: Deadline::after(Some(PATIENCE)) });
        changes
    }

    /// The word that was held back, if there is no more reason to.
    fn release(&mut self) -> Option<Change> {
        let held = self.held.as_ref()?;
        let is_due = self.connection.is_none()
            || self.complete == Some(held.subscription)
            || held.until.left().is_err();
        is_due.then(|| self.held.take()).flatten().map(|held| held.word)
    }
}
