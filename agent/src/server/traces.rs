//! Where one task waits, asked by a person: it is polled once more, and the stacks of that poll become its await tree.
//! The stacks are put into words on a thread of its own: to read the program's debug information takes tens of
//! milliseconds, and seconds where the agent itself is built without optimization.

mod frames;
mod merge;

use crate::signals;
use crate::core::Core;
use crate::extensions::{Answer, Found, Grip, Probe};
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use taskscope_model::change::{Awaits, Tree, TreeNode};
use taskscope_model::codes::{Reason, TaskKind, TreeKind};
use taskscope_model::request::{Denied, Done};
use taskscope_model::{At, Fact, Nanos, TaskId, TreeId};

/// A task has so long to answer, nanoseconds.
const PATIENCE: u64 = 1_000_000_000;
/// Answers are looked for this often, nanoseconds.
const LOOK_EVERY: u64 = 1_000_000;
/// Most questions at once.
const MOST: usize = 16;
/// Most trees that are known by number; then the numbers go on and all are told anew.
const MOST_TREES: usize = 1_024;
/// The numbers of these trees begin here: those of observed futures are counted from 0.
const FIRST_TREE: u32 = 1 << 31;

/// The questions that wait for answers.
#[derive(Default)]
pub(super) struct Traces {
    waiting: Vec<Waiting>,
    resolving: Vec<Resolving>,
    trees: Vec<Tree>,
    next_tree: u32,
}

#[derive(Clone, Copy)]
struct Asked {
    client: usize,
    request: u32,
    task: TaskId,
}

struct Waiting {
    asked: Asked,
    probe: Arc<Probe>,
    grip: Grip,
    until: At,
}

/// An answer that is being put into words.
struct Resolving {
    asked: Asked,
    at: At,
    /// Whether the task has ended with its answer, and how much of that is left out.
    ended: bool,
    left_out: u64,
    thread: JoinHandle<Vec<TreeNode>>,
}

/// What came of a question.
pub(super) struct Outcome {
    pub(super) client: usize,
    pub(super) facts: Vec<Fact>,
    pub(super) answer: Result<Done, Denied>,
}

impl Traces {
    /// Asks a task where it waits.
    pub(super) fn ask(
        &mut self,
        core: &'static Core,
        (client, request, task): (usize, u32, TaskId),
        now: At,
    ) -> Result<(), Denied> {
        let asked = Asked { client, request, task };
        let deny = |(reason, why): (Reason, String)| {
            let message = if reason == Reason::NO_SUCH_TASK { why } else { format!("cannot trace {task}: {why}") };
            Denied { number: request, reason, message }
        };
        let (grip, probe) = self.put(core, task).map_err(deny)?;
        self.waiting.push(Waiting { asked, probe, grip, until: At(now.0 + PATIENCE) });
        Ok(())
    }

    fn put(&self, core: &'static Core, task: TaskId) -> Result<(Grip, Arc<Probe>), (Reason, String)> {
        let impossible = |why: &str| Err((Reason::IMPOSSIBLE, why.to_owned()));
        if task.is_root() {
            return impossible("only tasks of taskscope_agent::spawn and the like can be asked, not the future of block_on");
        }
        let store = &core.store;
        let copied = store.index.find(task.0).and_then(|record| store.copy(record));
        let Some(copied) = copied.filter(|copied| copied.seed.id == task.0) else {
            return Err((Reason::NO_SUCH_TASK, format!("no live task {task}")));
        };
        let Some(grip) = store.extensions.grip(copied.seed.extension, task.0) else {
            let place = store.places.text(copied.seed.location).unwrap_or_else(|| "a place unknown".to_owned());
            let why = format!("tokio::spawn at {place} does not wrap its future; spawn it with taskscope_agent::spawn");
            return Err((Reason::IMPOSSIBLE, why));
        };
        if copied.seed.kind == TaskKind::BLOCKING {
            return impossible("it is a blocking task, which awaits nothing");
        }
        if self.waiting.len() + self.resolving.len() >= MOST {
            return impossible("too many tasks are asked at once; ask again");
        }
        if self.waiting.iter().any(|waiting| waiting.asked.task == task) {
            return impossible("somebody else asks the same just now; ask again");
        }
        let Some(guest) = grip.visit() else { return Err((Reason::NO_SUCH_TASK, format!("no live task {task}"))) };
        let (probe, waker) = (Arc::new(Probe::new()), grip.extension.waker.get());
        if matches!(waker, Found::Value(_)) {
            store.sides.alter(grip.extension, |side| side.probe = Some(Arc::clone(&probe)));
        }
        store.guest_leaves(grip, guest);
        let Found::Value(waker) = waker else { return impossible("it has not waited for anything yet") };
        waker.wake();
        Ok((grip, probe))
    }

