//! Resources (locks, semaphores, timers, channels) and the operations on them, as rows.

use std::cmp::Reverse;
use taskscope_model::change::{Attribute, Location, Operation, Resource};
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{At, LocationId, Nanos, OperationId, ResourceId, Source, TaskId, World};

/// One resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResourceRow {
    /// What tells it from every other one of the program.
    pub(crate) key: By<ResourceId>,
    /// Its type.
    pub(crate) type_name: String,
    /// The class its maker puts it in.
    pub(crate) class: String,
    /// Where it was made.
    pub(crate) location: Option<Location>,
    /// What it is a part of.
    pub(crate) parent: Option<ResourceId>,
    /// Whether users of its parent never see it.
    pub(crate) internal: bool,
    /// Its state.
    pub(crate) attributes: Vec<Attribute>,
    /// Operations that go on.
    pub(crate) operations: u64,
    /// The tasks that wait for it, by number, those that wait for a part of it too.
    pub(crate) waiting: Vec<TaskId>,
    /// How long it has been there, or was.
    pub(crate) total: Option<Nanos>,
    /// Whether it was dropped.
    pub(crate) dropped: bool,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OperationRow {
    /// Its number within the source.
    pub(crate) id: OperationId,
    /// The resource that it is done to.
    pub(crate) resource: ResourceId,
    /// The function that began it.
    pub(crate) source: String,
    /// What it is a part of.
    pub(crate) parent: Option<OperationId>,
    /// The task that polled it last.
    pub(crate) task: Option<TaskId>,
    /// What it does now.
    pub(crate) state: Doing,
    /// How often it was polled; `None` if not counted.
    pub(crate) polls: Option<u64>,
    /// Time since its last poll began.
    pub(crate) since_poll: Option<Nanos>,
    /// How long it has been there, or was.
    pub(crate) total: Option<Nanos>,
    /// Its state.
    pub(crate) attributes: Vec<Attribute>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doing {
    /// A task waits in it.
    Waiting,
    /// No task has polled it, as far as that was seen.
    Unpolled,
    /// It was ready when polled last.
    Ready,
    /// It was dropped.
    Dropped,
}

impl Doing {
    /// Its name in text and JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Doing::Waiting => "waiting",
            Doing::Unpolled => "unpolled",
            Doing::Ready => "ready",
            Doing::Dropped => "dropped",
        }
    }

    fn of(operation: &Operation) -> Self {
        match operation {
            it if it.ended.is_some() => Doing::Dropped,
            it if it.is_waiting() => Doing::Waiting,
            it if it.ready == Some(true) => Doing::Ready,
            _ => Doing::Unpolled,
        }
    }
}

/// Which resources are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Those that are parts of others, too.
    pub(crate) internal: bool,
    /// Dropped ones too, as far as they are remembered.
    pub(crate) dropped: bool,
}

/// A look at all resources that goes on for as long as one likes: with very many of them it is done in pieces.
#[derive(Debug)]
pub(crate) struct Gathering {
    shown: Shown,
    /// Those that are still to be looked at begin here; `None`: there are none.
    next: Option<By<ResourceId>>,
    /// With each what it is ordered by.
    found: Vec<(bool, Reverse<usize>, By<ResourceId>)>,
}

impl Gathering {
    /// Nothing has been looked at yet.
    pub(crate) fn new(shown: Shown) -> Self {
        let first = By { source: Source(0), id: ResourceId(0) };
        Self { shown, next: Some(first), found: Vec::new() }
    }

    /// Which ones are looked for.
    pub(crate) fn shown(&self) -> Shown {
        self.shown
    }

    /// Looks at so many more of them; says whether all have been looked at.
    pub(crate) fn look(&mut self, world: &World, most: usize) -> bool {
        let Some(next) = self.next else { return true };
        let mut all = world.resources().from(next);
        for (key, resource) in all.by_ref().take(most).filter(|(_, it)| self.shown.includes(it)) {
            self.found.push((resource.ended.is_some(), Reverse(waiting(world, key).len()), key));
        }
        self.next = all.next().map(|(key, _)| key);
        self.next.is_none()
    }

