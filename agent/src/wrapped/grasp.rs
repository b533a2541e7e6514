//! The handles' side of a wrapped task.

use crate::core;
use crate::extensions::{Grip, mark};
use std::panic::Location;
use taskscope_model::codes::{CancelWay, HandleState};

/// What a handle of a wrapped task knows of it.
#[derive(Clone, Copy)]
pub(crate) struct Grasp(Grip);

impl Grasp {
    pub(super) fn new(grip: Grip) -> Self {
        Self(grip)
    }

    /// The one handle is gone in this way. Called once.
    pub(crate) fn gone(self, state: HandleState) {
        if let Some(core) = core::get() {
            core.store.handle_goes(self.0, state);
        }
    }

    /// tokio's own handle is given out: what becomes of it cannot be seen. Called once, instead of `gone`.
    pub(crate) fn given_out(self) {
        self.0.extension.mark(mark::FOREIGN);
        self.gone(HandleState(0));
    }

    /// tokio's own abort handle is given out.
    pub(crate) fn foreign(self) {
        if let (Some(core), Some(guest)) = (core::get(), self.0.visit()) {
            self.0.extension.mark(mark::FOREIGN);
            core.store.guest_leaves(self.0, guest);
        }
    }

    /// Somebody asks the task to stop, if it has not ended.
    pub(crate) fn ask(self, way: CancelWay, location: Option<&'static Location<'static>>) {
        if let (Some(core), Some(guest)) = (core::get(), self.0.visit()) {
            core.store.ask(self.0, way, location);
            core.store.guest_leaves(self.0, guest);
        }
    }
}
