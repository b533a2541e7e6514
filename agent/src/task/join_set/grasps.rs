//! What a JoinSet knows of its tasks.

use crate::task_number::{Keep, task_number};
use crate::wrapped::Grasp;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::panic::Location;
use taskscope_model::codes::{CancelWay, HandleState};
use tokio::task::Id;

/// By the number of the task. When it is dropped, the set that holds it is.
#[derive(Default)]
pub(super) struct Grasps(HashMap<u64, Grasp, BuildHasherDefault<Keep>>);

impl Grasps {
    pub(super) fn add(&mut self, id: Id, grasp: Grasp) {
        self.0.insert(task_number(id), grasp);
    }

    /// The handle of one task is gone in this way.
    pub(super) fn gone(&mut self, id: Id, state: HandleState) {
        if let Some(grasp) = self.0.remove(&task_number(id)) {
            grasp.gone(state);
        }
    }

    /// So are all.
    pub(super) fn all_gone(&mut self, state: HandleState) {
        self.0.drain().for_each(|(_, grasp)| grasp.gone(state));
    }

    /// tokio's own set is given out.
    pub(super) fn give_out(&mut self) {
        self.0.drain().for_each(|(_, grasp)| grasp.given_out());
    }

    /// Somebody asks all of them to stop.
    pub(super) fn ask(&self, way: CancelWay, location: Option<&'static Location<'static>>) {
        self.0.values().for_each(|grasp| grasp.ask(way, location));
    }
}

impl Drop for Grasps {
    fn drop(&mut self) {
        self.ask(CancelWay::SET_DROPPED, None);
        self.all_gone(HandleState::DROPPED);
    }
}
