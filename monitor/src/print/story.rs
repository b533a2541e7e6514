//! All that is known of one task: text and JSON of `where`.

use super::fate::{self, Said};
use super::json::{Object, Place, Process};
use super::words::{self, harmless, wrapped};
use super::{Look, json};
use crate::rows::ancestry::{Ancestor, ancestry};
use crate::rows::awaits::{AwaitNode, AwaitTree};
use crate::rows::cancels::{self, Cancel};
use crate::rows::lengths::Lengths;
use crate::rows::waits::{self, Holding};
use crate::rows::{self, Columns, Placed, TaskTable};
use serde::{Serialize, Serializer};
use taskscope_model::change::Wait;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{At, Task, World};

/// Columns of the names of facts.
const NAMES: usize = 14;

/// The story as lines, each with a name in front.
pub(crate) fn text(
    task: &Task,
    world: &World,
    tree: Option<&AwaitTree>,
    why_not: Option<&str>,
    look: Look,
) -> String {
    let now = world.now();
    let ended = task.ended().is_some();
    let mut said: Vec<Said> = vec![("task", head(task, now))];
    said.extend(task.future().map(|future| ("future", future_and_size(task, future))));
    said.extend(fate::origin(task, world, words::place));
    said.extend(times(task, now));
    said.extend(Lengths::of_waits(task).map(|waits| ("waits", waits.summary(|it| it.to_string()))));
    said.extend(fate::fate(task, world, words::place));
    match tree {
        Some(tree) => said.extend(fate::awaits(tree, now, ended, words::place)),
        None => said.extend(why_not.map(|why| ("awaits", format!("not seen: {why}")))),
    }
    said.extend(fate::holds(task, world, words::place));
    let room = look.terminal.map_or(usize::MAX, |(width, _)| usize::from(width));
    let mut text = String::new();
    for (name, value) in said {
        for (at, line) in wrapped(&value, room.saturating_sub(NAMES + 1).max(20)).iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            text.push_str(format!("{name:<NAMES$} {line}").trim_end());
            text.push('\n');
        }
    }
    text
}

fn head(task: &Task, now: At) -> String {
    let mut words = vec![task.id().to_string()];
    words.extend(task.name().map(|name| format!("\"{}\"", harmless(name))));
    words.extend(task.kind().map(|kind| kind.to_string()));
    words.push(match (fate::end(task, now), task.state()) {
        (Some(end), _) => end,
        (None, Some(state)) => state.to_string(),
        (None, None) => "state unknown".to_owned(),
    });
    words.join(", ")
}

fn future_and_size(task: &Task, future: &str) -> String {
    let size = task.size().map(|size| format!(", {}", words::count(size, "byte")));
    format!("{}{}", harmless(future), size.unwrap_or_default())
}

fn times(task: &Task, now: At) -> Option<Said> {
    let spans = [
        ("total", task.total(now)),
        ("busy", task.busy(now)),
        ("scheduled", task.scheduled(now)),
        ("idle", task.idle(now)),
        ("longest poll", task.max_poll(now)),
    ];
    let mut words: Vec<_> =
        spans.iter().filter_map(|(name, span)| span.map(|span| format!("{name} {span}"))).collect();
    words.extend(task.polls().map(|polls| words::count(polls, "poll")));
    words.extend(task.woken().map(|woken| words::count(woken.wakes, "wake")));
    let since = task.polled().and_then(|polled| polled.running_since).filter(|_| task.ended().is_none());
    words.extend(since.map(|since| format!("in a poll for {} now", now.since(since))));
    (!words.is_empty()).then(|| ("times", words.join(", ")))
}

/// The story as one object.
pub(crate) fn json<'a>(
    process: Process<'a>,
    task: &'a Task,
    world: &'a World,
    tree: Option<&'a AwaitTree>,
    why_not: Option<&'a str>,
) -> impl Serialize + use<'a> {
    let now = world.now();
    let table = rows::fill(world, &[Placed { id: task.id(), depth: 0 }], Columns::All);
    let nodes = tree.map(|tree| nested(&tree.nodes)).unwrap_or_default();
    let waits = tree.iter().flat_map(|tree| &tree.waits).map(|wait| WaitsFor::of(wait, now)).collect();
    let (here, last) = match task.ended() {
        Some(_) => (Waiting::default(), Waiting { awaits: nodes, waits_for: waits }),
        None => (Waiting { awaits: nodes, waits_for: waits }, Waiting::default()),
    };
    Story {
        process,
        task: Whole(table),
        poll_times: Lengths::of_polls(task, now).map(Times::of),
        scheduled_times: Lengths::of_waits(task).map(Times::of),
        spawned_by: ancestry(task, world).iter().map(SpawnedBy::of).collect(),
        awaits: here.awaits,
        awaits_found_by: tree.and_then(|tree| tree.kind.name()),
        awaits_not_seen: why_not,
        waits_for: here.waits_for,
        holds: waits::holdings(task, world).into_iter().map(Holds::of).collect(),
        handle: task.handled().and_then(|handled| handled.handle.name()),
        cancelled_by: cancels::chain(task.id(), world).iter().map(|it| CancelledBy::of(it, now)).collect(),
        ended: ended(task, world, last),
    }
}

