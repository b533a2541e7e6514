//! What can go wrong for a command, and the exit code of each. Scripts rely on the codes.

use crate::source::AttachError;
use std::io;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// `check` found something, or a command of the program's own failed.
    Found = 1,
    /// The command line is wrong: an option, a query, a name that stands for several programs.
    WrongUse = 2,
    /// The target is not there, not ours, or lost.
    NotFound = 3,
    /// The system or the agent does not permit it.
    NotPermitted = 4,
    /// There is no such task, or it has ended already.
    NoSuchTask = 5,
    /// The two versions have nothing in common.
    Versions = 6,
}

impl Exit {
    /// As the system knows it.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command was not carried out: one line each.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The command line is wrong.
    #[error("{0}")]
    WrongUse(String),
    /// The target is not there.
    #[error("{0}")]
    NotFound(String),
    /// The system or the agent does not permit it.
    #[error("{0}")]
    NotPermitted(String),
    /// There is no such task.
    #[error("{0}")]
    NoSuchTask(String),
    /// A file cannot be written.
    #[error("{0}")]
    File(String),
    /// The target cannot be attached to, or no longer.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The result cannot be written.
    #[error("cannot write the result")]
    Output(#[from] io::Error),
}

impl CommandError {
    fn exit(&self) -> Exit {
        match self {
            CommandError::WrongUse(_) | CommandError::File(_) => Exit::WrongUse,
            CommandError::NotFound(_) => Exit::NotFound,
            CommandError::NotPermitted(_) => Exit::NotPermitted,
            CommandError::NoSuchTask(_) => Exit::NoSuchTask,
            CommandError::Attach(error) => of_attaching(error),
            // Who asked no longer reads: `taskscope ps | head`.
            CommandError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            CommandError::Output(_) => Exit::WrongUse,
        }
    }
}

fn of_attaching(error: &AttachError) -> Exit {
    match error {
        AttachError::NotPermitted(..) => Exit::NotPermitted,
        AttachError::Versions(..) => Exit::Versions,
        #[cfg(target_os = "linux")]
        AttachError::Unreadable(taskscope_inspect::Error::NotPermitted { .. }) => Exit::NotPermitted,
        #[cfg(target_os = "linux")]
        AttachError::Unreadable(_) => Exit::NotFound,
        AttachError::Absent(_)
        | AttachError::Refused(_)
        | AttachError::Foreign(..)
        | AttachError::Closed(_)
        | AttachError::Silent { .. }
        | AttachError::Busy(..)
        | AttachError::Io(..)
        | AttachError::Lost { .. }
        | AttachError::EndOfRecording { .. } => Exit::NotFound,
    }
}

/// The exit code for whatever a command ended with.
pub(crate) fn code_of(error: &anyhow::Error) -> Exit {
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return error.exit();
    }
    if let Some(error) = error.downcast_ref::<AttachError>() {
        return of_attaching(error);
    }
    match error.downcast_ref::<io::Error>() {
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        _ => Exit::NotFound,
    }
}
