//! From what is seen in a program's memory to Changes. Knows no process and no clock.

use super::coverage::{Shown, coverage};
use super::places::{NO_TREE, Places, Trees};
use super::waits;
use std::collections::{BTreeMap, HashMap, HashSet};
use taskscope_inspect::{self as inspect, Node, ResourceKind, Snapshot, TaskState};
use taskscope_model::change::{
    Awaits, Counted, Coverage, Described, Forgotten, Goodbye, Held, Holds, Looked, Runtime, RuntimeEnded,
    Spawned, Tick,
};
use taskscope_model::codes::{Activity, Counter, TaskKind, TreeKind};
use taskscope_model::{At, Fact, LocationId, Nanos, RuntimeId, TaskId, TreeId};

/// A little more than the time after which the model finds that a lock, or a permit, is held for long.
const LOCK: Nanos = Nanos(1_300_000_000);
const PERMIT: Nanos = Nanos(3_300_000_000);

/// What was told so far, as far as it takes to tell only what changes.
#[derive(Debug, Default)]
pub(super) struct Translator {
    tasks: HashMap<TaskId, Known>,
    places: Places,
    trees: Trees,
    /// By the number of their owner.
    runtimes: BTreeMap<u64, RuntimeId>,
    told: Option<Vec<Coverage>>,
    live: Option<u64>,
    now: At,
}

/// What was told of a task.
#[derive(Debug)]
struct Known {
    /// Its place in memory: another task there is another task.
    header: u64,
    fingerprint: u64,
    looked: Looked,
    awaits: Option<Node>,
    tree: TreeId,
    held: Vec<inspect::Held>,
}

impl Translator {
    /// Takes in what was seen at that moment.
    pub(super) fn look(&mut self, snapshot: &Snapshot, now: At, out: &mut Vec<Fact>) {
        self.now = self.now.max(now);
        out.push(Tick { at: self.now }.into());
        if self.told.is_none() {
            Trees::begin(out);
        }
        self.runtimes(snapshot, out);
        self.forget(snapshot, out);
        for task in &snapshot.tasks {
            self.task(task, out);
        }
        self.trees.settle();
        let live = u64::try_from(snapshot.tasks.len()).unwrap_or(u64::MAX);
        if self.live.replace(live) != Some(live) {
            out.push(Counted { counter: Counter::LIVE, count: live }.into());
        }
        self.cover(&Shown::of(snapshot), out);
        out.push(Tick { at: self.now }.into());
    }

    /// The program has ended.
    pub(super) fn goodbye(&mut self, now: At, out: &mut Vec<Fact>) {
        out.push(Tick { at: now }.into());
        out.push(Goodbye { at: now, reason: String::new() }.into());
    }

    /// Whether something was seen but once of which it matters that it lasts: who waits for whom.
    pub(super) fn is_unconfirmed(&self) -> bool {
        let waits_for_one =
            |known: &Known| known.awaits.iter().flat_map(waits::waits).any(|wait| wait.task.is_some());
        let matters = |known: &Known| !known.looked.again && (!known.held.is_empty() || waits_for_one(known));
        self.tasks.values().any(matters)
    }

    /// How long to look until it is known whether those who hold what others wait for hold it for long.
    pub(super) fn suspects(&self) -> Nanos {
        let wanted = self.tasks.values().filter_map(|known| known.awaits.as_ref());
        let wanted: HashSet<u64> = wanted.flat_map(waits::waits).filter_map(|wait| wait.address).collect();
        let held = self.tasks.values().flat_map(|known| &known.held);
        let kinds = held.filter(|held| wanted.contains(&held.address)).map(|held| held.kind);
        let longest = kinds.map(|kind| if kind == ResourceKind::Semaphore { PERMIT } else { LOCK });
        longest.max().unwrap_or_default()
    }

    fn runtimes(&mut self, snapshot: &Snapshot, out: &mut Vec<Fact>) {
        let mut alive = HashSet::new();
        for task in &snapshot.tasks {
            let (Some(owner), Some(flavor)) = (task.owner, task.flavor) else { continue };
            if !alive.insert(owner) || self.runtimes.contains_key(&owner) {
                continue;
            }
            let id = RuntimeId(u32::try_from(self.runtimes.len()).unwrap_or(u32::MAX));
            self.runtimes.insert(owner, id);
            let name = format!("runtime-{id}");
            out.push(Runtime { id, name, flavor, workers: 0, at: self.now }.into());
        }
        // One without tasks may still be there: only that of a program that has none left is known to be gone.
        if snapshot.tasks.is_empty() {
            let gone = std::mem::take(&mut self.runtimes).into_values();
            out.extend(gone.map(|id| Fact::from(RuntimeEnded { id, at: self.now })));
        }
    }

