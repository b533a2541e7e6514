//! What the person sees and has chosen: everything of the TUI that is not the World.

use super::action::Effect;
use super::events::Log;
use super::findings::Findings;
use super::groups::Groups;
use super::history::{History, TaskHistory};
use super::keys::{Place, Side};
use super::looks::Looks;
use super::picker::Picker;
use super::resources::Resources;
use super::screen::Screen;
use super::tasks::Table;
use super::typing::Typing;
use super::wanted::Wanted;
use crate::record::Written;
use crate::replay::TimeLine;
use crate::source::Address;
use ratatui::layout::Size;
use taskscope_model::hello::{ClockPair, Rights};
use taskscope_model::request::Subscribe;
use taskscope_model::{At, Task, TaskId};

/// The state of the TUI. Altered by [`update`](super::update::update) and nothing else.
#[derive(Debug)]
pub(super) struct Ui {
    /// The terminal's size.
    pub(super) size: Size,
    /// Colours and signs.
    pub(super) looks: Looks,
    /// The screen in front, unless the list of processes covers it.
    pub(super) screen: Screen,
    /// Whether the list of processes is in front.
    pub(super) picking: bool,
    /// Whether the help covers it, and from which of its lines on.
    pub(super) help: Option<usize>,
    /// The program that is shown.
    pub(super) target: Option<Target>,
    /// The connection to it.
    pub(super) link: Link,
    /// How far the recording is, if it is one.
    pub(super) replay: Option<TimeLine>,
    /// What is being recorded.
    pub(super) recording: Option<Written>,
    /// Whether the program has told all that was asked of it.
    pub(super) complete: bool,
    /// What was asked of it last.
    pub(super) asked: Option<Subscribe>,
    /// Whether the World that is shown stays as it is.
    pub(super) frozen: bool,
    /// What is being typed.
    pub(super) typing: Option<Typing>,
    /// Commands that were typed, the last one last.
    pub(super) typed: Vec<String>,
    /// The table of tasks.
    pub(super) tasks: Table,
    /// The table of ended tasks.
    pub(super) ended: Table,
    /// The groups of tasks.
    pub(super) groups: Groups,
    /// Tasks that stay at the top of the table, in the order in which they were pinned.
    pub(super) pinned: Vec<TaskId>,
    /// The task that is looked at, or was last.
    pub(super) details: Option<Details>,
    /// What is wrong.
    pub(super) findings: Findings,
    /// Locks, semaphores, timers and channels.
    pub(super) resources: Resources,
    /// What has happened.
    pub(super) log: Log,
    /// How the program did over the last minutes.
    pub(super) history: History,
    /// The first line on the screen of the runtimes.
    pub(super) runtime_top: usize,
    /// The tasks that are to be cancelled, if the person says yes.
    pub(super) to_cancel: Vec<TaskId>,
    /// The processes one can attach to.
    pub(super) picker: Picker,
    /// Which way to go to another process as soon as it is known which there are.
    pub(super) switching: Option<Side>,
    /// One line for the person, until the next key.
    pub(super) notice: Option<String>,
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
    /// Where one came from.
    pub(super) from: Screen,
    /// How it did since one looks at it.
    pub(super) history: TaskHistory,
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
    /// One moment on its clock and on the wall's.
    pub(super) clock: ClockPair,
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
    /// It is a recording: nobody is there who could be asked.
    Played,
}

impl Ui {
    /// The state at the start.
    pub(super) fn new(size: Size, looks: Looks) -> Self {
        Self {
            size,
            looks,
            screen: Screen::Tasks,
            picking: true,
            help: None,
            target: None,
            link: Link::None,
            replay: None,
            recording: None,
            complete: false,
            asked: None,
            frozen: false,
            typing: None,
            typed: Vec::new(),
            tasks: Table::default(),
            ended: Table::of_ended(),
            groups: Groups::default(),
            pinned: Vec::new(),
            details: None,
            findings: Findings::default(),
            resources: Resources::default(),
            log: Log::default(),
            history: History::default(),
            runtime_top: 0,
            to_cancel: Vec::new(),
            picker: Picker::default(),
            switching: None,
            notice: None,
        }
    }

