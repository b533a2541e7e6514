//! Walks from a task's future down to what it waits for. Every value on the way is distrusted: depth, count and
//! number of nodes are bounded, and a value that makes no sense ends the walk.

use crate::heads::Head;
use crate::leaves::{self, Leaf, Source};
use crate::met::Met;
use crate::plans::{Coroutine, Part, Plan, Plans, Progress, TypeKey, Unordered, Variant};
use crate::symbols::{AllTypes, Concrete};
use crate::tree::{Direction, Node, ResourceKind, Wait};
use crate::types::Number;
use crate::view::View;
use crate::vtables::Vtables;
use std::collections::HashMap;
use std::sync::Arc;
use taskscope_model::TaskId;

/// Deepest nesting of types and futures.
const DEEPEST: usize = 200;
/// Nodes of one tree at most.
const MOST_NODES: usize = 512;
/// Members, items and pointers that are looked at for one tree.
const MOST_STEPS: usize = 50_000;
/// Items of one list or slice.
const MOST_ITEMS: u64 = 128;

/// What is needed to walk.
pub(crate) struct Walker<'a, 't> {
    pub(crate) types: &'a AllTypes<'t>,
    pub(crate) plans: &'a mut Plans,
    pub(crate) concrete: &'a mut Concrete,
    pub(crate) vtables: &'a Vtables,
    /// Ids of the live tasks, by their address.
    pub(crate) ids: &'a HashMap<u64, u64>,
    pub(crate) left: Left,
    /// Take nothing for granted: the address is a guess, and what it leads to has to prove it.
    pub(crate) strict: bool,
    /// What was met on the way.
    pub(crate) met: Met,
}

/// What is left of the bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    nodes: usize,
    steps: usize,
}

impl Default for Left {
    fn default() -> Self {
        Self { nodes: MOST_NODES, steps: MOST_STEPS }
    }
}

impl Left {
    /// Steps that were made.
    pub(crate) fn spent(&self) -> usize {
        MOST_STEPS - self.steps
    }
}

/// Something made no sense: it changed while it was read, or it is not what the debug information says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Torn;

/// What is known on the way down.
#[derive(Clone, Copy, Default)]
struct Above {
    depth: usize,
    /// What a semaphore is used for.
    role: Option<ResourceKind>,
    /// A source of events and where it lies.
    source: Option<(Source, u64)>,
}

impl Above {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// The ids of the live tasks, by address.
pub(crate) fn ids(heads: &[Head]) -> HashMap<u64, u64> {
    heads.iter().map(|head| (head.suspect.header, head.id)).collect()
}

impl Walker<'_, '_> {
    /// The futures that a value consists of.
    pub(crate) fn walk(
        &mut self,
        view: &mut View<'_>,
        key: TypeKey,
        address: u64,
    ) -> Result<Vec<Node>, Torn> {
        self.left = Left::default();
        self.met = Met::default();
        let mut found = Vec::new();
        self.value(view, key, address, Above::default(), &mut found)?;
        if !self.strict {
            self.walk_asides(view);
        }
        Ok(found)
    }

    /// Walks through the futures in variables for what they hold. What makes no sense there is left out.
    fn walk_asides(&mut self, view: &mut View<'_>) {
        let mut next = 0;
        while let Some((key, address)) = self.met.next_aside(next) {
            next += 1;
            let held = self.met.held.len();
            if self.value(view, key, address, Above::default(), &mut Vec::new()).is_err() {
                self.met.held.truncate(held);
            }
        }
    }

    fn value(
        &mut self,
        view: &mut View<'_>,
        key: TypeKey,
        address: u64,
        above: Above,
        out: &mut Vec<Node>,
    ) -> Result<(), Torn> {
        if above.depth > DEEPEST || self.left.steps == 0 || self.left.nodes == 0 {
            return Ok(());
        }
        self.left.steps -= 1;
        let Some(types) = self.types.of(key.module) else { return Ok(()) };
        let plan = self.plans.get(types, key);
        let at = |die| TypeKey { die, ..key };
        match &*plan {
            Plan::Nothing => Ok(()),
            Plan::Coroutine(coroutine) => self.coroutine(view, key, coroutine, address, above, out),
            Plan::Leaf(leaf, name) => {
                self.left.nodes = self.left.nodes.saturating_sub(1);
                let waits_for = self.wait(view, leaf, address, above);
                if self.strict && !waits_for.as_ref().is_some_and(|wait| is_plausible(view, wait)) {
                    return Err(Torn);
                }
                out.push(node(name.clone(), None, waits_for));
                Ok(())
            }
            Plan::Dyn { data, vtable } => {
                let (data, vtable) = (word(view, address, *data)?, word(view, address, *vtable)?);
                self.dynamic(view, data, vtable, above, out)
            }
            Plan::Pointer { to, size } => match word(view, address, 0)? {
                0 => Ok(()),
                target => {
                    view.fetch(target, *size).ok_or(Torn)?;
                    self.value(view, at(*to), target, above.deeper(), out)
                }
            },
            Plan::Slice { data, length, item, size } => {
                let (data, count) = (word(view, address, *data)?, word(view, address, *length)?);
                view.fetch(data, count.min(MOST_ITEMS).saturating_mul(*size)).ok_or(Torn)?;
                self.items(view, at(*item), (data, count, *size), above, out)
            }
            Plan::Array { count, item, size } => {
                self.items(view, at(*item), (address, *count, *size), above, out)
            }
            Plan::Unordered(list) => self.unordered(view, key, list, address, above, out),
            Plan::Parts { parts, choice } => {
                for part in parts {
                    self.part(view, key, *part, address, above, out)?;
                }
                match choice.as_ref().map(|(number, cases)| chosen(view, *number, cases, address)) {
                    Some(part) => self.part(view, key, part?, address, above, out),
                    None => Ok(()),
                }
            }
        }
    }

