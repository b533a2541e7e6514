//! What can happen to the TUI, and what it can ask of the world outside.

use super::events::Entry;
use super::keys::Command;
use crate::record::Written;
use crate::replay::{Order, TimeLine};
use crate::rows::findings::{FindingRow, Health};
use crate::source::Address;
use crate::source::discover::Process;
use ratatui::layout::Size;
use std::path::PathBuf;
use taskscope_model::hello::Hello;
use taskscope_model::request::{CancelResult, Denied, Subscribe};
use taskscope_model::{Nanos, TaskId};

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
        /// What has happened since.
        events: Vec<Entry>,
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
    /// The program did what was asked, and says this.
    Done(String),
    /// The program says what became of the tasks that were to stop.
    Cancelled(Vec<CancelResult>),
    /// Something was done here, outside of the program, or could not be.
    Told(String),
    /// The recording is there.
    Replayed(Box<TimeLine>),
    /// Another moment of the recording is shown.
    Moment,
    /// What is being recorded, or no longer.
    Recording(Option<Written>),
    /// The mouse.
    Mouse(Mouse),
    /// The processes that are there.
    Processes(Vec<Process>),
    /// How some of them do, by their pids.
    Judged(Vec<(u32, Health)>),
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
    /// Ask the program to stop those tasks.
    Cancel(Vec<TaskId>),
    /// Ask the program for that task's stack of awaits.
    Trace(TaskId),
    /// Ask the program for the stacks of its threads.
    Stacks,
    /// Ask the program to go on in that mode.
    Switch(String),
    /// Ask the program to take polls from this length on for slow; `None`: none.
    SetLimit(Option<Nanos>),
    /// Have the program run a command of its own.
    Call {
        /// Its name.
        name: String,
        /// What stands behind it.
        arguments: Vec<String>,
    },
    /// Ask the program for these of its own values, or all.
    Evaluate(Vec<String>),
    /// Send the program a signal.
    Raise(i32),
    /// Play the recording, or go about in it.
    Replay(Order),
    /// Record the program to that file; `None`: no longer.
    Record(Option<PathBuf>),
    /// Attach to another program, and let go of this one.
    Attach(Address),
    /// Look which processes there are from now on, or no longer.
    List(bool),
    /// The World that is shown stays as it is, or goes on.
    Freeze(bool),
    /// Put that text into the terminal's clipboard.
    Copy(String),
    /// Open that line of a file in an editor.
    Edit {
        /// The file, as the compiler was given it.
        file: String,
        /// The line, from 1.
        line: u32,
    },
    /// Write that text to a file of that name, or of one like it that is not there yet.
    Save {
        /// The name that is wanted.
        path: PathBuf,
        /// The text.
        text: String,
    },
    /// Let the shell go on until it brings us back.
    Suspend,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mouse {
    /// What.
    pub(super) what: Press,
    /// In which column, from 0.
    pub(super) x: u16,
    /// In which line, from 0.
    pub(super) y: u16,
}

/// A button or the wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// The left button.
    Button,
    /// The wheel, away from the person.
    WheelUp,
    /// The wheel, towards the person.
    WheelDown,
}