    /// Begins with a program instead of the list of processes.
    pub(super) fn begin_with(&mut self, address: &Address) {
        self.picking = false;
        self.link = Link::Attaching(address.to_string());
    }

    /// What a key means now.
    pub(super) fn place(&self) -> Place {
        match &self.typing {
            _ if self.help.is_some() => Place::Help,
            Some(Typing::Filter { .. }) => Place::Typing,
            Some(Typing::Command(_)) => Place::Prompt,
            None if !self.to_cancel.is_empty() => Place::Question,
            None if self.picking => Place::Picker,
            None => Place::On(self.screen),
        }
    }

    /// The screen below the help, and what is typed; `None`: the list of processes.
    pub(super) fn front(&self) -> Option<Screen> {
        if self.picking { None } else { Some(self.screen) }
    }

    /// The table that is in front, or from which one came here.
    pub(super) fn table(&self) -> &Table {
        if self.is_of_ended() { &self.ended } else { &self.tasks }
    }

    /// The same, to be changed.
    pub(super) fn table_mut(&mut self) -> &mut Table {
        if self.is_of_ended() { &mut self.ended } else { &mut self.tasks }
    }

    fn is_of_ended(&self) -> bool {
        let came_from = self.details.as_ref().filter(|_| self.screen == Screen::Task).map(|it| it.from);
        self.screen == Screen::Ended || came_from == Some(Screen::Ended)
    }

    /// Whether groups are in front.
    pub(super) fn shows_groups(&self) -> bool {
        self.screen == Screen::Tasks && self.tasks.wanted.group.is_some() && self.tasks.wanted.only.is_none()
    }

    /// Whether something in front looks at very many tasks or resources, a few before each frame, and is not through yet.
    pub(super) fn is_looking(&self) -> bool {
        let in_front = match self.screen {
            Screen::Tasks if self.shows_groups() => self.groups.is_looking(),
            Screen::Tasks | Screen::Task | Screen::Ended => self.table().view.is_looking(),
            Screen::Resources => self.resources.is_looking(),
            _ => false,
        };
        in_front || self.history.is_looking()
    }

    /// The task that a key is about: the one looked at, or the selected one.
    pub(super) fn chosen_task(&self) -> Option<TaskId> {
        match self.screen {
            Screen::Task => self.details.as_ref().map(|details| details.id),
            Screen::Tasks if self.shows_groups() => None,
            Screen::Tasks | Screen::Ended => self.table().selected,
            Screen::Events => self.log.entry().and_then(|entry| entry.task),
            _ => None,
        }
    }

    /// Whether what is shown is no longer so.
    pub(super) fn is_old(&self) -> bool {
        matches!(self.link, Link::Lost { .. })
    }

    /// Asks the program for what is wanted now, unless that is what was asked last.
    pub(super) fn ask(&mut self) -> Effect {
        if self.link != Link::Up {
            return Effect::None;
        }
        let looked_at =
            self.details.as_ref().filter(|_| self.screen == Screen::Task).map(|details| details.id);
        let waiting = self.groups.of_interest.iter().copied();
        let closely = self.pinned.iter().copied().chain(looked_at).chain(waiting);
        let everything = Wanted::default();
        let wanted = match self.screen {
            Screen::Tasks | Screen::Task | Screen::Ended => &self.table().wanted,
            _ => &everything,
        };
        let subscribe = wanted.subscribe(closely);
        if self.asked.as_ref() == Some(&subscribe) {
            return Effect::None;
        }
        self.complete = false;
        self.asked = Some(subscribe.clone());
        Effect::Ask(subscribe)
    }
}
