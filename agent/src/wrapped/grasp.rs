//! The handles' side of a wrapped task.

use crate::core::Core;
use crate::extensions::{Grip, mark};
use std::panic::Location;
use taskscope_model::codes::{CancelWay, HandleState};

/// What a handle of a wrapped task knows of it.
#[derive(Clone, Copy)]
pub(crate) struct Grasp {
    core: &'static Core,
    grip: Grip,
}

impl Grasp {
    pub(super) fn new(core: &'static Core, grip: Grip) -> Self {
        Self { core, grip }
    }

    /// The one handle is gone in this way. Called once.
    pub(crate) fn gone(self, state: HandleState) {
        self.core.store.handle_goes(self.grip, state);
    }

    /// tokio's own handle is given out: what becomes of it cannot be seen. Called once, instead of `gone`.
    pub(crate) fn given_out(self) {
        self.grip.extension.mark(mark::FOREIGN);
        self.gone(HandleState(0));
    }

    /// tokio's own abort handle is given out.
    pub(crate) fn foreign(self) {
        if let Some(guest) = self.grip.visit() {
            self.grip.extension.mark(mark::FOREIGN);
            self.core.store.guest_leaves(self.grip, guest);
        }
    }

    /// Somebody asks the task to stop, if it has not ended.
    pub(crate) fn ask(self, way: CancelWay, location: Option<&'static Location<'static>>) {
        if let Some(guest) = self.grip.visit() {
            self.core.store.ask(self.grip, way, location);
            self.core.store.guest_leaves(self.grip, guest);
        }
    }
}