    fn part(
        &mut self,
        view: &mut View<'_>,
        key: TypeKey,
        part: Part,
        address: u64,
        above: Above,
        out: &mut Vec<Node>,
    ) -> Result<(), Torn> {
        let address = address.checked_add(part.offset).ok_or(Torn)?;
        self.value(view, TypeKey { die: part.of, ..key }, address, above.deeper(), out)
    }

    fn items(
        &mut self,
        view: &mut View<'_>,
        key: TypeKey,
        (begin, count, size): (u64, u64, u64),
        above: Above,
        out: &mut Vec<Node>,
    ) -> Result<(), Torn> {
        for number in 0..count.min(MOST_ITEMS) {
            let address =
                number.checked_mul(size).and_then(|offset| begin.checked_add(offset)).ok_or(Torn)?;
            self.value(view, key, address, above.deeper(), out)?;
        }
        Ok(())
    }

    fn unordered(
        &mut self,
        view: &mut View<'_>,
        key: TypeKey,
        list: &Unordered,
        address: u64,
        above: Above,
        out: &mut Vec<Node>,
    ) -> Result<(), Torn> {
        let mut node = word(view, address, list.head)?;
        for _ in 0..MOST_ITEMS {
            if node == 0 {
                break;
            }
            self.part(view, key, list.future, node, above, out)?;
            node = word(view, node, list.next)?;
        }
        Ok(())
    }

    fn dynamic(
        &mut self,
        view: &mut View<'_>,
        data: u64,
        vtable: u64,
        above: Above,
        out: &mut Vec<Node>,
    ) -> Result<(), Torn> {
        match self.concrete.get(self.types, view.memory(), vtable) {
            Some(key) => {
                let size = self.types.of(key.module).map_or(0, |types| types.get(key.die).size);
                view.fetch(data, size).ok_or(Torn)?;
                self.value(view, key, data, above.deeper(), out)
            }
            None => {
                self.left.nodes = self.left.nodes.saturating_sub(1);
                out.push(node("dyn Future".into(), Some("of an unknown type"), None));
                Ok(())
            }
        }
    }

    fn coroutine(
        &mut self,
        view: &mut View<'_>,
        key: TypeKey,
        coroutine: &Coroutine,
        address: u64,
        above: Above,
        out: &mut Vec<Node>,
    ) -> Result<(), Torn> {
        let number = view.number(address, coroutine.number).ok_or(Torn)?;
        let state = coroutine.states.iter().find(|state| state.value == number).ok_or(Torn)?;
        let (awaitee, source, guards, asides) = match &state.progress {
            Progress::Over => return Ok(()),
            Progress::NotStarted => (None, None, &[][..], &[][..]),
            Progress::Suspended { awaitee, source, guards, asides } => {
                (awaitee.as_ref(), *source, &guards[..], &asides[..])
            }
        };
        if !self.met.is_new(key, address) {
            return Ok(());
        }
        for guard in guards {
            if let Some((kind, semaphore)) = guard.held(view, address) {
                self.met.hold((kind, semaphore), state.place.as_ref(), false);
            }
        }
        self.met.put_aside(key, address, asides);
        self.left.nodes = self.left.nodes.saturating_sub(1);
        let detail = matches!(state.progress, Progress::NotStarted).then_some("not started");
        let mut own =
            Node { location: state.place.clone(), ..node(coroutine.function.clone(), detail, None) };

        let mut below = above.deeper();
        below.role = match leaves::role(&coroutine.function) {
            Some(role) => above.role.or(Some(role)),
            None => None,
        };
        if let Some((pointer, source)) = source {
            let target = word(view, address, pointer)?;
            below.source = above.source.or(Some((source, target)));
        }
        if let Some(awaitee) = awaitee {
            let mut found = Vec::new();
            self.met.enter(state.place.as_ref());
            let walked = self.part(view, key, awaitee.part, address, below, &mut found);
            self.met.leave();
            walked?;
            own.children = match &awaitee.label {
                Some(label) => {
                    let children = found;
                    vec![Node { children, ..node(label.clone(), None, None) }]
                }
                None => found,
            };
        }
        out.push(own);
        Ok(())
    }

