//! Reading a recording once from its start to its end: how long it is, what is found in it, and snapshots.

use super::snapshots::Snapshots;
use crate::session::Session;
use crate::source::recording::Playback;
use crate::source::{AttachError, Heard, one_line};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use taskscope_model::detect::Event;
use taskscope_model::hello::Hello;
use taskscope_model::{At, Change, Fact, Nanos, Severity};

/// Most marks that are kept.
const MOST_MARKS: usize = 10_000;
/// If no snapshot is said to be complete for so long, the recording begins without one.
const NO_SNAPSHOT: Nanos = Nanos(2_000_000_000);

/// Where something was found at warning or above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When it was found, in the recording's time.
    pub(crate) at: At,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// What is wrong.
    pub(crate) message: String,
}

/// How a recording ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Whole,
    /// In the middle of something.
    Cut,
    /// It cannot be read beyond this.
    Unreadable(String),
}

/// What is known of a recording by now.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The first moment of which everything is known.
    pub(super) start: Option<At>,
    /// The last moment.
    pub(super) known_to: At,
    pub(super) end: Option<End>,
    /// Percent of the file.
    pub(super) scanned: u8,
    pub(super) marks: Vec<Mark>,
    pub(super) snapshots: Snapshots,
}

/// The index, whoever else has it.
pub(super) fn locked(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A scan that has not begun.
#[derive(Debug)]
pub(super) struct Scan {
    playback: Playback,
    session: Session,
    first: Option<At>,
    start: Option<At>,
}

impl Scan {
    /// Of a file of which the Hello has been read.
    pub(super) fn new(hello: &Hello, playback: Playback) -> Self {
        Self { playback, session: Session::replayed(hello), first: None, start: None }
    }

    /// Scans it all, or until nobody wants it any more.
    pub(super) fn run(mut self, index: &Mutex<Index>, unwanted: &AtomicBool) {
        let mut frame = Vec::new();
        while !unwanted.load(Ordering::Acquire) {
            match self.playback.next_change() {
                Ok(change) => frame.push(change),
                Err(error) => {
                    self.fold(std::mem::take(&mut frame), index);
                    return self.end(&error, index);
                }
            }
            if let Some(place) = self.playback.offset() {
                let changes = frame.len();
                self.fold(std::mem::take(&mut frame), index);
                let due = locked(index).snapshots.folded(changes);
                if due && self.start.is_some() {
                    let world = self.session.world();
                    let (at, snapshot) = (world.now(), world.snapshot());
                    locked(index).snapshots.keep(at, place, snapshot);
                }
            }
        }
    }

    /// Folds what came, moment by moment, so that it is known when something was found.
    fn fold(&mut self, changes: Vec<Change>, index: &Mutex<Index>) {
        let mut moment = Vec::new();
        for change in changes {
            if matches!(change.fact, Fact::Tick(_)) && !moment.is_empty() {
                self.fold_moment(std::mem::take(&mut moment), index);
            }
            moment.push(change);
        }
        self.fold_moment(moment, index);
        let (taken, size) = self.playback.progress();
        let mut index = locked(index);
        index.known_to = self.session.world().now();
        index.scanned = u8::try_from((taken.min(size) * 100).checked_div(size).unwrap_or(0)).unwrap_or(0);
        index.start = self.start;
    }

    fn fold_moment(&mut self, changes: Vec<Change>, index: &Mutex<Index>) {
        let is_snapshot = changes.iter().any(|change| matches!(change.fact, Fact::Complete(_)));
        self.session.take(Heard::Changes(changes));
        let now = self.session.world().now();
        if self.start.is_none() {
            let first = *self.first.get_or_insert(now);
            self.start = is_snapshot.then_some(now).or((now.since(first) >= NO_SNAPSHOT).then_some(first));
        }
        for event in self.session.take_events() {
            if let Event::Raised(finding) = event
                && finding.severity >= Severity::Warning
            {
                let mut index = locked(index);
                if index.marks.len() < MOST_MARKS {
                    let message = one_line(&finding.message);
                    index.marks.push(Mark { at: now, severity: finding.severity, message });
                }
            }
        }
    }

    fn end(&mut self, error: &AttachError, index: &Mutex<Index>) {
        self.session.settle();
        // What was found by looking at all of it.
        self.fold_moment(Vec::new(), index);
        let mut index = locked(index);
        index.start = self.start.or(self.first).or(Some(At(0)));
        index.scanned = 100;
        index.end = Some(match error {
            AttachError::EndOfRecording { cut: false, .. } => End::Whole,
            AttachError::EndOfRecording { cut: true, .. } => End::Cut,
            error => End::Unreadable(error.to_string()),
        });
    }
}
