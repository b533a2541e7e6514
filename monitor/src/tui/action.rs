//! What can happen to the TUI, and what it can ask of the world outside.

use super::keys::Command;
use crate::rows::findings::FindingRow;
use crate::source::Address;
use crate::source::discover::Process;
use ratatui::layout::Size;
use taskscope_model::TaskId;
use taskscope_model::hello::Hello;
use taskscope_model::request::{CancelResult, Denied, Subscribe};

/// Something that alters the [`Ui`](super::ui::Ui).
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// A key.
    Do(Command),
    /// Text came in one piece.
    Paste(String),
    /// The terminal has this size now.
    Resized(Size),
    /// The World has changed, and is about to be drawn.
    Refresh {
        /// Whether all that was asked for has been told.
        complete: bool,
        /// What is wrong, worst first.
        findings: Vec<FindingRow>,
    },
    /// Something has changed, and is about to be drawn.
    Fit,
    /// An address is being called for the first time.
    Attach(Address),
    /// It answered, for the first time or again.
    Attached(Box<Hello>),
    /// It could not be attached to.
    NotAttached(String),
    /// The connection is gone.
    Lost {
        /// What became of the program, where it did not say so itself.
        why: String,
        /// It was a recording: it does not come back.
        played: bool,
    },
    /// It could not be reached again yet.
    StillLost(String),
    /// The program did not do what was asked.
    Denied(Denied),
    /// The program says what became of a task that was to stop.
    Cancelled(CancelResult),
    /// The processes that are there.
    Processes(Vec<Process>),
}

/// What is to be done outside after an [`Action`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// Leave.
    Quit,
    /// Ask the program to tell this from now on.
    Ask(Subscribe),
    /// Ask the program to stop that task.
    Cancel(TaskId),
    /// Ask the program for that task's stack of awaits.
    Trace(TaskId),
    /// Attach to another program, and let go of this one.
    Attach(Address),
    /// Look which processes there are from now on, or no longer.
    List(bool),
}
