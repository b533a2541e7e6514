//! Observed futures, for all clients and for each: the await trees of the tasks that somebody looks at, and the
//! sums of every place where futures were made.

use super::collector::history;
use super::view::View;
use crate::core::Core;
use crate::observe::{AwaitTree, Observer, Shape, observer};
use crate::signals;
use std::collections::{HashMap, HashSet};
use std::thread::JoinHandle;
use taskscope_model::change::{Awaits as AwaitsFact, HalfWay, Observed, Tree};
use taskscope_model::codes::{Outcome, TreeKind};
use taskscope_model::{At, Fact, LocationId, TaskId, TreeId};

/// Sums are read and told this often, nanoseconds.
const SUMS_EVERY: u64 = 1_000_000_000;
/// Most trees of different shapes that are known by number; then the numbers go on and all are told anew.
const MOST_TREES: usize = 4_096;
/// Whoever asks for sums waits so long for what the drops mean, nanoseconds.
const JUDGING: u64 = 2_000_000_000;
/// After that has been found out, the next time is so many times as long away.
const REST: u64 = 9;

/// What there is to tell.
#[derive(Default)]
pub(super) struct Awaits {
    /// Each tree with its number in words, and in which tick it was last told of.
    trees: HashMap<Shape, Tree>,
    next_tree: u32,
    /// Goes up when the numbers of all trees are forgotten.
    era: u32,
    /// Where the tasks that are looked at wait, or waited when they ended.
    now: HashMap<TaskId, AwaitsFact>,
    sums: Vec<(Observed, Option<HalfWay>)>,
    sums_at: At,
    hurry: bool,
    /// Where ended tasks that are looked at waited last.
    last: HashMap<TaskId, AwaitsFact>,
}

impl Awaits {
    /// Brings what these views ask for up to now.
    pub(super) fn refresh<'a>(
        &mut self,
        core: &'static Core,
        now: At,
        views: impl Iterator<Item = &'a View>,
    ) {
        let Some(observer) = observer() else { return };
        let (mut details, mut totals) = (HashSet::new(), false);
        for view in views {
            details.extend(view.asked.detail.iter().copied());
            // A new one gets what is true now.
            totals |= view.asked.totals && (!view.is_scanned() || now.since(self.sums_at).0 >= SUMS_EVERY);
        }
        if totals {
            if std::mem::take(&mut self.hurry) {
                observer.judge();
            }
            self.sums = observer.sums();
            self.sums_at = now;
        }
        let before = std::mem::take(&mut self.now);
        self.last.retain(|task, _| details.contains(task));
        if details.is_empty() {
            return;
        }
        let ids: Vec<u64> = details.iter().map(|task| task.0).collect();
        let mut live = observer.trees(&ids);
        for task in details {
            let fact = match live.remove(&task.0) {
                Some(tree) => Some(self.fact(observer, task, now, &tree)),
                None if is_live(core, task) => {
                    let none = AwaitTree::default();
                    before.contains_key(&task).then(|| self.fact(observer, task, now, &none))
                }
                None => self.last(core, observer, task),
            };
            if let Some(fact) = fact.or_else(|| before.get(&task).cloned()) {
                self.now.insert(task, fact);
            }
        }
    }

    /// Where an ended task waited last.
    fn last(&mut self, core: &'static Core, observer: &Observer, task: TaskId) -> Option<AwaitsFact> {
        if !self.last.contains_key(&task) {
            let (at, tree) = last_tree(core, observer, task)?;
            let fact = self.fact(observer, task, at, &tree);
            self.last.insert(task, fact);
        }
        self.last.get(&task).cloned()
    }

    /// The next refresh is the last one, and waits for what drops mean.
    pub(super) fn hurry(&mut self) {
        self.sums_at = At(0);
        self.hurry = true;
    }

    fn fact(&mut self, observer: &Observer, task: TaskId, at: At, tree: &AwaitTree) -> AwaitsFact {
        let number = self.tree(observer, &tree.shape);
        let (kind, since) = (TreeKind::OBSERVED, observer.since(tree));
        AwaitsFact { task, at, kind, tree: number, since, waits: Vec::new() }
    }

    fn tree(&mut self, observer: &Observer, shape: &Shape) -> TreeId {
        if let Some(tree) = self.trees.get(shape) {
            return tree.id;
        }
        if self.trees.len() >= MOST_TREES {
            self.trees.clear();
            self.last.clear();
            self.era += 1;
        }
        let id = TreeId(self.next_tree);
        self.next_tree += 1;
        self.trees.insert(shape.clone(), Tree { id, nodes: observer.words(shape) });
        id
    }
}

