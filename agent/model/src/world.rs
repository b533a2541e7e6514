//! What we believe: the fold of Changes.

use crate::change::{
    Call, Chain, Change, Complete, Counted, Coverage, Fact, Figures, Frame, Goodbye, HalfWay, Limits, Load,
    Location, Observed, Offered, Outcomes, PoolFull, Runtime, RuntimeEnded, SlowPoll, Stack, ThreadStack,
    Tick, Totals, Tree,
};
use crate::codes::{Counter, OfferKind, Source};
use crate::ids::{ChainId, FrameId, LocationId, RuntimeId, SlowPollId, TaskId, TreeId};
use crate::resources::Resources;
use crate::task::{By, Task};
use crate::time::At;
use crate::waits::{Links, WaitGraph};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Deepest spawn chain that is followed. A chain longer than this is shown cut.
pub const MAX_CHAIN: usize = 64;

/// Names behind numbers, as far as they have been told.
pub trait Names {
    /// The location of that number.
    fn location(&self, location: By<LocationId>) -> Option<&Location>;
    /// The same as text. Asked for each task of a search, so who can keeps it ready.
    fn location_text(&self, location: By<LocationId>) -> Option<Cow<'_, str>> {
        self.location(location).map(|location| Cow::Owned(location.to_string()))
    }
    /// The name of that runtime.
    fn runtime_name(&self, runtime: By<RuntimeId>) -> Option<&str>;
}

/// A runtime and how it is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeView {
    /// What it is.
    pub runtime: Option<Runtime>,
    /// Its latest figures.
    pub figures: Option<Figures>,
    /// Whether its blocking pool is full.
    pub pool_full: Option<PoolFull>,
    /// When it was noticed to be gone.
    pub ended: Option<At>,
}

/// What was counted at one place: of the tasks spawned there, and of the observed futures made there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceView {
    /// Sums over its tasks.
    pub totals: Option<Totals>,
    /// Sums over its ended tasks, by outcome.
    pub outcomes: Option<Outcomes>,
    /// Its tasks over the last minutes.
    pub load: Option<Load>,
    /// Sums over its observed futures.
    pub observed: Option<Observed>,
    /// The last of them that was dropped half way.
    pub half_way: Option<HalfWay>,
}

/// A location, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    location: Location,
    text: String,
}

/// What we believe about one program. Altered by [`apply`](Self::apply) and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    now: At,
    /// By id, which is nearly the order in which they were told: walking them is walking along the memory.
    tasks: BTreeMap<TaskId, Task>,
    /// The ended ones of `tasks`, oldest end first.
    ended: BTreeSet<(At, TaskId)>,
    locations: BTreeMap<By<LocationId>, Place>,
    chains: BTreeMap<By<ChainId>, Chain>,
    runtimes: BTreeMap<By<RuntimeId>, RuntimeView>,
    trees: BTreeMap<By<TreeId>, Tree>,
    places: BTreeMap<By<LocationId>, PlaceView>,
    resources: Resources,
    waits: WaitGraph,
    limits: BTreeMap<Source, Limits>,
    frames: BTreeMap<By<FrameId>, Frame>,
    slow_polls: BTreeMap<By<SlowPollId>, SlowPoll>,
    threads: BTreeMap<By<u32>, ThreadStack>,
    coverage: BTreeMap<(Reverse<Source>, String), Coverage>,
    offers: BTreeMap<(OfferKind, String, Source), Offered>,
    counted: BTreeMap<(Source, Counter), u64>,
    complete: BTreeMap<Source, u32>,
    goodbyes: BTreeMap<Source, Goodbye>,
}

