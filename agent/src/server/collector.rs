//! What has changed since the last tick. Costs what has changed, not what is alive.

use crate::records::Record;
use crate::late::Late;
use crate::shard::{Outcomes, Remembered, Sums};
use crate::store::Store;
use crate::sync::lock;
use std::collections::{HashMap, HashSet};

/// Follows the store from tick to tick.
#[derive(Default)]
pub(super) struct Collector {
    /// Ended tasks seen of each thread slot, by its number.
    ended_seen: Vec<u64>,
    /// When it was last looked for them, raw clock.
    ended_seen_at: u64,
    /// So too handles that were let go after the end of their tasks.
    late_seen: Vec<u64>,
    /// Records to look at once more: touched in the last tick, or in a poll.
    again: Vec<&'static Record>,
}

/// What has changed.
pub(super) struct Batch {
    /// Records that may have changed; some twice.
    pub(super) touched: Vec<&'static Record>,
    /// Tasks that have ended, in no order.
    pub(super) ended: Vec<Remembered>,
    /// Whether more ended than the history holds.
    pub(super) lost: bool,
    /// Handles that were let go after the end of their tasks.
    pub(super) late: Vec<Late>,
}

impl Collector {
    /// Begins to follow: what has happened so far is the snapshot's.
    pub(super) fn begin(&mut self, store: &'static Store) {
        self.again.clear();
        // Those listed by now would not be listed again in this epoch: a new one begins, and a poll that still
        // runs in the old one is seen by the first tick.
        store.drain_touched(|record| self.again.push(record));
        store.next_epoch();
        store.drain_stirred(|_| {});
        self.ended_seen_at = store.clock.raw();
        self.ended_seen = store.threads.all().iter().map(|thread| lock(&thread.shard).ended_ever()).collect();
        self.late_seen = store.threads.all().iter().map(|thread| thread.late.ever()).collect();
    }

    /// A scan has found the task in a poll that may have begun before this follows: its end is to be seen.
    pub(super) fn follow(&mut self, record: &'static Record) {
        self.again.push(record);
    }

    /// Takes what has changed since.
    pub(super) fn collect(&mut self, store: &'static Store) -> Batch {
        let mut fresh = Vec::new();
        store.drain_touched(|record| fresh.push(record));
        let mut touched = fresh.clone();
        let running = |record: &&Record| record.is_running();
        let still: Vec<_> = self.again.iter().copied().filter(running).collect();
        touched.append(&mut self.again);
        self.again = fresh;
        self.again.extend(still);
        self.again.sort_unstable_by_key(|record| record.slot());
        self.again.dedup_by_key(|record| record.slot());
        store.drain_stirred(|record| touched.push(record));
        let (mut ended, lost) = self.ended(store);
        let late = self.late(store);
        apply_late(&mut ended, &late);
        Batch { touched, ended, lost, late }
    }

    fn late(&mut self, store: &'static Store) -> Vec<Late> {
        let mut late = Vec::new();
        let threads = store.threads.all();
        self.late_seen.resize(threads.len(), 0);
        for (thread, seen) in threads.iter().zip(&mut self.late_seen) {
            let (new, ever) = thread.late.after(*seen);
            late.extend(new);
            *seen = ever;
        }
        late
    }

    fn ended(&mut self, store: &'static Store) -> (Vec<Remembered>, bool) {
        let (mut ended, mut lost) = (Vec::new(), false);
        let threads = store.threads.all();
        let since = std::mem::replace(&mut self.ended_seen_at, store.clock.raw());
        self.ended_seen.resize(threads.len(), 0);
        for (thread, seen) in threads.iter().zip(&mut self.ended_seen) {
            let shard = lock(&thread.shard);
            let before = ended.len();
            ended.extend(shard.ended_after(*seen));
            let lost_here = ((ended.len() - before) as u64) < shard.ended_ever() - *seen;
            *seen = shard.ended_ever();
            if lost_here {
                lost = true;
                // Those that matter are remembered longer.
                let known: HashSet<u64> = ended.iter().skip(before).map(|task: &Remembered| task.last.seed.id).collect();
                ended.extend(shard.bad_since(since).filter(|task| !known.contains(&task.last.seed.id)));
            }
        }
        (ended, lost)
    }
}

/// What became of handles later, put where their tasks stand.
fn apply_late(ended: &mut [Remembered], late: &[Late]) {
    let late: HashMap<u64, &Late> = late.iter().map(|late| (late.id, late)).collect();
    for task in ended {
        let late = late.get(&task.last.seed.id);
        if let (Some(fate), Some(late)) = (&mut task.fate, late) {
            fate.set_handled(late.handled);
        }
    }
}

/// The history, oldest end first: the last tasks however they ended, and besides them the last that did not
/// complete; within the bounds of `shard` over all threads.
pub(crate) fn history(store: &Store) -> Vec<Remembered> {
    let (mut all, mut late) = (Vec::new(), Vec::new());
    for thread in store.threads.all() {
        all.extend(lock(&thread.shard).history());
        late.extend(thread.late.after(0).0);
    }
    apply_late(&mut all, &late);
    all.sort_unstable_by_key(|task| (std::cmp::Reverse(task.at), task.last.seed.id));
    all.dedup_by_key(|task| (task.at, task.last.seed.id));
    let mut bad_of_place: HashMap<u32, usize> = HashMap::new();
    let mut bad = 0;
    let mut age = 0;
    all.retain(|task| {
        age += 1;
        if age <= crate::shard::HISTORY {
            return true;
        }
        let of_place = bad_of_place.entry(task.last.seed.location).or_default();
        let keep = task.outcome.did_not_complete()
            && bad < crate::shard::HISTORY_BAD
            && *of_place < crate::shard::HISTORY_BAD_PER_PLACE;
        if keep {
            *of_place += 1;
            bad += 1;
        }
        keep
    });
    all.reverse();
    all
}

/// The sums of all locations, by number, over all threads. What is spawned is read last: no more have ended.
pub(super) fn sums(store: &Store) -> Vec<Sums> {
    let mut all: Vec<Sums> = Vec::new();
    let threads = store.threads.all();
    for thread in &threads {
        let shard = lock(&thread.shard);
        let of_thread = shard.sums();
        if all.len() < of_thread.len() {
            all.resize(of_thread.len(), Sums::default());
        }
        for (sum, of_thread) in all.iter_mut().zip(of_thread) {
            sum.add(of_thread);
        }
    }
    for (location, spawned) in threads.iter().flat_map(|thread| thread.spawned.all()) {
        let location = location as usize;
        if all.len() <= location {
            all.resize(location + 1, Sums::default());
        }
        all[location].spawned += spawned;
    }
    all
}

/// How the ended tasks of all locations have ended, by number, over all threads.
pub(super) fn outcomes(store: &Store) -> Vec<Outcomes> {
    let mut all: Vec<Outcomes> = Vec::new();
    for thread in store.threads.all() {
        let shard = lock(&thread.shard);
        let of_thread = shard.outcomes();
        if all.len() < of_thread.len() {
            all.resize(of_thread.len(), Outcomes::default());
        }
        for (outcomes, of_thread) in all.iter_mut().zip(of_thread) {
            outcomes.add(of_thread);
        }
    }
    all
}
