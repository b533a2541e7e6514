//! How to walk through a value of each type to the futures in it. Made once for a type; what leads to no future
//! is left out.

use crate::debug::Die;
use crate::guards::{self, Guard};
use crate::leaves::{Leaf, Source};
use crate::names;
use crate::tree::Place;
use crate::types::{Case, Kind, Number, Type, Types};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Variables of one state that are walked through.
const MOST_ASIDES: usize = 256;
/// Types that are looked at to find out whether one leads to a future.
const MOST_TYPES: usize = 100_000;

/// A type: number of its module, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TypeKey {
    pub(crate) module: usize,
    pub(crate) die: Die,
}

/// How to walk through a value. Offsets are into it; types are of the same module.
#[derive(Debug)]
pub(crate) enum Plan {
    /// No future in it.
    Nothing,
    Coroutine(Coroutine),
    /// And its name.
    Leaf(Leaf, Arc<str>),
    /// A pointer with a vtable.
    Dyn {
        data: u64,
        vtable: u64,
    },
    Pointer {
        to: Die,
        size: u64,
    },
    /// A pointer with a length.
    Slice {
        data: u64,
        length: u64,
        item: Die,
        size: u64,
    },
    Array {
        count: u64,
        item: Die,
        size: u64,
    },
    /// `FuturesUnordered`.
    Unordered(Unordered),
    Parts {
        parts: Vec<Part>,
        choice: Option<(Number, Vec<Variant>)>,
    },
}

/// Something within something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) offset: u64,
    pub(crate) of: Die,
}

/// A variant, and the number that tells it; `None` for the one that is told by none of the others.
pub(crate) type Variant = (Option<u64>, Part);

/// A list of futures: where its head is, and in each node the future and the next node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unordered {
    pub(crate) head: u64,
    pub(crate) future: Part,
    pub(crate) next: u64,
}

/// The state of an `async fn` or block.
#[derive(Debug)]
pub(crate) struct Coroutine {
    pub(crate) function: Arc<str>,
    pub(crate) number: Number,
    pub(crate) states: Vec<State>,
}

/// One of its states.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) value: u64,
    pub(crate) progress: Progress,
    pub(crate) place: Option<Place>,
}

/// How far it has come.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Not polled yet.
    NotStarted,
    /// At an await.
    Suspended {
        awaitee: Option<Awaitee>,
        /// Pointer to a source of events that it borrows.
        source: Option<(u64, Source)>,
        /// Locks that it holds meanwhile.
        guards: Vec<Guard>,
        /// Other variables that may hold futures. Some may be what is awaited, by reference.
        asides: Vec<Part>,
    },
    /// Returned, or panicked.
    Over,
}

/// What is awaited.
#[derive(Debug)]
pub(crate) struct Awaitee {
    pub(crate) part: Part,
    /// What it is called, if it is worth a line of its own.
    pub(crate) label: Option<Arc<str>>,
}

/// The plans made so far.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    plans: HashMap<TypeKey, Arc<Plan>>,
    leads: HashMap<TypeKey, bool>,
}

impl Plans {
    pub(crate) fn get(&mut self, types: &Types<'_>, key: TypeKey) -> Arc<Plan> {
        if let Some(plan) = self.plans.get(&key) {
            return plan.clone();
        }
        let plan = Arc::new(self.make(types, key));
        self.plans.insert(key, plan.clone());
        plan
    }

    fn make(&mut self, types: &Types<'_>, key: TypeKey) -> Plan {
        let of = types.get(key.die);
        if of.is_coroutine() {
            let Some(mut coroutine) = coroutine(types, key.die, &of) else { return Plan::Nothing };
            for state in &mut coroutine.states {
                if let Progress::Suspended { asides, .. } = &mut state.progress {
                    asides.retain(|part| self.leads(types, TypeKey { die: part.of, ..key }));
                }
            }
            return Plan::Coroutine(coroutine);
        }
        if let Some((leaf, name)) = leaf(types, key.die, &of) {
            return Plan::Leaf(leaf, name);
        }
        if let Some(plan) = special(types, key.die, &of) {
            return plan;
        }
        match &of.kind {
            Kind::Pointer(to) if is_followed(&of) && self.leads(types, TypeKey { die: *to, ..key }) => {
                Plan::Pointer { to: *to, size: types.get(*to).size }
            }
            Kind::Array { item, count } if self.leads(types, TypeKey { die: *item, ..key }) => {
                Plan::Array { count: *count, item: *item, size: types.get(*item).size }
            }
            Kind::Parts { members, choice } => {
                let mut leading =
                    |part: Part| self.leads(types, TypeKey { die: part.of, ..key }).then_some(part);
                let parts = members.iter().map(|it| Part { offset: it.offset, of: it.of });
                let parts: Vec<_> = parts.filter_map(&mut leading).collect();
                let choice = choice.as_ref().map(|choice| {
                    let cases =
                        choice.cases.iter().map(|it| (it.value, Part { offset: it.offset, of: it.of }));
                    (choice.number, cases.collect::<Vec<_>>())
                });
                let choice =
                    choice.filter(|(_, cases)| cases.iter().any(|(_, part)| leading(*part).is_some()));
                if parts.is_empty() && choice.is_none() {
                    Plan::Nothing
                } else {
                    Plan::Parts { parts, choice }
                }
            }
            _ => Plan::Nothing,
        }
    }

