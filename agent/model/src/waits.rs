//! Who waits for whom: which tasks hold a lock, which wait for it, and which wait for the end of which. Follows from
//! what is told of the tasks, and is kept so that nobody has to look through all of them.

use crate::change::Fact;
use crate::codes::{Source, TreeKind};
use crate::ids::TaskId;
use crate::task::{By, Task};
use std::collections::BTreeSet;

/// Who waits for whom. Locks, semaphores and channels are told apart by their address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitGraph {
    held: BTreeSet<(Source, u64, TaskId)>,
    wanted: BTreeSet<(Source, u64, TaskId)>,
    /// The task that is waited for first.
    joined: BTreeSet<(TaskId, TaskId)>,
}

/// The part of it that is one task's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    held: Vec<(Source, u64)>,
    wanted: Vec<(Source, u64)>,
    joined: Vec<TaskId>,
}

impl Links {
    /// What a task holds and waits for; nothing once it has ended.
    pub(crate) fn of(task: &Task) -> Self {
        if task.ended().is_some() {
            return Self::default();
        }
        let mut links = Self::default();
        if let Some(By { source, id: held }) = task.holds() {
            links.held.extend(held.iter().map(|held| (source, held.address)));
        }
        if let Some(By { source, id: awaits }) = task.awaits_by(TreeKind::MEMORY) {
            links.wanted.extend(awaits.waits.iter().filter_map(|wait| Some((source, wait.address?))));
            links.joined.extend(awaits.waits.iter().filter_map(|wait| wait.task));
        }
        links
    }

    /// Whether a fact can alter them.
    pub(crate) fn depend_on(fact: &Fact) -> bool {
        matches!(fact, Fact::Awaits(_) | Fact::Holds(_) | Fact::Ended(_) | Fact::Spawned(_))
    }
}

impl WaitGraph {
    /// A task had these links, and has those now.
    pub(crate) fn relink(&mut self, task: TaskId, before: &Links, after: &Links) {
        if before == after {
            return;
        }
        for (source, address) in &before.held {
            self.held.remove(&(*source, *address, task));
        }
        for (source, address) in &before.wanted {
            self.wanted.remove(&(*source, *address, task));
        }
        for other in &before.joined {
            self.joined.remove(&(*other, task));
        }
        self.held.extend(after.held.iter().map(|(source, at)| (*source, *at, task)));
        self.wanted.extend(after.wanted.iter().map(|(source, at)| (*source, *at, task)));
        self.joined.extend(after.joined.iter().map(|other| (*other, task)));
    }

    /// The tasks that hold what is at an address, by id.
    pub fn holders(&self, source: Source, address: u64) -> impl Iterator<Item = TaskId> + '_ {
        at(&self.held, source, address)
    }

    /// The tasks that wait for what is at an address, by id.
    pub fn waiters(&self, source: Source, address: u64) -> impl Iterator<Item = TaskId> + '_ {
        at(&self.wanted, source, address)
    }

    /// The tasks that wait for the end of a task, by id.
    pub fn joiners(&self, task: TaskId) -> impl Iterator<Item = TaskId> + '_ {
        let range = (task, TaskId(0))..=(task, TaskId(u64::MAX));
        self.joined.range(range).map(|(_, waiter)| *waiter)
    }

    /// The tasks that hold anything; one that holds several things several times.
    pub fn holding(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.held.iter().map(|(.., task)| *task)
    }

    /// The tasks whose end somebody waits for; one that several wait for several times.
    pub fn joined(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.joined.iter().map(|(task, _)| *task)
    }
}

fn at(
    set: &BTreeSet<(Source, u64, TaskId)>,
    source: Source,
    address: u64,
) -> impl Iterator<Item = TaskId> + '_ {
    let range = (source, address, TaskId(0))..=(source, address, TaskId(u64::MAX));
    set.range(range).map(|(.., task)| *task)
}
