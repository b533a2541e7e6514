//! The last await trees of tasks that did not complete: what fell with them.

use super::drops::Meaning;
use super::here::Fallen;
use super::place::Place;
use crate::sync::lock;
use std::collections::VecDeque;
use std::sync::Mutex;

/// Trees kept.
const MOST_TREES: usize = 1_000;
/// Most nodes of each.
const MOST_NODES: usize = 64;

/// What fell in one drop.
#[derive(Clone)]
pub(super) struct LastTree {
    pub(super) task: u64,
    /// Raw clock.
    pub(super) at: u64,
    pub(super) fallen: Vec<Fallen>,
    /// The place of the outermost and the hash of the stack that tells whether the task fell too; `None`: it
    /// was not taken.
    pub(super) stack: Option<(&'static Place, u64)>,
}

/// The last trees of all tasks, oldest first.
#[derive(Default)]
pub(super) struct LastTrees(Mutex<VecDeque<LastTree>>);

impl LastTrees {
    pub(super) fn push(&self, mut tree: LastTree) {
        tree.fallen.truncate(MOST_NODES);
        tree.fallen.shrink_to_fit();
        let mut trees = lock(&self.0);
        if trees.len() >= MOST_TREES {
            trees.pop_front();
        }
        trees.push_back(tree);
    }

    /// What fell with a task at or after a time, as far as it is not known that the task went on.
    pub(super) fn of(&self, task: u64, since: u64) -> Vec<LastTree> {
        let trees = lock(&self.0);
        let of_task = trees.iter().filter(|tree| tree.task == task && tree.at >= since);
        let fell = of_task.filter(|tree| {
            let meaning = tree.stack.and_then(|(place, hash)| place.meaning(hash));
            meaning != Some(Meaning::Yes)
        });
        fell.cloned().collect()
    }
}
