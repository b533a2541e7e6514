//! What one client asked to be told, and what it has been told so far.
//!
//! The client's World is to hold the tasks that match its query: all of them, or the first ones in its order
//! up to its limit. A tick costs what has changed; only a query that depends on the time, or a limit that
//! leaves tasks out, makes the view scan all tasks again now and then, within the server's pace. Nothing
//! queues up for a slow client: a task that changes often is told once, in its latest state, when there is
//! room for it.

mod detail;
mod fill;

use super::collector::{Batch, history};
use crate::extensions::Handled;
use crate::records::Record;
use crate::shard::Remembered;
use crate::store::Store;
use crate::tell::{Standing, Teller};
use fill::Due;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use taskscope_model::codes::Counter;
use taskscope_model::query::Value;
use taskscope_model::request::{Denied, Reason, Subscribe};
use taskscope_model::{At, Order, Query, TaskId};

/// Most rows of one view, and so the most that is kept for one client.
const MOST_ROWS: usize = 100_000;
/// Most ended tasks that wait to be told; beyond, they are forgotten instead.
const MOST_ENDED: usize = 4_096;
/// Longest query that is taken, bytes, and most terms: each is asked of each task.
const MOST_QUERY: usize = 1_024;
const MOST_TERMS: usize = 32;
/// A view that has to scan again does so at most this often, nanoseconds.
const SCAN_EVERY: u64 = 1_000_000_000;

/// A client's subscription.
pub(super) struct View {
    pub(super) asked: Subscribe,
    query: Query,
    order: Order,
    limit: usize,
    rows: HashMap<TaskId, Row>,
    /// Rows to be told, the first ones in the order first.
    due: VecDeque<TaskId>,
    ended: VecDeque<Due>,
    /// Ended tasks that were told and whose handles are still there, the oldest first.
    handles: HashSet<TaskId>,
    handles_in_order: VecDeque<TaskId>,
    /// Handles of those that were let go since.
    late: VecDeque<(TaskId, Handled)>,
    forgotten: Vec<TaskId>,
    /// Tasks that match and are beyond the limit, as of the last scan.
    left_out: u64,
    /// When all tasks were last scanned; `None`: never.
    scanned: Option<At>,
    /// Whether tasks have left since, that others outside could replace.
    room: bool,
    /// The tasks that were asked for by name, and their ancestors.
    pins: Vec<TaskId>,
    /// What is left of the snapshot: the first so many of `due` and of `ended`.
    snapshot: Snapshot,
    completed: bool,
}

#[derive(Clone, Copy, Default)]
struct Snapshot {
    rows: usize,
    ended: usize,
}

/// A task that the client is told of.
struct Row {
    record: &'static Record,
    /// Whether it has been told at all.
    told: bool,
    /// Whether it stands in `due`.
    due: bool,
    /// What was told last of how it stands.
    standing: Option<Box<Standing>>,
    /// Whether it is told whatever the query and the limit say.
    pinned: bool,
    /// Whether it would be told anyway.
    matches: bool,
}

impl Row {
    fn new(record: &'static Record) -> Self {
        Self { record, told: false, due: false, standing: None, pinned: false, matches: true }
    }
}

