//! Where a task comes from, where it waits and what became of it, in words. Each thing said is a name and
//! what stands beside it; a name that is empty goes on with the one above.

use super::words::{self, harmless};
use crate::rows::ancestry::{self, Ancestor};
use crate::rows::awaits::{AwaitNode, AwaitTree};
use crate::rows::cancels::{self, Cancel};
use crate::rows::waits::{self, Holding};
use taskscope_model::change::{Handled, Location, Wait};
use taskscope_model::codes::{CancelWay, HandleState, Outcome, TreeKind};
use taskscope_model::world::Names as _;
use taskscope_model::{At, Nanos, Task, TaskId, World};

/// A name, and what stands beside it.
pub(crate) type Said = (&'static str, String);

/// How a place is written: in full, or short for a screen.
pub(crate) type Place = fn(&Location) -> String;

/// A tree that is not older, in nanoseconds, is told to be how it is now.
const FRESH: u64 = 1_000_000_000;
/// Most futures of a tree that are written out.
const MOST_NODES: usize = 200;
/// Tasks behind a lock that are named.
const MOST_NAMED: usize = 8;

/// `task 4711`, or the name of a root.
pub(crate) fn called(id: TaskId) -> String {
    if id.is_root() { id.to_string() } else { format!("task {id}") }
}

/// Where it was spawned, by whom, and who spawned that one, up to the root.
pub(crate) fn origin(task: &Task, world: &World, place: Place) -> Vec<Said> {
    let location = task.location().and_then(|it| world.location(it)).map(place);
    let ago = task.age(world.now()).map(|age| format!("{age} ago"));
    let spawned = [location, ago].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut said = Vec::new();
    if !spawned.is_empty() {
        said.push((if task.id().is_root() { "began at" } else { "spawned at" }, spawned));
    }
    let spawners = ancestry::ancestry(task, world);
    said.extend(below("spawned by", spawners.iter().map(|it| ancestor(it, place))));
    said
}

fn ancestor(ancestor: &Ancestor, place: Place) -> String {
    let who = ancestor.id.map_or_else(|| "a task".to_owned(), called);
    let verb = if ancestor.id.is_some_and(TaskId::is_root) { "began" } else { "spawned" };
    match &ancestor.location {
        Some(location) => format!("{who}, {verb} at {}", place(location)),
        None => who,
    }
}

/// What became of its handle, who asked it to stop, what it said when it failed.
pub(crate) fn fate(task: &Task, world: &World, place: Place) -> Vec<Said> {
    let now = world.now();
    let mut said = Vec::new();
    if let Some(failure) = task.failure() {
        let name = if task.outcome() == Some(Outcome::FAILED) { "error" } else { "panic" };
        let id = failure.id;
        said.push((
            name,
            if id.message.is_empty() { "no message".to_owned() } else { harmless(&id.message) },
        ));
        let at = id.location.map(|id| taskscope_model::task::By { source: failure.source, id });
        said.extend(at.and_then(|at| world.location(at)).map(|at| ("", format!("at {}", place(at)))));
    }
    let ended = task.ended().is_some();
    let name = if ended { "cancelled by" } else { "asked to stop" };
    let cancels = cancels::chain(task.id(), world);
    said.extend(below(name, cancels.iter().map(|it| cancel(it, task.id(), now, place))));
    said.extend(task.handled().map(|handled| ("handle", handle(handled, now))));
    said
}

/// Who asked, how, where and when. Of another task than the one that is spoken of, which one it was.
fn cancel(cancel: &Cancel, of: TaskId, now: At, place: Place) -> String {
    let mut text = String::new();
    if cancel.task != of {
        text.push_str(&format!("{} had been cancelled itself: ", called(cancel.task)));
    }
    match cancel.way {
        CancelWay::MONITOR => text.push_str("a person, through taskscope"),
        way => text.push_str(way.name().unwrap_or("a way that this version does not know")),
    }
    if let Some(set) = &cancel.set {
        text.push_str(&format!(" (made at {})", place(set)));
    }
    if let Some(by) = cancel.by {
        text.push_str(&format!(" by {}", called(by)));
    }
    if let Some(location) = &cancel.location {
        text.push_str(&format!(" at {}", place(location)));
    }
    format!("{text}, {} ago", now.since(cancel.at))
}

fn handle(handled: &Handled, now: At) -> String {
    let ago = now.since(handled.at);
    match handled.handle {
        HandleState::HELD => "somebody has it".to_owned(),
        HandleState::IN_SET => "in a JoinSet".to_owned(),
        HandleState::AWAITED => format!("awaited {ago} ago"),
        HandleState::DROPPED => format!("dropped {ago} ago"),
        HandleState::DETACHED => format!("let go on purpose {ago} ago"),
        _ => "unknown".to_owned(),
    }
}

/// Its await tree and what it waits for. `ended`: how it was last.
pub(crate) fn awaits(tree: &AwaitTree, now: At, ended: bool, place: Place) -> Vec<Said> {
    let mut said = Vec::new();
    let (name, waits_for) = if ended { ("awaited last", "waited for") } else { ("awaits", "waits for") };
    let lines = tree.nodes.iter().take(MOST_NODES).map(|it| node(it, now, place));
    said.extend(below(name, lines));
    if tree.nodes.len() > MOST_NODES {
        said.push(("", format!("... {} more", tree.nodes.len() - MOST_NODES)));
    }
    if !tree.nodes.is_empty() {
        said.push(("", how_found(tree, now)));
    }
    said.extend(below(waits_for, tree.waits.iter().map(|it| wait(it, now))));
    said
}

fn how_found(tree: &AwaitTree, now: At) -> String {
    let how = match tree.kind {
        TreeKind::OBSERVED => "observed futures, at the lines where they were made",
        TreeKind::STACK => "its stack of awaits",
        TreeKind::MEMORY => "read from memory",
        TreeKind::OPERATIONS => "operations on resources, at the lines where those were made",
        _ => "found in a way that this version does not know",
    };
    match now.since(tree.at) {
        Nanos(FRESH..) if tree.kind == TreeKind::MEMORY => {
            format!("({how}, and so for {} at least)", now.since(tree.at))
        }
        Nanos(0..FRESH) => format!("({how})"),
        ago => format!("({how}, {ago} ago)"),
    }
}

fn node(node: &AwaitNode, now: At, place: Place) -> String {
    let mut text = "  ".repeat(node.depth.min(20));
    text.push_str(&harmless(&node.function));
    if let Some(location) = &node.location {
        text.push_str(&format!(" at {}", place(location)));
    }
    if !node.detail.is_empty() {
        text.push_str(&format!(" ({})", harmless(&node.detail)));
    }
    if let Some(since) = node.since {
        text.push_str(&format!(", {}", now.since(since)));
    }
    text
}

fn wait(wait: &Wait, now: At) -> String {
    let mut text = match (wait.text.is_empty(), wait.task) {
        (false, _) => harmless(&wait.text),
        (true, Some(task)) => format!("the end of {}", called(task)),
        (true, None) => wait.what.to_string(),
    };
    if let Some(until) = wait.until {
        text.push_str(&match until.since(now).0 {
            0 => format!(", over since {}", now.since(until)),
            _ => format!(", over in {}", until.since(now)),
        });
    }
    text
}

/// The locks and permits that it holds, and who wants them.
pub(crate) fn holds(task: &Task, world: &World, place: Place) -> Vec<Said> {
    let line = |holding: Holding| {
        let mut text = harmless(&holding.what);
        if holding.aside {
            text.push_str(", in a future that is not polled now");
        }
        if let Some(location) = &holding.location {
            text.push_str(&format!(", across the await at {}", place(location)));
        }
        let named: Vec<_> = holding.wanted_by.iter().take(MOST_NAMED).map(|id| called(*id)).collect();
        if !named.is_empty() {
            text.push_str(&format!("; wanted by {}", named.join(", ")));
        }
        match holding.wanted_by.len().saturating_sub(MOST_NAMED) {
            0 => text,
            more => format!("{text} and {more} more"),
        }
    };
    below("holds", waits::holdings(task, world).into_iter().map(line))
}

/// How it ended, and when.
pub(crate) fn end(task: &Task, now: At) -> Option<String> {
    let ended = task.ended()?;
    let outcome = words::outcome(task.outcome().unwrap_or(Outcome::UNKNOWN));
    Some(format!("{outcome}, {} ago", now.since(ended.at)))
}

/// Lines below one name.
pub(crate) fn below(name: &'static str, lines: impl Iterator<Item = String>) -> Vec<Said> {
    lines.enumerate().map(|(at, line)| (if at == 0 { name } else { "" }, line)).collect()
}
