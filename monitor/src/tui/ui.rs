//! What the person sees and has chosen: everything of the TUI that is not the World.

use super::action::Effect;
use super::filter::FilterLine;
use super::findings::Findings;
use super::keys::Place;
use super::picker::Picker;
use super::resources::Resources;
use super::view::View;
use super::wanted::Wanted;
use crate::source::Address;
use ratatui::layout::Size;
use taskscope_model::hello::Rights;
use taskscope_model::{At, Task, TaskId};

/// The state of the TUI. Altered by [`update`](super::update::update) and nothing else.
#[derive(Debug)]
pub(super) struct Ui {
    /// The terminal's size.
    pub(super) size: Size,
    /// Whether colours may be used.
    pub(super) colour: bool,
    /// What is in front.
    pub(super) front: Front,
    /// Whether the help covers it, and from which of its lines on.
    pub(super) help: Option<usize>,
    /// The program that is shown.
    pub(super) target: Option<Target>,
    /// The connection to it.
    pub(super) link: Link,
    /// Which tasks are to be shown, and how.
    pub(super) wanted: Wanted,
    /// Whether the program has told all that was asked of it.
    pub(super) complete: bool,
    /// The filter that is being typed, and the one in force before.
    pub(super) typing: Option<(FilterLine, Wanted)>,
    /// The tasks in their order, as last computed.
    pub(super) view: View,
    /// The selected task. None: the screen stays at the top of the table.
    pub(super) selected: Option<TaskId>,
    /// The first row on the screen.
    pub(super) top: usize,
    /// What is wrong.
    pub(super) findings: Findings,
    /// Locks, semaphores, timers and channels.
    pub(super) resources: Resources,
    /// The task that is to be cancelled, if the person says yes.
    pub(super) to_cancel: Option<TaskId>,
    /// The processes one can attach to.
    pub(super) picker: Picker,
    /// One line for the person, until the next key.
    pub(super) notice: Option<String>,
}

/// What is in front.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Front {
    /// The table of tasks.
    Tasks,
    /// One task.
    Details(Details),
    /// What is wrong.
    Findings,
    /// Locks, semaphores, timers and channels.
    Resources,
    /// The list of processes.
    Picker,
}

/// The panel of one task.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Details {
    /// The task.
    pub(super) id: TaskId,
    /// As it was last seen: it may be forgotten while one looks at it.
    pub(super) task: Option<Task>,
    /// The first line on the screen.
    pub(super) top: usize,
    /// Whether one came here from the findings.
    pub(super) of_finding: bool,
}

/// The program that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name.
    pub(super) program: String,
    /// Its number.
    pub(super) pid: u32,
    /// The agent's mode.
    pub(super) mode: String,
    /// When its agent began to see.
    pub(super) since: At,
    /// What this connection may do.
    pub(super) rights: Rights,
}

/// The connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// There is none, and none is wanted.
    None,
    /// The first words are being exchanged with this address.
    Attaching(String),
    /// It is there.
    Up,
    /// It is gone, and we try to get it back.
    Lost {
        /// What became of the program, in a sentence.
        why: String,
        /// Why it could not be reached again yet.
        since: Option<String>,
    },
    /// A recording has been played to its end.
    Played,
}

impl Ui {
    /// The state at the start.
    pub(super) fn new(size: Size, colour: bool) -> Self {
        Self {
            size,
            colour,
            front: Front::Picker,
            help: None,
            target: None,
            link: Link::None,
            wanted: Wanted::default(),
            complete: false,
            typing: None,
            view: View::default(),
            selected: None,
            top: 0,
            findings: Findings::default(),
            resources: Resources::default(),
            to_cancel: None,
            picker: Picker::default(),
            notice: None,
        }
    }

    /// Begins with a program instead of the list of processes.
    pub(super) fn begin_with(&mut self, address: &Address) {
        self.front = Front::Tasks;
        self.link = Link::Attaching(address.to_string());
    }

    /// What a key means now.
    pub(super) fn place(&self) -> Place {
        match self.front {
            _ if self.help.is_some() => Place::Help,
            _ if self.typing.is_some() => Place::Typing,
            _ if self.to_cancel.is_some() => Place::Question,
            Front::Tasks => Place::Tasks,
            Front::Details(_) => Place::Details,
            Front::Findings => Place::Findings,
            Front::Resources => Place::Resources,
            Front::Picker => Place::Picker,
        }
    }

    /// Whether what is shown is no longer so.
    pub(super) fn is_old(&self) -> bool {
        matches!(self.link, Link::Lost { .. })
    }

    /// Asks the program for what is wanted now.
    pub(super) fn ask(&mut self) -> Effect {
        self.complete = false;
        match self.link {
            Link::Up => {
                let looked_at = if let Front::Details(of) = &self.front { Some(of.id) } else { None };
                Effect::Ask(self.wanted.subscribe(looked_at))
            }
            _ => Effect::None,
        }
    }
}