impl World {
    /// Takes in a Change.
    pub fn apply(&mut self, change: &Change) {
        let source = change.source;
        match &change.fact {
            Fact::Tick(Tick { at }) => self.now = self.now.max(*at),
            Fact::Location(location) => {
                let place = Place { location: location.clone(), text: location.to_string() };
                self.locations.insert(By { source, id: location.id }, place);
            }
            Fact::Chain(chain) => {
                self.chains.insert(By { source, id: chain.id }, chain.clone());
            }
            Fact::Runtime(runtime) => self.runtime_mut(source, runtime.id).runtime = Some(runtime.clone()),
            Fact::RuntimeEnded(RuntimeEnded { id, at }) => self.runtime_mut(source, *id).ended = Some(*at),
            Fact::Figures(figures) => {
                self.runtime_mut(source, figures.runtime).figures = Some(figures.clone());
            }
            Fact::PoolFull(full) => self.runtime_mut(source, full.runtime).pool_full = Some(full.clone()),
            Fact::Forgotten(forgotten) => self.forget(source, forgotten.task),
            Fact::Spawned(_)
            | Fact::Polled(_)
            | Fact::Ended(_)
            | Fact::Described(_)
            | Fact::Handled(_)
            | Fact::CancelAsked(_)
            | Fact::Failure(_)
            | Fact::Woken(_)
            | Fact::ScheduledTimes(_)
            | Fact::Awaits(_)
            | Fact::Boxed(_)
            | Fact::Noted(_)
            | Fact::Looked(_)
            | Fact::Holds(_) => self.tell(change),
            Fact::Resource(_)
            | Fact::Operation(_)
            | Fact::ResourceForgotten(_)
            | Fact::OperationForgotten(_) => self.resources.apply(source, &change.fact),
            Fact::Tree(tree) => {
                self.trees.insert(By { source, id: tree.id }, tree.clone());
            }
            Fact::Totals(it) => self.place_mut(source, it.location).totals = Some(it.clone()),
            Fact::Outcomes(it) => self.place_mut(source, it.location).outcomes = Some(it.clone()),
            Fact::Load(it) => self.place_mut(source, it.location).load = Some(it.clone()),
            Fact::Observed(it) => self.place_mut(source, it.location).observed = Some(it.clone()),
            Fact::HalfWay(it) => self.place_mut(source, it.location).half_way = Some(it.clone()),
            Fact::Limits(limits) => {
                self.limits.insert(source, limits.clone());
            }
            Fact::Frame(frame) => {
                self.frames.insert(By { source, id: frame.id }, frame.clone());
            }
            Fact::SlowPoll(SlowPoll { id, count: 0, .. }) => {
                self.slow_polls.remove(&By { source, id: *id });
            }
            Fact::SlowPoll(slow) => {
                self.slow_polls.insert(By { source, id: slow.id }, slow.clone());
            }
            Fact::ThreadStack(thread) => {
                self.threads.insert(By { source, id: thread.tid }, thread.clone());
            }
            Fact::Coverage(coverage) => {
                self.coverage.insert((Reverse(source), coverage.topic.clone()), coverage.clone());
            }
            Fact::Offered(it) => {
                self.offers.insert((it.kind, it.name.clone(), source), it.clone());
            }
            Fact::Withdrawn(it) => {
                self.offers.remove(&(it.kind, it.name.clone(), source));
            }
            Fact::Counted(Counted { counter, count }) => {
                self.counted.insert((source, *counter), *count);
            }
            Fact::Complete(Complete { subscription }) => {
                self.complete.insert(source, *subscription);
            }
            Fact::Goodbye(goodbye) => {
                self.goodbyes.insert(source, goodbye.clone());
            }
        }
    }

    fn runtime_mut(&mut self, source: Source, id: RuntimeId) -> &mut RuntimeView {
        self.runtimes.entry(By { source, id }).or_default()
    }

    fn place_mut(&mut self, source: Source, id: LocationId) -> &mut PlaceView {
        self.places.entry(By { source, id }).or_default()
    }

    fn tell(&mut self, change: &Change) {
        let Some(id) = change.fact.task() else { return };
        let task = self.tasks.entry(id).or_insert_with(|| Task::new(id));
        let before = task.ended().map(|ended| ended.at);
        // By its first word on a task a source may overrule another: only the agent ends what the agent tracks.
        let is_first = !task.seen_by().any(|source| source == change.source);
        let links = (is_first || Links::depend_on(&change.fact)).then(|| Links::of(task));
        task.apply(change.source, &change.fact);
        if let Some(links) = links {
            self.waits.relink(id, &links, &Links::of(task));
        }
        let after = task.ended().map(|ended| ended.at);
        self.reindex(id, before, after);
    }

    fn forget(&mut self, source: Source, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let before = task.ended().map(|ended| ended.at);
        let links = Links::of(task);
        let left = task.forget(source);
        self.waits.relink(id, &links, &if left { Links::of(task) } else { Links::default() });
        let after = if left { task.ended().map(|ended| ended.at) } else { None };
        if !left {
            self.tasks.remove(&id);
        }
        self.reindex(id, before, after);
    }