/// Where each of these tasks waits now, for who was told of no tree before. Tasks that await nothing observed are left
/// out.
pub(super) fn now(at: At, tasks: &[u64]) -> Vec<Fact> {
    let Some(observer) = observer() else { return Vec::new() };
    let mut awaits = Awaits::default();
    let trees = observer.trees(tasks);
    let told: Vec<_> = trees.iter().map(|(task, tree)| awaits.fact(observer, TaskId(*task), at, tree)).collect();
    awaits.trees.into_values().map(Fact::from).chain(told.into_iter().map(Fact::from)).collect()
}

/// Whether the task has not ended. Of a root that is not known here.
fn is_live(core: &Core, task: TaskId) -> bool {
    task.0 & TaskId::root(0).0 != 0 || core.store.index.find(task.0).is_some()
}

/// The last tree of an ended task that did not complete.
fn last_tree(core: &'static Core, observer: &Observer, task: TaskId) -> Option<(At, AwaitTree)> {
    observer.last_tree(task.0, 0)?;
    let ended = history(&core.store).into_iter().rev().find(|ended| ended.last.seed.id == task.0)?;
    // What fell before its last poll began is not what it fell with.
    let since = match ended.outcome {
        Outcome::COMPLETED => return None,
        Outcome::SHUT_DOWN => ended.last.poll_end,
        _ => ended.at.saturating_sub(ended.last.max_poll),
    };
    let (at, tree) = observer.last_tree(task.0, since)?;
    Some((core.store.clock.at(at), tree))
}

/// What one client has been told.
#[derive(Default)]
pub(super) struct AwaitsTold {
    era: u32,
    trees: HashSet<TreeId>,
    tasks: HashMap<TaskId, (TreeId, Vec<At>)>,
    places: HashMap<LocationId, (Observed, Option<HalfWay>)>,
    sums_at: At,
}

impl AwaitsTold {
    /// Tells what is new.
    pub(super) fn catch_up(&mut self, awaits: &Awaits, view: &View, tell: &mut impl FnMut(Fact)) {
        if self.era != awaits.era {
            *self = Self { era: awaits.era, places: std::mem::take(&mut self.places), ..Self::default() };
        }
        self.tasks.retain(|task, _| view.asked.detail.contains(task));
        for task in &view.asked.detail {
            let Some(fact) = awaits.now.get(task) else { continue };
            let state = (fact.tree, fact.since.clone());
            if self.tasks.get(task) == Some(&state) {
                continue;
            }
            if self.trees.insert(fact.tree)
                && let Some(tree) = awaits.trees.values().find(|tree| tree.id == fact.tree)
            {
                tell(tree.clone().into());
            }
            self.tasks.insert(*task, state);
            tell(fact.clone().into());
        }
        if view.asked.totals && self.sums_at < awaits.sums_at {
            self.sums_at = awaits.sums_at;
            self.sums(awaits, tell);
        }
    }

    fn sums(&mut self, awaits: &Awaits, tell: &mut impl FnMut(Fact)) {
        for (observed, half_way) in &awaits.sums {
            let state = (observed.clone(), half_way.clone());
            let before = self.places.insert(observed.location, state);
            let before = before.as_ref();
            if before.map(|before| &before.0) != Some(observed) {
                tell(observed.clone().into());
            }
            if let Some(half_way) = half_way
                && before.and_then(|before| before.1.as_ref()) != Some(half_way)
            {
                tell(half_way.clone().into());
            }
        }
    }
}

/// The thread that finds out what drops mean: at most a tenth of the time, unless somebody waits for it.
#[derive(Default)]
pub(super) struct Judge {
    running: Option<(JoinHandle<()>, At)>,
    not_before: At,
}

impl Judge {
    /// Starts it if there is something to find out.
    pub(super) fn start(&mut self, core: &'static Core, now: At, wanted: bool) {
        if let Some((_, since)) = self.running.take_if(|(thread, _)| thread.is_finished()) {
            self.not_before = At(now.0 + REST * now.since(since).0);
        }
        if self.running.is_some() || now < self.not_before && !wanted {
            return;
        }
        let Some(observer) = observer().filter(|observer| observer.has_open_stacks()) else { return };
        let thread = std::thread::Builder::new().name("taskscope-drops".to_owned()).spawn(move || {
            signals::leave_to_the_program();
            observer.judge();
            core.farewell.wake();
        });
        // Without a thread the stacks stay open, and nothing is said of them.
        self.running = thread.ok().map(|thread| (thread, now));
    }

    /// When it is to be looked at again.
    pub(super) fn deadline(&self, now: At) -> Option<At> {
        let open = observer().is_some_and(|observer| observer.has_open_stacks());
        let rest = Some(self.not_before).filter(|at| open && *at > now);
        self.patience(now).or(rest)
    }

    /// Until when it is worth to wait for it.
    pub(super) fn patience(&self, now: At) -> Option<At> {
        let (thread, since) = self.running.as_ref()?;
        let patience = At(since.0 + JUDGING);
        (!thread.is_finished() && now < patience).then_some(patience)
    }
}
