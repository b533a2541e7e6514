//! The tasks that a client asked for by name: told whatever the query and the limit say, with those that spawned them.

use super::{Row, View};
use crate::records::Record;
use crate::shard::Remembered;
use crate::store::Store;
use crate::tell::Teller;
use std::collections::{HashMap, HashSet};
use taskscope_model::TaskId;
use taskscope_model::world::MAX_CHAIN;

/// Most tasks of one subscription; the others are told as any task is.
const MOST_DETAIL: usize = 1_024;

impl View {
    /// Pins the tasks that were asked for and their ancestors, as far as they live; gives the others.
    pub(super) fn pin(&mut self, store: &'static Store, teller: &Teller, roots: &[&'static Record]) -> Vec<TaskId> {
        let copies = roots.iter().filter_map(|root| Some((teller.copy(root)?.seed.id, *root)));
        let roots: HashMap<u64, &'static Record> = copies.collect();
        let mut missing = Vec::new();
        for task in self.asked.detail.clone().into_iter().take(MOST_DETAIL) {
            let mut next = Some(task.0);
            for _ in 0..MAX_CHAIN {
                let Some(id) = next.filter(|id| *id != 0) else { break };
                let record = store.index.find(id).or_else(|| roots.get(&id).copied());
                let copied = record.and_then(|record| teller.copy(record)).filter(|copied| copied.seed.id == id);
                let (Some(record), Some(copied)) = (record, copied) else {
                    missing.push(TaskId(id));
                    break;
                };
                let unmatched = || Row { matches: false, ..Row::new(record) };
                self.rows.entry(TaskId(id)).or_insert_with(unmatched).pinned = true;
                self.pins.push(TaskId(id));
                next = Some(copied.seed.parent);
            }
        }
        missing
    }

    /// Rows that match the query; others are there because they are pinned.
    pub(super) fn matching(&self) -> usize {
        let pinned: HashSet<&TaskId> = self.pins.iter().collect();
        let unmatched = pinned.iter().filter(|id| self.rows.get(**id).is_some_and(|row| !row.matches)).count();
        self.rows.len() - unmatched
    }

    /// A row that matches has changed.
    pub(super) fn queue_matching(&mut self, id: TaskId) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.matches = true;
        }
        self.queue(id);
    }
}

/// These tasks and their ancestors, as far as the history knows them.
pub(super) fn with_ancestors(tasks: Vec<TaskId>, history: &[Remembered]) -> HashSet<TaskId> {
    let parents: HashMap<u64, u64> = history.iter().map(|task| (task.last.seed.id, task.last.seed.parent)).collect();
    let mut all = HashSet::new();
    for task in tasks {
        let mut next = Some(task.0);
        while let Some(id) = next.filter(|id| *id != 0 && all.len() < super::MOST_ENDED) {
            if !all.insert(TaskId(id)) {
                break;
            }
            next = parents.get(&id).copied();
        }
    }
    all
}