    /// Those found in their order: those for which most tasks wait first, then by number; dropped ones last.
    pub(crate) fn arranged(mut self) -> Vec<By<ResourceId>> {
        self.found.sort_unstable();
        self.found.into_iter().map(|(.., key)| key).collect()
    }
}

impl Shown {
    /// Whether it is one of them.
    pub(crate) fn includes(self, it: &Resource) -> bool {
        (self.internal || !it.internal || it.parent.is_none()) && (self.dropped || it.ended.is_none())
    }
}

/// The resources as rows, in their order.
pub(crate) fn resources(world: &World, shown: Shown) -> Vec<ResourceRow> {
    let mut gathering = Gathering::new(shown);
    gathering.look(world, usize::MAX);
    gathering.arranged().into_iter().filter_map(|key| row(world, key)).collect()
}

/// The resource of that number.
pub(crate) fn resource(world: &World, id: ResourceId) -> Option<ResourceRow> {
    let mut found = world.resources().iter().filter(|(key, _)| key.id == id);
    row(world, found.next()?.0)
}

/// The operations on a resource and on its parts: those in which tasks wait first, then by number.
pub(crate) fn operations(world: &World, key: By<ResourceId>) -> Vec<OperationRow> {
    let mut rows: Vec<_> = done_to(world, key).map(|it| operation(world, it)).collect();
    rows.sort_by_key(|row| (row.state, row.id));
    rows
}

/// The operations on a resource and on its parts.
fn done_to(world: &World, key: By<ResourceId>) -> impl Iterator<Item = &Operation> {
    let whole = std::iter::once(key).chain(world.resources().parts(key));
    whole.flat_map(move |key| world.resources().on(key))
}

/// The tasks that wait for a resource or a part of it, by number.
fn waiting(world: &World, key: By<ResourceId>) -> Vec<TaskId> {
    let mut waiting: Vec<_> =
        done_to(world, key).filter(|it| it.is_waiting()).filter_map(|it| it.task).collect();
    waiting.retain(|task| world.task(*task).is_none_or(|task| task.ended().is_none()));
    waiting.sort_unstable();
    waiting.dedup();
    waiting
}

/// The row of a resource; `None` if it is not known any more.
pub(crate) fn row(world: &World, key: By<ResourceId>) -> Option<ResourceRow> {
    let resource = world.resources().get(key)?;
    let operations = world.resources().on(key).filter(|operation| operation.ended.is_none()).count();
    Some(ResourceRow {
        key,
        type_name: resource.type_name.clone(),
        class: resource.class.clone(),
        location: location(world, key.source, resource.location),
        parent: resource.parent,
        internal: resource.internal,
        attributes: resource.attributes.clone(),
        operations: u64::try_from(operations).unwrap_or(u64::MAX),
        waiting: waiting(world, key),
        total: total(world, resource.at, resource.ended),
        dropped: resource.ended.is_some(),
    })
}

fn operation(world: &World, operation: &Operation) -> OperationRow {
    OperationRow {
        id: operation.id,
        resource: operation.resource,
        source: operation.source.clone(),
        parent: operation.parent,
        task: operation.task,
        state: Doing::of(operation),
        polls: Some(operation.polls).filter(|polls| *polls > 0),
        since_poll: operation.last_poll.map(|at| operation.ended.unwrap_or(world.now()).since(at)),
        total: total(world, operation.at, operation.ended),
        attributes: operation.attributes.clone(),
    }
}

fn location(world: &World, source: Source, id: Option<LocationId>) -> Option<Location> {
    world.location(By { source, id: id? }).cloned()
}

fn total(world: &World, at: Option<At>, ended: Option<At>) -> Option<Nanos> {
    Some(ended.unwrap_or(world.now()).since(at?))
}

/// A state in words: `locked=true permits=3`.
pub(crate) fn state(attributes: &[Attribute]) -> String {
    let words: Vec<_> = attributes.iter().map(|it| format!("{}={}{}", it.name, it.value, it.unit)).collect();
    words.join(" ")
}
