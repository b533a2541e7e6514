//! The program's resources as they were last put in order, and which of them is selected.

use super::scroll;
use crate::rows::resources::{self, ResourceRow, Shown};
use taskscope_model::task::By;
use taskscope_model::{ResourceId, World};

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

    /// Puts them in order again. The selection stays on its resource; if that is not there any more, it goes to
    /// the one that stands in its place.
    pub(super) fn arrange(&mut self, world: &World, height: usize) {
        let row = self.row().unwrap_or(0);
        self.keys = resources::arranged(world, Shown { internal: false, dropped: self.dropped });
        let row = self.row().unwrap_or(row);
        self.select(row, height);
    }

    /// Selects a row, or the one closest to it.
    pub(super) fn select(&mut self, row: usize, height: usize) {
        let row = row.min(self.keys.len().saturating_sub(1));
        self.selected = self.keys.get(row).copied();
        self.top = scroll::top(self.top, Some(row), self.keys.len(), height);
    }
}
