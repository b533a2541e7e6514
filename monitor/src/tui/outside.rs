//! The world outside the TUI, in one struct: a test supplies another.

use super::input::Input;
use crate::replay::Order;
use crate::source::Address;
use ratatui::Terminal;
use ratatui::backend::Backend;
use std::path::Path;
use std::sync::mpsc::Receiver;
use taskscope_model::request::Request;
use taskscope_model::{At, Nanos};

/// Terminal, input, clock and data.
pub(super) struct Outside<B: Backend> {
    /// Where is drawn.
    pub(super) terminal: Terminal<B>,
    /// What comes.
    pub(super) inputs: Receiver<Input>,
    /// What is asked for.
    pub(super) programs: Box<dyn Programs>,
    /// What is done beside the terminal's screen.
    pub(super) desk: Box<dyn Desk>,
    /// The time.
    pub(super) now: Box<dyn Fn() -> At>,
    /// How long our thread has had a processor.
    pub(super) busy: fn() -> Nanos,
    /// Whether the terminal is still there: one that was closed need not say so.
    pub(super) is_there: fn() -> bool,
}

/// The programs one can look at. What they say comes as [`Input`].
pub(super) trait Programs {
    /// Lets go of the present program and attaches to that one; gives the number of the attachment.
    fn attach(&mut self, address: Address) -> u32;
    /// Asks the present program.
    fn ask(&mut self, request: &Request);
    /// Goes about in the present recording, if it is one.
    fn replay(&mut self, order: Order);
    /// Records the present program to that file; `None`: no longer.
    fn record(&mut self, path: Option<&Path>);
    /// Tells from now on which processes there are, or no longer.
    fn list(&mut self, on: bool);
}

/// What a person does beside looking: the clipboard, an editor, a file, the shell. Each says in a sentence what
/// became of it.
pub(super) trait Desk {
    /// Puts a text into the terminal's clipboard.
    fn copy(&mut self, text: &str) -> Result<(), String>;
    /// Opens a line of a file in an editor, to which the terminal belongs until it ends. Says what it did.
    fn edit(&mut self, file: &str, line: u32) -> Result<String, String>;
    /// Writes a text to a file of that name, or of one like it that is not there yet. Says which.
    fn save(&mut self, path: &Path, text: &str) -> Result<String, String>;
    /// Lets the shell go on until it brings us back.
    fn suspend(&mut self) -> Result<(), String>;
}
