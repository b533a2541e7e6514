//! All that the TUI hears of: one closed list, handled in one place.

use super::action::Mouse;
use crate::record::Written;
use crate::replay::TimeLine;
use crate::rows::findings::Health;
use crate::session::Session;
use crate::source::Heard;
use crate::source::discover::Process;
use crossterm::event::KeyEvent;
use ratatui::layout::Size;
use taskscope_model::hello::Hello;

/// Something came from outside.
#[derive(Debug)]
pub(super) enum Input {
    /// A key.
    Key(KeyEvent),
    /// The mouse.
    Mouse(Mouse),
    /// Text in one piece.
    Paste(String),
    /// The terminal has another size.
    Resize(Size),
    /// Something of a program.
    News {
        /// The number of the attachment: what an earlier one still says is of no interest.
        from: u32,
        /// What.
        news: News,
    },
    /// The processes that are there.
    Processes(Vec<Process>),
    /// How some of them do, by their pids.
    Judged(Vec<(u32, Health)>),
    /// How far the recording is that we make.
    Recording(Written),
    /// It has ended: in words, and what there is of it.
    Recorded(String),
    /// A signal that ends us.
    Signal(i32),
    /// Nothing has come for a while.
    Beat,
}

/// Something of the program we are attached to, or want to be.
#[derive(Debug)]
pub(super) enum News {
    /// It answers, for the first time or again.
    Attached(Box<Hello>),
    /// It does not, at the first attempt.
    NotAttached(String),
    /// It told something.
    Heard(Heard),
    /// It is a recording, and this was believed at another moment of it.
    Moment(Box<Session>),
    /// How far the recording is.
    Replayed(Box<TimeLine>),
    /// The connection is gone, and perhaps the program.
    Lost {
        /// What went wrong; `None` if the connection was just closed.
        error: Option<String>,
        /// It was a recording: there is no more of it.
        played: bool,
    },
    /// It could not be reached again yet.
    StillLost(String),
}
