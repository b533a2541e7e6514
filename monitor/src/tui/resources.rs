//! The program's resources as they were last put in order, and which of them is selected.

use super::scroll;
use super::view::AT_ONCE;
use crate::rows::resources::{self, Gathering, ResourceRow, Shown};
use taskscope_model::task::By;
use taskscope_model::{ResourceId, World};

/// So many are looked at before a frame: each costs about as much as four tasks, as its operations are looked at too.
const RESOURCES_AT_ONCE: usize = AT_ONCE / 4;

/// The list and the selection in it. What a row says is read from the World when it is drawn.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// Those for which most tasks wait first.
    pub(super) keys: Vec<By<ResourceId>>,
    /// The selected one.
    pub(super) selected: Option<By<ResourceId>>,
    /// The first row on the screen.
    pub(super) top: usize,
    /// Dropped ones too.
    pub(super) dropped: bool,
    /// Which ones are in it; `None`: nothing yet.
    answers: Option<Shown>,
    /// A look at very many of them that is not over yet.
    gathering: Option<Gathering>,
}

impl Resources {
    /// The row of the selected one.
    pub(super) fn row(&self) -> Option<usize> {
        self.keys.iter().position(|key| Some(*key) == self.selected)
    }

    /// The selected one.
    pub(super) fn resource(&self, world: &World) -> Option<ResourceRow> {
        resources::row(world, self.selected?)
    }

    /// Puts them in order again, very many in pieces as [`View`](super::view::View) does. The selection stays on its resource; if that is not there any more, it goes to
    /// the one that stands in its place.
    pub(super) fn arrange(&mut self, world: &World, height: usize) {
        let row = self.row().unwrap_or(0);
        let shown = Shown { internal: false, dropped: self.dropped };
        let answered = self.answers == Some(shown);
        let mut gathering = self.gathering.take().filter(|it| answered && it.shown() == shown);
        let mut gathering = gathering.take().unwrap_or_else(|| Gathering::new(shown));
        match gathering.look(world, if answered { RESOURCES_AT_ONCE } else { usize::MAX }) {
            true => (self.keys, self.answers) = (gathering.arranged(), Some(shown)),
            false => {
                let is_there = |key: &By<_>| world.resources().get(*key).is_some_and(|it| shown.includes(it));
                scroll::retain_near(&mut self.keys, scroll::near(self.top, height), is_there);
                self.gathering = Some(gathering);
            }
        }
        let row = self.row().unwrap_or(row);
        self.select(row, height);
    }

    /// Whether a look at very many of them is not over yet.
    pub(super) fn is_looking(&self) -> bool {
        self.gathering.is_some()
    }

    /// Selects a row, or the one closest to it.
    pub(super) fn select(&mut self, row: usize, height: usize) {
        let row = row.min(self.keys.len().saturating_sub(1));
        self.selected = self.keys.get(row).copied();
        self.top = scroll::top(self.top, Some(row), self.keys.len(), height);
    }
}