#[derive(Serialize)]
struct Story<'a> {
    process: Process<'a>,
    task: Whole,
    poll_times: Option<Times>,
    scheduled_times: Option<Times>,
    spawned_by: Vec<SpawnedBy>,
    awaits: Vec<Node<'a>>,
    awaits_found_by: Option<&'static str>,
    awaits_not_seen: Option<&'a str>,
    waits_for: Vec<WaitsFor<'a>>,
    holds: Vec<Holds>,
    handle: Option<&'static str>,
    cancelled_by: Vec<CancelledBy>,
    ended: Option<Ended<'a>>,
}

/// How a task waits.
#[derive(Default)]
struct Waiting<'a> {
    awaits: Vec<Node<'a>>,
    waits_for: Vec<WaitsFor<'a>>,
}

/// How long single polls, or waits between wake and poll, were. Those that are not counted under `long` were shorter
/// than its first bound.
#[derive(Serialize)]
struct Times {
    count: u64,
    longest_ns: Option<u64>,
    long: Vec<Long>,
}

/// So many that took so long, or up to twice as long; the last ones any longer.
#[derive(Serialize)]
struct Long {
    from_ns: u64,
    count: u32,
}

impl Times {
    fn of(of: Lengths<'_>) -> Self {
        let long = of.long.iter().map(|(from, count)| Long { from_ns: from.0, count: *count }).collect();
        Self { count: of.count, longest_ns: of.longest.map(|longest| longest.0), long }
    }
}

/// A task with every column.
struct Whole(TaskTable);

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.0.rows.first().map(|row| row.cells.as_slice()).unwrap_or_default();
        Object { columns: &self.0.columns, cells }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct SpawnedBy {
    id: Option<String>,
    location: Option<json::OwnPlace>,
}

impl SpawnedBy {
    fn of(ancestor: &Ancestor) -> Self {
        Self {
            id: ancestor.id.map(|id| id.to_string()),
            location: ancestor.location.clone().map(json::OwnPlace),
        }
    }
}

#[derive(Serialize)]
struct Node<'a> {
    function: &'a str,
    location: Option<Place<'a>>,
    detail: Option<&'a str>,
    children: Vec<Node<'a>>,
}

/// The nodes, each inside of the one that awaits it. A node that is too deep for those before it, which only a
/// broken source can tell, is taken to be awaited by the last one.
fn nested(nodes: &[AwaitNode]) -> Vec<Node<'_>> {
    /// Deeper trees than any program has are flat from there on.
    const DEEPEST: usize = 64;
    let mut roots: Vec<Node<'_>> = Vec::new();
    for node in nodes {
        let mut siblings = &mut roots;
        for _ in 0..node.depth.min(DEEPEST) {
            if siblings.is_empty() {
                break;
            }
            let last = siblings.len() - 1;
            siblings = &mut siblings[last].children;
        }
        siblings.push(Node {
            function: &node.function,
            location: node.location.as_ref().map(Place::of),
            detail: Some(node.detail.as_str()).filter(|text| !text.is_empty()),
            children: Vec::new(),
        });
    }
    roots
}

#[derive(Serialize)]
struct WaitsFor<'a> {
    what: Option<&'static str>,
    text: Option<&'a str>,
    task: Option<String>,
    over_in_ns: Option<u64>,
}

impl<'a> WaitsFor<'a> {
    fn of(wait: &'a Wait, now: At) -> Self {
        Self {
            what: wait.what.name(),
            text: Some(wait.text.as_str()).filter(|text| !text.is_empty()),
            task: wait.task.map(|id| id.to_string()),
            over_in_ns: wait.until.map(|until| until.since(now).0),
        }
    }
}

#[derive(Serialize)]
struct Holds {
    what: String,
    location: Option<json::OwnPlace>,
    polled: bool,
    wanted_by: Vec<String>,
}

impl Holds {
    fn of(holding: Holding) -> Self {
        Self {
            what: holding.what,
            location: holding.location.map(json::OwnPlace),
            polled: !holding.aside,
            wanted_by: holding.wanted_by.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Serialize)]
struct CancelledBy {
    task: String,
    by: Option<String>,
    way: Option<&'static str>,
    location: Option<json::OwnPlace>,
    join_set: Option<json::OwnPlace>,
    ns_ago: u64,
}

impl CancelledBy {
    fn of(cancel: &Cancel, now: At) -> Self {
        Self {
            task: cancel.task.to_string(),
            by: cancel.by.map(|id| id.to_string()),
            way: cancel.way.name(),
            location: cancel.location.clone().map(json::OwnPlace),
            join_set: cancel.set.clone().map(json::OwnPlace),
            ns_ago: now.since(cancel.at).0,
        }
    }
}

#[derive(Serialize)]
struct Ended<'a> {
    outcome: Option<&'static str>,
    message: Option<&'a str>,
    location: Option<Place<'a>>,
    ns_ago: u64,
    awaits: Vec<Node<'a>>,
    waits_for: Vec<WaitsFor<'a>>,
}

/// `last`: how it waited before its end.
fn ended<'a>(task: &'a Task, world: &'a World, last: Waiting<'a>) -> Option<Ended<'a>> {
    let ended = task.ended()?;
    let failure = task.failure();
    let location = failure
        .as_ref()
        .and_then(|failure| world.location(By { source: failure.source, id: failure.id.location? }));
    Some(Ended {
        outcome: task.outcome().and_then(|outcome| outcome.name()),
        message: failure.map(|failure| failure.id.message.as_str()).filter(|text| !text.is_empty()),
        location: location.map(Place::of),
        ns_ago: world.now().since(ended.at).0,
        awaits: last.awaits,
        waits_for: last.waits_for,
    })
}