    fn reindex(&mut self, id: TaskId, before: Option<At>, after: Option<At>) {
        if before != after {
            before.map(|at| self.ended.remove(&(at, id)));
            after.map(|at| self.ended.insert((at, id)));
        }
    }

    /// The Changes from which this World can be folded again: names before what they name, all by number.
    pub fn snapshot(&self) -> Vec<Change> {
        let by = |source: Source, fact: Fact| Change { source, fact };
        let mut changes = vec![by(Source::AGENT, Tick { at: self.now }.into())];
        changes.extend(self.locations.iter().map(|(key, it)| by(key.source, it.location.clone().into())));
        changes.extend(self.chains.iter().map(|(key, it)| by(key.source, it.clone().into())));
        for (key, view) in &self.runtimes {
            changes.extend(view.runtime.iter().map(|it| by(key.source, it.clone().into())));
            changes.extend(view.figures.iter().map(|it| by(key.source, it.clone().into())));
            changes.extend(view.pool_full.iter().map(|it| by(key.source, it.clone().into())));
            changes.extend(view.ended.map(|at| by(key.source, RuntimeEnded { id: key.id, at }.into())));
        }
        changes.extend(self.trees.iter().map(|(key, it)| by(key.source, it.clone().into())));
        for task in self.tasks.values() {
            changes.extend(task.facts().map(|(source, fact)| by(source, fact)));
        }
        for (key, view) in &self.places {
            changes.extend(view.facts().map(|fact| by(key.source, fact)));
        }
        changes.extend(self.resources.facts().map(|(source, fact)| by(source, fact)));
        changes.extend(self.limits.iter().map(|(source, it)| by(*source, it.clone().into())));
        changes.extend(self.frames.iter().map(|(key, it)| by(key.source, it.clone().into())));
        changes.extend(self.slow_polls.iter().map(|(key, it)| by(key.source, it.clone().into())));
        changes.extend(self.threads.iter().map(|(key, it)| by(key.source, it.clone().into())));
        changes.extend(self.coverage.iter().map(|((source, _), it)| by(source.0, it.clone().into())));
        changes.extend(self.offers.iter().map(|((_, _, source), it)| by(*source, it.clone().into())));
        for (&(source, counter), &count) in &self.counted {
            changes.push(by(source, Counted { counter, count }.into()));
        }
        for (&source, &subscription) in &self.complete {
            changes.push(by(source, Complete { subscription }.into()));
        }
        changes.extend(self.goodbyes.iter().map(|(source, it)| by(*source, it.clone().into())));
        changes
    }

    /// The source's now. It never goes back.
    pub fn now(&self) -> At {
        self.now
    }

    /// A task, alive or ended.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// All tasks, by id.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// Those from a number on, by id.
    pub fn tasks_from(&self, first: TaskId) -> impl Iterator<Item = &Task> {
        self.tasks.range(first..).map(|(_, task)| task)
    }

    /// How many tasks are known, ended ones included.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task is known.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Ended tasks, the oldest end first.
    pub fn ended(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.ended.iter().filter_map(|(_, id)| self.tasks.get(id))
    }

    /// How many of the known tasks have ended.
    pub fn ended_len(&self) -> usize {
        self.ended.len()
    }

    /// The spawn chain that begins with a node: where the task was spawned, where its spawner was, and so
    /// on up to the root. At most [`MAX_CHAIN`] long.
    pub fn chain(&self, chain: By<ChainId>) -> Vec<By<LocationId>> {
        let mut places = Vec::new();
        let mut next = Some(chain.id);
        while let (Some(id), true) = (next, places.len() < MAX_CHAIN) {
            let Some(node) = self.chains.get(&By { source: chain.source, id }) else { break };
            places.push(By { source: chain.source, id: node.location });
            next = node.parent;
        }
        places
    }

    /// The runtimes, by number.
    pub fn runtimes(&self) -> impl Iterator<Item = (By<RuntimeId>, &RuntimeView)> {
        self.runtimes.iter().map(|(key, view)| (*key, view))
    }

    /// Sums per spawn location, by number.
    pub fn totals(&self) -> impl Iterator<Item = (By<LocationId>, &Totals)> {
        self.places.iter().filter_map(|(key, view)| Some((*key, view.totals.as_ref()?)))
    }

    /// What was counted at each place, by number.
    pub fn places(&self) -> impl Iterator<Item = (By<LocationId>, &PlaceView)> {
        self.places.iter().map(|(key, view)| (*key, view))
    }

