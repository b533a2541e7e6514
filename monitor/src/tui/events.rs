//! What has happened since we look: a log of spawned, ended, cancelled, found, made of what the program tells.

use super::scroll;
use std::collections::{HashSet, VecDeque};
use taskscope_model::codes::{CancelWay, Outcome};
use taskscope_model::detect::Event;
use taskscope_model::task::By;
use taskscope_model::{At, Change, Fact, Finding, LocationId, Severity, TaskId, World};

/// Entries that are kept; of more, the oldest go.
const MOST: usize = 10_000;

/// Something has happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// When.
    pub(super) at: At,
    /// To which task; `None` of what is about several.
    pub(super) task: Option<TaskId>,
    /// What.
    pub(super) what: What,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A task was spawned.
    Spawned {
        /// By which one.
        by: Option<TaskId>,
        /// Where.
        at: Option<By<LocationId>>,
    },
    /// A task ended.
    Ended(Outcome),
    /// A task said why it failed.
    Failed(String),
    /// A task was asked to stop.
    Cancelled {
        /// By which one.
        by: Option<TaskId>,
        /// How.
        way: CancelWay,
        /// Where.
        at: Option<By<LocationId>>,
    },
    /// Something is wrong.
    Found(Box<Finding>),
    /// That is no longer so.
    Cleared(Box<Finding>),
}

impl What {
    /// The same in a word.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            What::Spawned { .. } => "spawned",
            What::Ended(_) => "ended",
            What::Failed(_) => "failed",
            What::Cancelled { .. } => "cancelled",
            What::Found(_) => "found",
            What::Cleared(_) => "cleared",
        }
    }

    /// Whether it stands in the brief log too.
    fn matters(&self) -> bool {
        match self {
            What::Spawned { .. } => false,
            What::Ended(outcome) => outcome.did_not_complete(),
            What::Failed(_) | What::Cancelled { .. } | What::Found(_) | What::Cleared(_) => true,
        }
    }

    /// How bad it is.
    pub(super) fn severity(&self) -> Severity {
        match self {
            What::Found(finding) => finding.severity,
            What::Failed(_) => Severity::Warning,
            What::Ended(Outcome::PANICKED | Outcome::FAILED) => Severity::Warning,
            _ => Severity::Info,
        }
    }
}

/// What of these Changes has happened, and is new to the World, into which they have not been folded yet. What
/// the first snapshot tells is how things are, no news: `since` is its moment.
pub(super) fn of_changes(changes: &[Change], world: &World, since: At) -> Vec<Entry> {
    changes.iter().filter_map(|change| of_change(change, world)).filter(|entry| entry.at >= since).collect()
}

fn of_change(change: &Change, world: &World) -> Option<Entry> {
    let known = change.fact.task().and_then(|id| world.task(id));
    let place = |id: Option<LocationId>| id.map(|id| By { source: change.source, id });
    let (at, what) = match &change.fact {
        Fact::Spawned(it) if known.is_none_or(|task| task.spawned_at().is_none()) => {
            (it.at?, What::Spawned { by: it.parent, at: place(it.location) })
        }
        Fact::Ended(it) if known.is_none_or(|task| task.ended().is_none()) => {
            (it.at, What::Ended(it.outcome))
        }
        Fact::Failure(it) if known.is_none_or(|task| task.failure().is_none()) => {
            (it.at, What::Failed(it.message.clone()))
        }
        Fact::CancelAsked(it) if known.is_none_or(|task| task.cancel().is_none()) => {
            (it.at, What::Cancelled { by: it.by, way: it.way, at: place(it.location) })
        }
        _ => return None,
    };
    Some(Entry { at, task: change.fact.task(), what })
}

/// The same of what has become of findings.
pub(super) fn of_finding(event: Event, now: At) -> Option<Entry> {
    let task = match event.finding().tasks[..] {
        [task] => Some(task),
        _ => None,
    };
    match event {
        Event::Raised(it) => Some(Entry { at: it.since, task, what: What::Found(Box::new(it)) }),
        Event::Cleared(it) => Some(Entry { at: now, task, what: What::Cleared(Box::new(it)) }),
        Event::Updated(_) => None,
    }
}

/// The log, and the selection in it.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the first entry that is kept.
    first: u64,
    /// What is in it of tasks, so that nothing is in it twice.
    seen: HashSet<(TaskId, &'static str)>,
    /// Only what may be wrong, or was done on purpose: no task that was spawned or has come to a good end.
    pub(super) brief: bool,
    /// The number of the selected entry. None: the newest stay on the screen.
    pub(super) selected: Option<u64>,
    /// The number of the first entry on the screen.
    pub(super) top: u64,
}

impl Log {
    /// Takes in what has happened.
    pub(super) fn extend(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let is_new = match (&entry.what, entry.task) {
                (What::Found(_) | What::Cleared(_), _) | (_, None) => true,
                (what, Some(task)) => self.seen.insert((task, what.word())),
            };
            if is_new {
                self.entries.push_back(entry);
            }
        }
        while self.entries.len() > MOST {
            if let Some(Entry { task: Some(task), what, .. }) = self.entries.pop_front() {
                self.seen.remove(&(task, what.word()));
            }
            self.first += 1;
        }
        self.selected = self.selected.map(|number| number.max(self.first));
        self.top = self.top.max(self.first);
    }

    /// How many there are to be shown.
    pub(super) fn len(&self) -> usize {
        if self.brief { self.shown().count() } else { self.entries.len() }
    }

    /// How many have gone.
    pub(super) fn gone(&self) -> u64 {
        self.first
    }

    fn shown(&self) -> impl DoubleEndedIterator<Item = (u64, &Entry)> {
        let numbered = self.entries.iter().enumerate().map(|(at, entry)| (self.first + at as u64, entry));
        numbered.filter(|(_, entry)| !self.brief || entry.what.matters())
    }

    /// Those that are to be shown, the oldest first.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.shown().map(|(_, entry)| entry)
    }

    /// The row of the selected one, or of the next one that is shown.
    pub(super) fn row(&self) -> Option<usize> {
        let selected = self.selected?;
        self.row_of(selected)
    }

    fn row_of(&self, number: u64) -> Option<usize> {
        match self.brief {
            false => usize::try_from(number.checked_sub(self.first)?).ok(),
            true => self.shown().position(|(at, _)| at >= number),
        }
    }

    /// The selected one.
    pub(super) fn entry(&self) -> Option<&Entry> {
        let row = self.row()?;
        self.entries().nth(row)
    }

    /// The first row on the screen.
    pub(super) fn top(&self, height: usize) -> usize {
        match self.row() {
            Some(row) => scroll::top(self.row_of(self.top).unwrap_or(0), Some(row), self.len(), height),
            None => self.len().saturating_sub(height),
        }
    }

    /// Selects a row, or the one closest to it.
    pub(super) fn select(&mut self, row: usize, height: usize) {
        let Some(last) = self.len().checked_sub(1) else { return };
        let (top, row) = (self.top(height), row.min(last));
        let top = scroll::top(top, Some(row), self.len(), height);
        let number = |row| self.shown().nth(row).map(|(number, _)| number);
        (self.selected, self.top) = (number(row), number(top).unwrap_or(self.first));
    }

    /// Those about a task, the newest first.
    pub(super) fn about(&self, task: TaskId) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev().filter(move |entry| entry.task == Some(task))
    }
}