    /// Whether a value of this type may hold a future.
    fn leads(&mut self, types: &Types<'_>, key: TypeKey) -> bool {
        if let Some(known) = self.leads.get(&key) {
            return *known;
        }
        let (mut seen, mut next) = (HashSet::new(), vec![key.die]);
        while let Some(die) = next.pop() {
            if !seen.insert(die) {
                continue;
            }
            let of = types.get(die);
            let known = self.leads.get(&TypeKey { die, ..key }).copied();
            let is_one =
                || of.is_coroutine() || leaf(types, die, &of).is_some() || special(types, die, &of).is_some();
            if known == Some(true) || seen.len() > MOST_TYPES || (known.is_none() && is_one()) {
                self.leads.insert(key, true);
                return true;
            }
            if known.is_none() {
                below(&of, &mut next);
            }
        }
        self.leads.extend(seen.into_iter().map(|die| (TypeKey { die, ..key }, false)));
        false
    }
}

fn below(of: &Type, next: &mut Vec<Die>) {
    match &of.kind {
        Kind::Parts { members, choice } => {
            next.extend(members.iter().map(|member| member.of));
            next.extend(choice.iter().flat_map(|choice| &choice.cases).map(|case| case.of));
        }
        Kind::Pointer(to) if is_followed(of) => next.push(*to),
        Kind::Array { item, .. } => next.push(*item),
        Kind::Pointer(_) | Kind::Other => {}
    }
}

/// Pointers to what is owned or exclusively borrowed. What is shared is polled by others.
fn is_followed(of: &Type) -> bool {
    ["&mut ", "alloc::boxed::Box<", "Box<"].iter().any(|start| of.name.starts_with(start))
}

/// The last names of the leaves' paths: only for these the whole path is put together.
fn leaf(types: &Types<'_>, die: Die, of: &Type) -> Option<(Leaf, Arc<str>)> {
    const NAMES: [&str; 11] = [
        "Sleep",
        "Acquire",
        "Notified",
        "Receiver",
        "Rx",
        "Recv",
        "JoinHandle",
        "JoinSet",
        "Readiness",
        "PollEvented",
        "BlockingTask",
    ];
    if !NAMES.contains(&of.bare_name()) {
        return None;
    }
    let path = types.reading().path(die)?;
    let bare = path.strip_suffix(&*of.name)?;
    let path = format!("{bare}{}", of.bare_name());
    Some((Leaf::of(types, &path, die)?, path.into()))
}

fn special(types: &Types<'_>, die: Die, of: &Type) -> Option<Plan> {
    let member = |name: &str| of.member(name).map(|member| member.offset);
    let vtable = member("vtable");
    if let Some(vtable) = vtable
        && is_followed(of)
        && of.name.contains("dyn ")
    {
        let is_future = ["Future", "Stream", "Async"].iter().any(|name| of.name.contains(name));
        let data = member("pointer").or_else(|| member("data_ptr"))?;
        return is_future.then_some(Plan::Dyn { data, vtable });
    }
    if of.name.starts_with("FuturesUnordered<") {
        return unordered(types, die).map(Plan::Unordered);
    }
    if is_followed(of) && of.name.contains("<[") && member("length").is_some() {
        let data = of.member("data_ptr")?;
        let item = types.pointee(data.of)?;
        // Only slices of what is a future at once: going deeper here could go round in circles.
        let leads = types.get(item).is_coroutine() || is_join_all(types, item);
        return leads.then_some(Plan::Slice {
            data: data.offset,
            length: member("length")?,
            item,
            size: types.get(item).size,
        });
    }
    None
}

/// `join_all` keeps its futures in a slice of these.
fn is_join_all(types: &Types<'_>, item: Die) -> bool {
    let of = types.get(item);
    ["MaybeDone", "TryMaybeDone", "Pin", "JoinHandle"].contains(&of.bare_name())
}