    fn wait(&mut self, view: &mut View<'_>, leaf: &Leaf, address: u64, above: Above) -> Option<Wait> {
        match leaf {
            Leaf::Sleep { seconds, nanos } => {
                leaves::deadline(view, address, *seconds, *nanos).map(|deadline| Wait::Time { deadline })
            }
            Leaf::Acquire { semaphore, queued, lacks } => {
                let semaphore = word(view, address, *semaphore).ok()?;
                let queued = view.number(address, Number { offset: *queued, size: 1 })? == 1;
                let granted = queued && word(view, address, *lacks).ok()? == 0;
                let kind = above.role.unwrap_or(ResourceKind::Semaphore);
                if granted {
                    self.met.be_given(kind, semaphore);
                }
                Some(Wait::Resource { kind, address: semaphore, granted })
            }
            Leaf::Resource { kind, pointer } => {
                let address = word(view, address, *pointer).ok()?;
                // What tokio builds out of a notification is known by the function around it.
                let kind = above.role.filter(|_| *kind == ResourceKind::Notify).unwrap_or(*kind);
                (address != 0).then_some(Wait::Resource { kind, address, granted: false })
            }
            Leaf::Join { task } => {
                let task = word(view, address, *task).ok()?;
                Some(Wait::Task { id: self.task(view, task) })
            }
            Leaf::JoinSet { length } => word(view, address, *length).ok().map(|count| Wait::Tasks { count }),
            Leaf::Readiness { interest } => {
                let interest = interest.and_then(|offset| view.number(address, Number { offset, size: 1 }));
                let direction = interest.and_then(interest_in);
                let found = above.source.map(|(source, at)| source.descriptor(view, at));
                Some(Wait::Io { descriptor: found.flatten(), direction, socket: None })
            }
            Leaf::Source { source } => {
                let (descriptor, direction) =
                    (source.descriptor(view, address), source.direction(view, address));
                Some(Wait::Io { descriptor, direction, socket: None })
            }
            Leaf::Blocking => Some(Wait::Blocking),
        }
    }

    /// The id of the task at an address, if there is one, be it over or not.
    fn task(&self, view: &mut View<'_>, header: u64) -> Option<TaskId> {
        if let Some(id) = self.ids.get(&header) {
            return Some(TaskId(*id));
        }
        let vtable = self.vtables.at(view.word(header.checked_add(16)?)?)?;
        let id = view.word(header.checked_add(self.vtables.get(vtable)?.id)?)?;
        Some(TaskId(id)).filter(|id| id.0 != 0 && !id.is_root())
    }
}

/// Whether what stands there can be what it says.
fn is_plausible(view: &mut View<'_>, wait: &Wait) -> bool {
    /// No deadline is farther away.
    const CENTURY: u64 = 100 * 365 * 86_400 * 1_000_000_000;
    match wait {
        Wait::Time { deadline } => {
            view.memory().now().is_none_or(|now| deadline.0 > 0 && deadline.since(now).0 < CENTURY)
        }
        Wait::Resource { kind: ResourceKind::Oneshot | ResourceKind::Receive, address, .. } => {
            // Both ends share it, and count themselves: owners, then those that only look.
            const MOST: u64 = 1 << 20;
            let mut count = |offset| view.word(address.checked_add(offset)?);
            let counts = [count(0), count(8)];
            address.is_multiple_of(8) && counts.iter().all(|it| it.is_some_and(|it| (1..MOST).contains(&it)))
        }
        Wait::Resource { address, .. } => address.is_multiple_of(8) && view.word(*address).is_some(),
        Wait::Task { id } => id.is_some(),
        Wait::Tasks { count } => *count < 1 << 32,
        Wait::Io { descriptor, .. } => {
            descriptor.is_some_and(|descriptor| (0..1 << 20).contains(&descriptor))
        }
        Wait::Blocking => true,
    }
}

/// The bits of mio's `Interest`.
fn interest_in(bits: u64) -> Option<Direction> {
    match bits & 0b11 {
        1 => Some(Direction::Read),
        2 => Some(Direction::Write),
        3 => Some(Direction::Both),
        _ => None,
    }
}

fn node(function: Arc<str>, detail: Option<&str>, waits_for: Option<Wait>) -> Node {
    let detail = detail.map(Into::into);
    Node { function, location: None, detail, waits_for, children: Vec::new() }
}

fn word(view: &mut View<'_>, address: u64, offset: u64) -> Result<u64, Torn> {
    view.word(address.checked_add(offset).ok_or(Torn)?).ok_or(Torn)
}

/// The variant that is there: the one with that number, else the one without any.
fn chosen(view: &mut View<'_>, number: Number, cases: &[Variant], address: u64) -> Result<Part, Torn> {
    if let [(None, only)] = cases {
        return Ok(*only);
    }
    let value = view.number(address, number).ok_or(Torn)?;
    let found = cases.iter().find(|(case, _)| *case == Some(value));
    let found = found.or_else(|| cases.iter().find(|(case, _)| case.is_none()));
    found.map(|(_, part)| *part).ok_or(Torn)
}
