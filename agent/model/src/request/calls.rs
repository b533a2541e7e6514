//! Running the program's own commands, asking for its values, and sending it signals.

use crate::codes::CallOutcome;
use crate::ids::TaskId;
use crate::time::Nanos;
use serde::{Deserialize, Serialize};

/// Run a command of the program's own. It is answered by `Called`, and before that by `Waiting` if it cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execute {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// The command's name.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How long the answer may take; zero: as long as the program thinks right.
    pub within: Nanos,
}

/// Say what these values are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluate {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// Their names; empty: all of them.
    pub names: Vec<String>,
    /// How long each may take; zero: as long as the program thinks right.
    pub within: Nanos,
}

/// Send the program a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// Chosen by the client, repeated in the answer.
    pub number: u32,
    /// The signal's number on the program's system.
    pub signal: i32,
}

/// A command has not begun yet. Another answer follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The request's number.
    pub number: u32,
    /// What it waits for, in one line.
    pub message: String,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The request's number.
    pub number: u32,
    /// The task that it ran as; `None` if it did not begin.
    pub task: Option<TaskId>,
    /// How it went.
    pub outcome: CallOutcome,
    /// What it returned, or what there is to say of its failure; cut to 65,536 bytes.
    pub text: String,
    /// Bytes that were cut off.
    pub cut: u64,
    /// Time since it was asked for.
    pub took: Nanos,
}

/// What values are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluated {
    /// The request's number.
    pub number: u32,
    /// One a value, in the order asked; all of them by name.
    pub values: Vec<Evaluation>,
}

/// What one value is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Its name.
    pub name: String,
    /// How it went.
    pub outcome: CallOutcome,
    /// The value, or what there is to say of the failure; cut to 8,192 bytes.
    pub text: String,
    /// Bytes that were cut off.
    pub cut: u64,
    /// Time that it took.
    pub took: Nanos,
}
