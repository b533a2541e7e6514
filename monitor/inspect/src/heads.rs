//! The first words of what may be a task, and whether it is one.
//!
//! Freed tasks look like live ones, and a live one may be freed between two readings. So the words are read a
//! second time, and all of them have to agree with each other and with the tasks of the same runtime.

use crate::Error;
use crate::memory::{Memory, Piece};
use crate::scan::Suspect;
use crate::vtables::{Vtable, Vtables};
use std::collections::HashMap;

/// Bits of the state word. The references are counted above them.
const RUNNING: u64 = 1;
const COMPLETE: u64 = 1 << 1;
const NOTIFIED: u64 = 1 << 2;
const CANCELLED: u64 = 1 << 5;
const REFERENCE: u32 = 6;

/// Headers that are read at once.
const BATCH: usize = 1 << 16;
/// More references than this no task has.
const MOST_REFERENCES: u64 = 1 << 20;
/// Ids are counted up from 1, so they do not reach this in a lifetime.
const LARGEST_ID: u64 = 1 << 48;
/// So are the owners: runtimes and `LocalSet`s.
const LARGEST_OWNER: u64 = 1 << 32;

/// The state word of a task's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateWord(pub(crate) u64);

impl StateWord {
    pub(crate) fn is_running(self) -> bool {
        self.0 & RUNNING != 0
    }

    pub(crate) fn is_notified(self) -> bool {
        self.0 & NOTIFIED != 0
    }

    pub(crate) fn is_cancelled(self) -> bool {
        self.0 & CANCELLED != 0
    }

    fn is_live(self) -> bool {
        let references = self.0 >> REFERENCE;
        self.0 & COMPLETE == 0 && references > 0 && references < MOST_REFERENCES
    }
}

/// A task: what its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) suspect: Suspect,
    pub(crate) state: StateWord,
    pub(crate) id: u64,
    /// Number of the runtime or `LocalSet` that owns it; 0 for a blocking task.
    pub(crate) owner: u64,
    /// Address of its scheduler, if it has one of its own.
    scheduler: u64,
    /// Address of the place where it was spawned.
    pub(crate) location: Option<u64>,
}

/// How much of a task has to be read for its [`Head`].
pub(crate) fn length(vtable: &Vtable) -> usize {
    let last = vtable.location.unwrap_or(vtable.id);
    usize::try_from(last).map_or(0, |last| last + 8)
}

/// Reads the words from the beginning of a task; `None` if it is no live one.
pub(crate) fn head(suspect: Suspect, vtable: &Vtable, piece: &Piece) -> Option<Head> {
    let word = |offset: u64| piece.word(suspect.header.checked_add(offset)?);
    let (state, owner) = (StateWord(word(0)?), word(24)?);
    let (id, scheduler) = (word(vtable.id)?, word(vtable.scheduler)?);
    let location = vtable.location.and_then(word);
    let is_task = suspect.header.is_multiple_of(8)
        && word(16)? == vtable.address
        && state.is_live()
        && id > 0
        && id < LARGEST_ID
        && owner < LARGEST_OWNER
        // A task with a scheduler of one word, which is a pointer to it, belongs to a runtime.
        && (owner == 0) != (vtable.id - vtable.scheduler == 8);
    is_task.then_some(Head { suspect, state, id, owner, scheduler, location })
}

/// Those that are tasks, by id.
pub(crate) fn heads(
    memory: &dyn Memory,
    vtables: &Vtables,
    suspects: &[Suspect],
) -> Result<Vec<Head>, Error> {
    let mut heads = Vec::new();
    for suspects in suspects.chunks(BATCH) {
        let known = || suspects.iter().filter_map(|it| Some((*it, vtables.get(it.vtable)?)));
        let mut pieces: Vec<_> =
            known().map(|(suspect, vtable)| Piece::new(suspect.header, length(vtable))).collect();
        memory.read_many(&mut pieces)?;
        heads.extend(
            known().zip(&pieces).filter_map(|((suspect, vtable), piece)| head(suspect, vtable, piece)),
        );
    }
    let schedulers = schedulers(&heads);
    heads.retain(|head| head.owner == 0 || schedulers.get(&head.owner) == Some(&head.scheduler));
    heads.sort_unstable_by_key(|head| (head.id, head.suspect.header));
    // Ids are unique: a second one is a copy.
    heads.dedup_by_key(|head| head.id);
    Ok(heads)
}

/// The tasks of a runtime have the same scheduler: the one that most of them name.
fn schedulers(heads: &[Head]) -> HashMap<u64, u64> {
    let mut votes: HashMap<(u64, u64), usize> = HashMap::new();
    for head in heads.iter().filter(|head| head.owner != 0 && head.scheduler != 0) {
        *votes.entry((head.owner, head.scheduler)).or_default() += 1;
    }
    let mut votes: Vec<_> = votes.into_iter().map(|(of, count)| (count, of)).collect();
    votes.sort_unstable();
    votes.into_iter().map(|(_, (owner, scheduler))| (owner, scheduler)).collect()
}