    /// When to look for answers.
    pub(super) fn deadline(&self, now: At) -> Option<At> {
        let idle = self.waiting.is_empty() && self.resolving.is_empty();
        (!idle).then_some(At(now.0 + LOOK_EVERY))
    }

    /// Looks for answers, and for those that are in words by now.
    pub(super) fn look(&mut self, core: &'static Core, now: At) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting.probe.take() {
                Some(answer) => match resolve(core, waiting.asked, answer, now) {
                    Some(resolving) => self.resolving.push(resolving),
                    None => outcomes.push(no_thread(waiting.asked)),
                },
                None if now < waiting.until || !waiting.probe.take_back() => {
                    self.waiting.push(waiting);
                    continue;
                }
                None => outcomes.push(no_answer(core, waiting.asked, now)),
            }
            // If the task has ended it went with the rest.
            if let Some(guest) = waiting.grip.visit() {
                core.store.sides.alter(waiting.grip.extension, |side| side.probe = None);
                core.store.guest_leaves(waiting.grip, guest);
            }
        }
        for resolving in std::mem::take(&mut self.resolving) {
            if resolving.thread.is_finished() {
                outcomes.push(self.resolved(resolving));
            } else {
                self.resolving.push(resolving);
            }
        }
        outcomes
    }

    fn resolved(&mut self, it: Resolving) -> Outcome {
        // It does not panic; if it did, nothing would be known.
        let nodes = it.thread.join().unwrap_or_default();
        let mut said = Vec::new();
        if it.ended {
            said.push("it ended when it was asked".to_owned());
        } else if nodes.is_empty() {
            said.push("it waits for nothing that takes a waker".to_owned());
        }
        if it.left_out > 0 {
            said.push(format!("{} leaves are left out", it.left_out));
        }
        let nothing = nodes.is_empty() || it.ended;
        let facts = if nothing { Vec::new() } else { self.facts(it.asked.task, nodes, it.at) };
        let answer = Ok(Done { number: it.asked.request, message: said.join("; ") });
        Outcome { client: it.asked.client, facts, answer }
    }

    fn facts(&mut self, task: TaskId, nodes: Vec<TreeNode>, at: At) -> Vec<Fact> {
        if self.trees.len() >= MOST_TREES {
            self.trees.clear();
        }
        let next = &mut self.next_tree;
        let known = self.trees.iter().find(|tree| tree.nodes == nodes).cloned();
        let tree = known.unwrap_or_else(|| {
            let tree = Tree { id: TreeId(FIRST_TREE | *next), nodes };
            *next = next.wrapping_add(1) & !FIRST_TREE;
            self.trees.push(tree.clone());
            tree
        });
        let (since, waits) = (Vec::new(), Vec::new());
        let awaits = Awaits { task, at, kind: TreeKind::STACK, tree: tree.id, since, waits };
        vec![tree.into(), awaits.into()]
    }
}

/// Has an answer put into words.
fn resolve(core: &'static Core, asked: Asked, answer: Answer, at: At) -> Option<Resolving> {
    let Answer { stacks, left_out, ended } = answer;
    let thread = std::thread::Builder::new().name("taskscope-stacks".to_owned()).spawn(move || {
        signals::leave_to_the_program();
        let (places, mut known) = (&core.store.places, HashMap::new());
        let stacks: Vec<_> = stacks.iter().map(|stack| frames::frames(stack, places, &mut known)).collect();
        merge::merge(&stacks, |place| places.place(&place.file, place.line, place.column))
    });
    Some(Resolving { asked, at, ended, left_out, thread: thread.ok()? })
}

fn no_thread(asked: Asked) -> Outcome {
    let message = format!("cannot trace {}: the system has no thread to read debug information", asked.task);
    let answer = Err(Denied { number: asked.request, reason: Reason::IMPOSSIBLE, message });
    Outcome { client: asked.client, facts: Vec::new(), answer }
}

/// The task did not answer in time.
fn no_answer(core: &'static Core, asked: Asked, now: At) -> Outcome {
    let store = &core.store;
    let copied = store.index.find(asked.task.0).and_then(|record| store.copy(record));
    let task = asked.task;
    let (reason, message) = match copied.filter(|copied| copied.seed.id == task.0) {
        None => (Reason::NO_SUCH_TASK, format!("task {task} ended before it answered")),
        Some(copied) if copied.poll_start != 0 => {
            let since: Nanos = now.since(store.clock.at(copied.poll_start));
            (Reason::IMPOSSIBLE, format!("cannot trace {task}: it is in a poll since {since}"))
        }
        Some(_) => {
            let why = "it was woken and not polled within a second: its runtime has other things to do";
            (Reason::IMPOSSIBLE, format!("cannot trace {task}: {why}"))
        }
    };
    let answer = Err(Denied { number: asked.request, reason, message });
    Outcome { client: asked.client, facts: Vec::new(), answer }
}
