//! The groups of tasks as they were last gathered, and which of them is selected.

use super::scroll;
use super::view::AT_ONCE;
use super::wanted::Wanted;
use crate::rows::Column;
use crate::rows::groups::{self, Group, GroupKey, Grouping};
use crate::rows::stack_groups;
use taskscope_model::{TaskId, World};

/// Tasks whose awaits are asked for, so that they can be grouped: what an agent looks at closely.
const MOST_ASKED: usize = 500;

/// The list and the selection in it.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The columns, one a cell.
    pub(super) columns: Vec<&'static Column>,
    /// The largest first.
    pub(super) rows: Vec<Group>,
    /// The selected one.
    pub(super) selected: Option<GroupKey>,
    /// The first row on the screen.
    pub(super) top: usize,
    /// Tasks that are to be looked at closely for it.
    pub(super) of_interest: Vec<TaskId>,
    /// What the rows answer; `None`: nothing yet.
    answers: Option<Wanted>,
    /// A look at very many tasks that is not over yet.
    gathering: Option<Gathering>,
}

impl Groups {
    /// The row of the selected one.
    pub(super) fn row(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.rows.iter().position(|row| row.key == *selected)
    }

    /// The selected one, or the first.
    pub(super) fn group(&self) -> Option<&Group> {
        self.rows.get(self.row().unwrap_or(0))
    }

    /// Gathers them again, of very many tasks in pieces as [`View`](super::view::View) does. The selection stays on its
    /// group.
    pub(super) fn arrange(&mut self, world: &World, wanted: &Wanted, height: usize) {
        let Some(by) = wanted.group else {
            *self = Self::default();
            return;
        };
        self.gather(world, wanted, by);
        let row = self.row();
        if self.selected.is_some() && row.is_none() {
            self.selected = None;
        }
        self.top = scroll::top(self.top, row, self.rows.len(), height);
        if self.of_interest.is_empty() && by == Grouping::Stack {
            let alive = world.tasks().filter(|task| task.ended().is_none());
            self.of_interest = alive.map(taskscope_model::Task::id).take(MOST_ASKED).collect();
        }
    }

    fn gather(&mut self, world: &World, wanted: &Wanted, by: Grouping) {
        let answered = self.answers.as_ref() == Some(wanted);
        if !answered {
            self.gathering = None;
        }
        let mut gathering = self.gathering.take().unwrap_or_else(|| Gathering::new(wanted, by));
        if gathering.look(world, if answered { AT_ONCE } else { usize::MAX }) {
            (self.columns, self.rows) = gathering.groups(world);
            self.answers = Some(wanted.clone());
        } else {
            self.gathering = Some(gathering);
        }
    }

    /// Whether a look at very many tasks is not over yet.
    pub(super) fn is_looking(&self) -> bool {
        self.gathering.is_some()
    }

    /// Another World is shown: nothing of what was found holds.
    pub(super) fn start_over(&mut self) {
        (self.answers, self.gathering) = (None, None);
    }

    /// Selects a row, or the one closest to it.
    pub(super) fn select(&mut self, row: usize, height: usize) {
        let row = row.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(row).map(|row| row.key.clone());
        self.top = scroll::top(self.top, Some(row), self.rows.len(), height);
    }
}

/// A look at all tasks, by what they have in common.
#[derive(Debug)]
enum Gathering {
    Location(groups::Gathering),
    Stack(stack_groups::Gathering),
}

impl Gathering {
    fn new(wanted: &Wanted, by: Grouping) -> Self {
        let (query, ended) = (&wanted.query, wanted.ended);
        match by {
            Grouping::Location => Self::Location(groups::Gathering::new(query, ended)),
            Grouping::Stack => Self::Stack(stack_groups::Gathering::new(query, ended)),
        }
    }

    fn look(&mut self, world: &World, most: usize) -> bool {
        match self {
            Self::Location(gathering) => gathering.look(world, most),
            Self::Stack(gathering) => gathering.look(world, most),
        }
    }

    /// The columns and the groups.
    fn groups(self, world: &World) -> (Vec<&'static Column>, Vec<Group>) {
        match self {
            Self::Location(gathering) => (groups::columns(), gathering.groups(world)),
            Self::Stack(gathering) => (stack_groups::columns(), gathering.groups(world)),
        }
    }
}