    /// Those that are no longer there, or whose number is another one's now.
    fn forget(&mut self, snapshot: &Snapshot, out: &mut Vec<Fact>) {
        let seen: HashMap<TaskId, u64> = snapshot.tasks.iter().map(|task| (task.id, task.header)).collect();
        let trees = &mut self.trees;
        self.tasks.retain(|id, known| {
            let same = |header: &u64| *header == known.header || id.is_root();
            let stays = seen.get(id).is_some_and(same);
            if !stays {
                trees.leave(known.tree);
                out.push(Forgotten { task: *id }.into());
            }
            stays
        });
    }

    fn task(&mut self, task: &inspect::Task, out: &mut Vec<Fact>) {
        let activity = activity(task.state);
        let Some(known) = self.tasks.get_mut(&task.id) else { return self.begin(task, out) };
        let same_tree = known.awaits == task.awaits;
        let same_held = known.held == task.holds;
        let same = known.looked.activity == activity && known.looked.cancelled == task.cancelled;
        let still = known.fingerprint == task.fingerprint;
        known.fingerprint = task.fingerprint;
        let told = known.looked.clone();
        if !still {
            known.looked.still = self.now;
        }
        if same_tree && same_held && same {
            known.looked.again = true;
            if known.looked != told {
                out.push(known.looked.clone().into());
            }
            return;
        }
        known.looked =
            Looked { activity, cancelled: task.cancelled, at: self.now, again: false, ..known.looked };
        out.push(known.looked.clone().into());
        if !same_tree {
            self.trees.leave(known.tree);
            known.tree = NO_TREE;
            if let Some(root) = &task.awaits {
                known.tree = self.trees.enter(root, &mut self.places, out);
            }
            known.awaits.clone_from(&task.awaits);
            out.push(awaits(task, known.tree, self.now).into());
        }
        if !same_held {
            known.held.clone_from(&task.holds);
            let held = self.held(task, out);
            out.push(Holds { task: task.id, held }.into());
        }
    }

    fn begin(&mut self, task: &inspect::Task, out: &mut Vec<Fact>) {
        let spawned = self.spawned(task, out);
        out.push(spawned.into());
        if let Some(described) = described(task) {
            out.push(described.into());
        }
        let (activity, cancelled) = (activity(task.state), task.cancelled);
        let now = self.now;
        let looked = Looked { task: task.id, activity, cancelled, at: now, again: false, still: now };
        out.push(looked.clone().into());
        let mut tree = NO_TREE;
        if let Some(root) = &task.awaits {
            tree = self.trees.enter(root, &mut self.places, out);
            out.push(awaits(task, tree, self.now).into());
        }
        if !task.holds.is_empty() {
            let held = self.held(task, out);
            out.push(Holds { task: task.id, held }.into());
        }
        let (header, fingerprint, held) = (task.header, task.fingerprint, task.holds.clone());
        let awaits = task.awaits.clone();
        self.tasks.insert(task.id, Known { header, fingerprint, looked, awaits, tree, held });
    }

    fn held(&mut self, task: &inspect::Task, out: &mut Vec<Fact>) -> Vec<Held> {
        waits::held(&task.holds, &mut self.places, out)
    }

    fn spawned(&mut self, task: &inspect::Task, out: &mut Vec<Fact>) -> Spawned {
        let location: Option<LocationId> =
            task.spawned_at.as_ref().map(|spawn| self.places.spawn(spawn, out));
        let runtime = task.owner.and_then(|owner| self.runtimes.get(&owner).copied());
        let kind = task.kind.unwrap_or(TaskKind(0));
        Spawned { task: task.id, kind, runtime, parent: None, location, chain: None, at: None }
    }

    /// Tells what has changed of the coverage.
    fn cover(&mut self, shown: &Shown, out: &mut Vec<Fact>) {
        let now = coverage(shown);
        let told = self.told.replace(now.clone()).unwrap_or_default();
        out.extend(now.into_iter().filter(|topic| !told.contains(topic)).map(Fact::from));
    }
}

fn activity(state: TaskState) -> Activity {
    match state {
        TaskState::Running => Activity::RUNNING,
        TaskState::Scheduled => Activity::SCHEDULED,
        TaskState::Idle => Activity::IDLE,
    }
}

fn described(task: &inspect::Task) -> Option<Described> {
    let future = task.future.as_ref().map(|name| name.text.to_string()).unwrap_or_default();
    let is_described = !future.is_empty() || task.size.is_some();
    is_described.then_some(Described { task: task.id, name: String::new(), future, size: task.size })
}

fn awaits(task: &inspect::Task, tree: TreeId, at: At) -> Awaits {
    let waits = task.awaits.as_ref().map(waits::waits).unwrap_or_default();
    Awaits { task: task.id, at, kind: TreeKind::MEMORY, tree, since: Vec::new(), waits }
}