fn unordered(types: &Types<'_>, die: Die) -> Option<Unordered> {
    let (head, of) = types.within(die, "head_all")?;
    let node = types.pointee(of)?;
    let (offset, future) = types.field(node, &["future"])?;
    let (next, _) = types.within(node, "next_all")?;
    Some(Unordered { head, future: Part { offset, of: future }, next })
}

fn coroutine(types: &Types<'_>, die: Die, of: &Type) -> Option<Coroutine> {
    let path = types.reading().path(die)?;
    // The generic arguments of the function are behind the last name.
    let path = path.strip_suffix(&*of.name).map(|scope| format!("{scope}{}", of.bare_name())).unwrap_or(path);
    let choice = of.choice()?;
    let begins = choice.cases.iter().find(|case| case.value == Some(0)).and_then(|case| case.place.clone());
    let states = choice.cases.iter().filter_map(|case| state(types, case, begins.as_ref()));
    let states: Vec<_> = states.collect();
    Some(Coroutine { function: names::pretty(&path).into(), number: choice.number, states })
}

fn state(types: &Types<'_>, case: &Case, begins: Option<&(String, u64)>) -> Option<State> {
    let of = types.get(case.of);
    let progress = match &*of.name {
        "Unresumed" => Progress::NotStarted,
        "Returned" | "Panicked" => Progress::Over,
        _ => {
            let awaitee = of.member("__awaitee").map(|member| {
                let part = Part { offset: case.offset.saturating_add(member.offset), of: member.of };
                Awaitee { part, label: label(types, member.of, case) }
            });
            Progress::Suspended {
                awaitee,
                source: borrowed_source(types, case),
                guards: guards::guards(types, &of, case.offset),
                asides: asides(&of, case.offset),
            }
        }
    };
    Some(State { value: case.value?, progress, place: place(case.place.as_ref(), begins) })
}

/// The variables of a state, what it awaits left out.
fn asides(state: &Type, begin: u64) -> Vec<Part> {
    let others = state.members().iter().filter(|member| &*member.name != "__awaitee");
    let parts = others.map(|member| Part { offset: begin.saturating_add(member.offset), of: member.of });
    parts.take(MOST_ASIDES).collect()
}

/// The line of the await, unless that is in a macro's file: then where the function begins.
fn place(at: Option<&(String, u64)>, begins: Option<&(String, u64)>) -> Option<Place> {
    let exact = begins.is_none_or(|begins| at.is_some_and(|at| at.0 == begins.0));
    let (file, line) = if exact { at? } else { begins? };
    Some(Place { file: file.as_str().into(), line: u32::try_from(*line).ok()?, exact })
}

/// What an awaited future is called; `None` for what only wraps another one or has a line of its own anyway.
fn label(types: &Types<'_>, die: Die, case: &Case) -> Option<Arc<str>> {
    let of = types.get(die);
    let is_closure = of.bare_name() == "PollFn";
    let wraps = of.is_coroutine() || is_followed(&of) || of.bare_name() == "Pin" || of.name.is_empty();
    if wraps || leaf(types, die, &of).is_some() {
        return None;
    }
    let in_macro = case.place.as_ref().and_then(|(file, _)| {
        ["select", "join", "try_join"].into_iter().find(|name| {
            file.ends_with(&format!("/macros/{name}.rs")) || file.ends_with(&format!("/{name}_mod.rs"))
        })
    });
    if let Some(name) = in_macro {
        return Some(format!("{name}!").into());
    }
    // A closure that polls: what is in it is all there is to say.
    let path = types.reading().path(die).filter(|_| !is_closure)?;
    let scope = path.strip_suffix(&*of.name)?;
    Some(names::pretty(&format!("{scope}{}", of.bare_name())).into())
}

/// A method of a socket's awaits its readiness, and has borrowed the socket.
fn borrowed_source(types: &Types<'_>, case: &Case) -> Option<(u64, Source)> {
    let of = types.get(case.of);
    of.members().iter().find_map(|member| {
        let Kind::Pointer(to) = types.get(member.of).kind else { return None };
        let (offset, source) = source_within(types, to)?;
        // The pointer would have to be followed at an offset: a socket begins with its source.
        (offset == 0).then(|| (case.offset.saturating_add(member.offset), source))
    })
}

/// The source of events that a socket is or begins with.
fn source_within(types: &Types<'_>, die: Die) -> Option<(u64, Source)> {
    let of = types.get(die);
    if of.bare_name() == "PollEvented" {
        return Some((0, Source::of(types, die)));
    }
    let inner = of.members().iter().find(|member| types.get(member.of).bare_name() == "PollEvented")?;
    Some((inner.offset, Source::of(types, inner.of)))
}