    /// What was counted at one place.
    pub fn place(&self, location: By<LocationId>) -> Option<&PlaceView> {
        self.places.get(&location)
    }

    /// An await tree.
    pub fn tree(&self, tree: By<TreeId>) -> Option<&Tree> {
        self.trees.get(&tree)
    }

    /// Locks, semaphores, timers and channels, and the operations on them.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Who waits for whom.
    pub fn waits(&self) -> &WaitGraph {
        &self.waits
    }

    /// The mode and limits in force, of the strongest source that has told them.
    pub fn limits(&self) -> Option<&Limits> {
        self.limits.values().next_back()
    }

    /// An address in a stack.
    pub fn frame(&self, frame: By<FrameId>) -> Option<&Frame> {
        self.frames.get(&frame)
    }

    /// The functions of a stack that a source has told, innermost first, inlined ones too, as far as they are
    /// known; with each the frame that it is in.
    pub fn calls<'a>(
        &'a self,
        source: Source,
        stack: &'a Stack,
    ) -> impl Iterator<Item = (&'a Frame, &'a Call)> {
        let frames = stack.frames.iter().filter_map(move |id| self.frame(By { source, id: *id }));
        frames.flat_map(|frame| frame.calls.iter().map(move |call| (frame, call)))
    }

    /// Polls that took too long, by number.
    pub fn slow_polls(&self) -> impl Iterator<Item = By<&SlowPoll>> {
        self.slow_polls.iter().map(|(key, slow)| By { source: key.source, id: slow })
    }

    /// The stacks of threads that were asked for last, by the threads' numbers.
    pub fn threads(&self) -> impl Iterator<Item = By<&ThreadStack>> {
        let last = self.threads.values().map(|thread| thread.at).max();
        let all = self.threads.iter().filter(move |(_, thread)| Some(thread.at) == last);
        all.map(|(key, thread)| By { source: key.source, id: thread })
    }

    /// What the sources can see, strongest source first, topics in order.
    pub fn coverage(&self) -> impl Iterator<Item = (Source, &Coverage)> {
        self.coverage.iter().map(|((source, _), coverage)| (source.0, coverage))
    }

    /// What is seen of a topic: by the source that sees most of it, of equal ones by the strongest.
    pub fn coverage_of(&self, topic: &str) -> Option<&Coverage> {
        let of_topic = self.coverage().map(|(_, it)| it).filter(|it| it.topic == topic);
        of_topic.min_by_key(|it| if it.seen.name().is_some() { it.seen.0 } else { u8::MAX })
    }

    /// The commands and values that the program offers: by kind, then by name.
    pub fn offers(&self) -> impl Iterator<Item = &Offered> {
        self.offers.values()
    }

    /// A count, of the strongest source that has told it.
    pub fn counted(&self, counter: Counter) -> Option<u64> {
        self.counted.iter().rev().find(|((_, of), _)| *of == counter).map(|(_, count)| *count)
    }

    /// The last subscription whose snapshot is complete.
    pub fn complete(&self, source: Source) -> Option<u32> {
        self.complete.get(&source).copied()
    }

    /// The program's own word that it ends.
    pub fn goodbye(&self) -> Option<&Goodbye> {
        self.goodbyes.values().next_back()
    }
}

impl PlaceView {
    fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        let totals = self.totals.iter().cloned().map(Fact::Totals);
        let outcomes = self.outcomes.iter().cloned().map(Fact::Outcomes);
        let load = self.load.iter().cloned().map(Fact::Load);
        let observed = self.observed.iter().cloned().map(Fact::Observed);
        let half_way = self.half_way.iter().cloned().map(Fact::HalfWay);
        totals.chain(outcomes).chain(load).chain(observed).chain(half_way)
    }
}

impl Names for World {
    fn location(&self, location: By<LocationId>) -> Option<&Location> {
        self.locations.get(&location).map(|place| &place.location)
    }

    fn location_text(&self, location: By<LocationId>) -> Option<Cow<'_, str>> {
        self.locations.get(&location).map(|place| Cow::Borrowed(place.text.as_str()))
    }

    fn runtime_name(&self, runtime: By<RuntimeId>) -> Option<&str> {
        Some(self.runtimes.get(&runtime)?.runtime.as_ref()?.name.as_str())
    }
}
