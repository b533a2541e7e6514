//! The world outside the TUI, in one struct: a test supplies another.

use super::input::Input;
use crate::source::Address;
use ratatui::Terminal;
use ratatui::backend::Backend;
use std::sync::mpsc::Receiver;
use taskscope_model::At;
use taskscope_model::request::Request;

/// Terminal, input, clock and data.
pub(super) struct Outside<B: Backend> {
    /// Where is drawn.
    pub(super) terminal: Terminal<B>,
    /// What comes.
    pub(super) inputs: Receiver<Input>,
    /// What is asked for.
    pub(super) programs: Box<dyn Programs>,
    /// The time.
    pub(super) now: Box<dyn Fn() -> At>,
    /// Whether the terminal is still there: one that was closed need not say so.
    pub(super) is_there: fn() -> bool,
}

/// The programs one can look at. What they say comes as [`Input`].
pub(super) trait Programs {
    /// Lets go of the present program and attaches to that one; gives the number of the attachment.
    fn attach(&mut self, address: Address) -> u32;
    /// Asks the present program.
    fn ask(&mut self, request: &Request);
    /// Tells from now on which processes there are, or no longer.
    fn list(&mut self, on: bool);
}