/// A task that could be in the view, and its place in the order.
type Candidate = (Option<Value>, TaskId, &'static Record);

impl View {
    /// Reads what is asked.
    pub(super) fn new(asked: Subscribe) -> Result<Self, Denied> {
        let deny = |message: String| Denied { number: asked.number, reason: Reason::WRONG_QUERY, message };
        let query = Query::parse(&asked.query).map_err(|error| deny(error.to_string()))?;
        if asked.query.len() > MOST_QUERY || query.len() > MOST_TERMS {
            return Err(deny(format!("a query has at most {MOST_TERMS} terms and {MOST_QUERY} bytes")));
        }
        let order = Order::parse(&asked.sort, asked.reverse).map_err(|error| deny(error.to_string()))?;
        let limit = if asked.limit == 0 { MOST_ROWS } else { MOST_ROWS.min(asked.limit as usize) };
        Ok(Self {
            asked,
            query,
            order,
            limit,
            rows: HashMap::new(),
            due: VecDeque::new(),
            ended: VecDeque::new(),
            handles: HashSet::new(),
            handles_in_order: VecDeque::new(),
            late: VecDeque::new(),
            forgotten: Vec::new(),
            left_out: 0,
            scanned: None,
            room: false,
            pins: Vec::new(),
            snapshot: Snapshot::default(),
            completed: false,
        })
    }

    /// Takes over what the client knows from the view before this one: what does not match is forgotten by
    /// the first scan, the rest need not be told again.
    pub(super) fn succeed(&mut self, before: View) {
        self.rows = before.rows;
        self.rows.values_mut().for_each(|row| row.pinned = false);
        self.due = before.due;
        self.ended = before.ended;
        self.handles = before.handles;
        self.handles_in_order = before.handles_in_order;
        self.late = before.late;
        self.forgotten = before.forgotten;
    }

    /// Whether everything is told that was asked for once.
    pub(super) fn is_over(&self) -> bool {
        self.completed && self.asked.once
    }

    /// Whether all tasks have been scanned once.
    pub(super) fn is_scanned(&self) -> bool {
        self.scanned.is_some()
    }

    /// The living tasks that were told, in no order.
    pub(super) fn told_alive(&self) -> Vec<u64> {
        self.rows.iter().filter(|(_, row)| row.told).map(|(task, _)| task.0).collect()
    }

    /// Whether it needs a scan of all tasks now.
    pub(super) fn wants_scan(&self, now: At) -> bool {
        match self.scanned {
            None => true,
            Some(_) if self.asked.once => false,
            Some(at) => {
                // By id nothing but a leaving row lets another one in; by any other key rows fall back while
                // the tasks outside stay where they are.
                let moves = self.room || !self.query.matches_all() || self.order.key() != Order::default().key();
                let refill = self.left_out > 0 && moves;
                let stale = refill || self.query.depends_on_time();
                stale && now.since(at).0 >= SCAN_EVERY
            }
        }
    }

    /// Scans all tasks. Those in a poll are given to `running`: the poll may have begun before anyone looked.
    pub(super) fn scan(
        &mut self,
        store: &'static Store,
        teller: &Teller,
        mut running: impl FnMut(&'static Record),
    ) {
        let mut best: Vec<Candidate> = Vec::new();
        let (mut matched, mut roots) = (0, Vec::new());
        for record in store.slab.iter() {
            if record.is_running() {
                running(record);
            }
            if !self.asked.detail.is_empty() && record.is_root() {
                roots.push(record);
            }
            if let Some(candidate) = self.candidate(record, teller) {
                matched += 1;
                best.push(candidate);
                if best.len() >= 2 * self.limit {
                    self.cut(&mut best);
                }
            }
        }
        self.cut(&mut best);
        best.sort_unstable_by(|a, b| self.order.compare_ranked((&a.0, a.1), (&b.0, b.1)));
        self.left_out = matched - best.len() as u64;
        self.replace(best);
        if self.scanned.is_none() {
            let missing = self.pin(store, teller, &roots);
            self.begin_snapshot(store, teller, missing);
        }
        self.scanned = Some(teller.now);
        self.room = false;
    }

    /// The snapshot: every row, also those that an earlier view has told, and the history if it is wanted.
    fn begin_snapshot(&mut self, store: &'static Store, teller: &Teller, missing: Vec<TaskId>) {
        let told: Vec<TaskId> = self.rows.keys().copied().collect();
        told.into_iter().for_each(|id| self.queue(id));
        if self.asked.ended || !missing.is_empty() {
            let history = history(store);
            let wanted = detail::with_ancestors(missing, &history);
            for task in history {
                let wanted = wanted.contains(&TaskId(task.last.seed.id));
                self.offer_ended(task, wanted, teller);
            }
        }
        self.snapshot = Snapshot { rows: self.due.len(), ended: self.ended.len() };
    }

    /// The task of a record, if it is one and matches.
    fn candidate(&self, record: &'static Record, teller: &Teller) -> Option<Candidate> {
        let copied = teller.copy(record)?;
        let task = teller.task(&copied);
        let matches = self.query.matches(&task, teller, teller.now);
        matches.then(|| (self.order.rank(&task, teller, teller.now), task.id(), record))
    }

    /// Keeps the first ones in the order, up to the limit, in no order.
    fn cut(&self, candidates: &mut Vec<Candidate>) {
        if candidates.len() > self.limit {
            let compare = |a: &Candidate, b: &Candidate| self.order.compare_ranked((&a.0, a.1), (&b.0, b.1));
            candidates.select_nth_unstable_by(self.limit, compare);
            candidates.truncate(self.limit);
        }
    }

    /// Makes these the rows; the first ones are told first. Those that are pinned stay.
    fn replace(&mut self, candidates: Vec<Candidate>) {
        let mut before = std::mem::take(&mut self.rows);
        for (_, id, record) in candidates {
            let row = before.remove(&id).map_or_else(|| Row::new(record), |row| Row { record, matches: true, ..row });
            let queue = !row.told && !row.due;
            self.rows.insert(id, row);
            if queue {
                self.queue(id);
            }
        }
        for (id, row) in before {
            if row.pinned {
                self.rows.insert(id, Row { matches: false, ..row });
            } else if row.told {
                self.forgotten.push(id);
            }
        }
    }

    fn queue(&mut self, id: TaskId) {
        if let Some(row) = self.rows.get_mut(&id)
            && !row.due
        {
            row.due = true;
            self.due.push_back(id);
        }
    }

    /// Takes in what has changed since the last tick.
    pub(super) fn take_in(&mut self, batch: &Batch, teller: &Teller) {
        if self.scanned.is_none() || self.asked.once {
            return;
        }
        let mut new: HashMap<TaskId, Candidate> = HashMap::new();
        for record in &batch.touched {
            match self.candidate(record, teller) {
                Some(candidate) if self.rows.contains_key(&candidate.1) => self.queue_matching(candidate.1),
                Some(candidate) => {
                    new.insert(candidate.1, candidate);
                }
                None => self.drop_unmatched(record, teller),
            }
        }
        for ended in &batch.ended {
            let id = TaskId(ended.last.seed.id);
            new.remove(&id);
            let row = self.rows.remove(&id);
            self.room |= row.is_some();
            match row {
                Some(row) if row.told => {
                    self.push_ended(Due { task: ended.clone(), told: true, standing: row.standing });
                }
                Some(row) => self.offer_ended(ended.clone(), row.pinned, teller),
                None => self.offer_ended(ended.clone(), false, teller),
            }
        }
        batch.late.iter().for_each(|late| self.come_late(TaskId(late.id), late.handled));
        if batch.lost {
            self.drop_lost(teller);
        }
        self.add(new.into_values().collect(), teller);
        if self.due.len() > 2 * self.rows.len() + MOST_ENDED {
            self.compact();
        }
    }

    /// Takes out of `due` what is no row any more; a client that hardly reads would let it grow for ever.
    fn compact(&mut self) {
        let mut seen = HashSet::new();
        let (rows, snapshot, mut at) = (&self.rows, self.snapshot.rows, 0);
        let mut kept_of_snapshot = 0;
        self.due.retain(|id| {
            let keep = rows.get(id).is_some_and(|row| row.due) && seen.insert(*id);
            kept_of_snapshot += usize::from(keep && at < snapshot);
            at += 1;
            keep
        });
        self.snapshot.rows = kept_of_snapshot;
    }

    /// The record's task does not match any more, or is gone.
    fn drop_unmatched(&mut self, record: &'static Record, teller: &Teller) {
        let Some(copied) = teller.copy(record) else { return };
        let id = TaskId(copied.seed.id);
        if let Some(row) = self.rows.get_mut(&id).filter(|row| row.pinned) {
            row.matches = false;
            return self.queue(id);
        }
        if let Some(row) = self.rows.remove(&id) {
            self.room = true;
            if row.told {
                self.forgotten.push(id);
            }
        }
    }

    /// Drops rows whose tasks ended without being noticed.
    fn drop_lost(&mut self, teller: &Teller) {
        let forgotten = &mut self.forgotten;
        self.rows.retain(|id, row| {
            let here = teller.copy(row.record).is_some_and(|copied| copied.seed.id == id.0);
            if !here && row.told {
                forgotten.push(*id);
            }
            here
        });
        self.room = true;
    }

    /// Adds tasks; if they are too many, the last ones in the order have to go.
    fn add(&mut self, new: Vec<Candidate>, teller: &Teller) {
        if self.matching() + new.len() <= self.limit {
            for (_, id, record) in new {
                if let Entry::Vacant(place) = self.rows.entry(id) {
                    place.insert(Row { due: true, ..Row::new(record) });
                    self.due.push_back(id);
                }
            }
            return;
        }
        if new.is_empty() {
            return;
        }
        let mut all: Vec<Candidate> = self.rows.values().filter_map(|row| self.candidate(row.record, teller)).collect();
        all.extend(new);
        let matched = all.len() as u64;
        self.cut(&mut all);
        // Not added up: a task outside that is polled again and again would count each time.
        self.left_out = self.left_out.max(matched - all.len() as u64);
        self.replace(all);
    }

    /// An ended task of which the client knows nothing: told if it is wanted, or if ended ones are and it matches.
    fn offer_ended(&mut self, task: Remembered, wanted: bool, teller: &Teller) {
        let matches = || self.query.matches(&teller.ended_task(&task), teller, teller.now);
        if wanted || (self.asked.ended && matches()) {
            self.push_ended(Due { task, told: false, standing: None });
        }
    }

    fn push_ended(&mut self, due: Due) {
        if self.ended.len() >= MOST_ENDED {
            // One that completed, if there is one: the others matter more.
            let healthy = self.ended.iter().position(|due| !due.task.outcome.did_not_complete()).unwrap_or(0);
            let dropped = self.ended.remove(healthy);
            if healthy < self.snapshot.ended {
                self.snapshot.ended -= 1;
            }
            self.forgotten.extend(dropped.filter(|due| due.told).map(|due| TaskId(due.task.last.seed.id)));
        }
        self.ended.push_back(due);
    }

    /// The view's own counts. `live` is how many tasks there are.
    pub(super) fn counts(&self, live: u64) -> [(Counter, u64); 2] {
        let rows = self.matching() as u64;
        let left_out = match self.left_out {
            0 => 0,
            _ if self.query.matches_all() => live.saturating_sub(rows),
            left_out => left_out,
        };
        [(Counter::MATCHED, rows + left_out), (Counter::NOT_SHOWN, left_out)]
    }
}
