//! What holds up a poll, as far as its stack shows it: in words, and what to do about it.

mod culprit;

use super::detector::Place;
use super::scene::Scene;
use super::words::by;
use crate::change::{Call, Fact, Sample, SlowPoll};
use crate::codes::{Doing, Origin};
use crate::task::By;
use culprit::Culprit;

/// Most lines of a stack that are shown.
const MOST_LINES: usize = 12;

/// Functions that poll tasks and roots: what is further out is not the task's.
const POLLS: &[&str] = &["tokio::runtime::task::", "taskscope_agent::runtime::Root"];

/// What holds up a poll.
pub(super) struct HeldUp {
    verb: String,
    /// The program's own line, else where the task was spawned.
    pub(super) place: Place,
    is_own: bool,
    pub(super) advice: &'static str,
}

impl HeldUp {
    /// What a slow poll was held up by, judged by the first stack that shows the program's own line.
    pub(super) fn by(slow: By<&SlowPoll>, scene: &Scene<'_>) -> Self {
        let (place, is_own) = (place(slow), slow.id.place.is_some());
        let Some(sample) = best_sample(slow, scene) else {
            let advice = "see what the task does there: its stack could not be taken";
            return Self { verb: "was held up".to_owned(), place, is_own, advice };
        };
        let calls: Vec<&Call> = scene.world.calls(slow.source, &sample.stack).map(|(_, call)| call).collect();
        let culprit = Culprit::of(&calls, &sample.stack);
        Self { verb: culprit.verb, place, is_own, advice: culprit.advice }
    }

    /// `waits in std::thread::sleep at src/main.rs:12`. The line at which its task was spawned does not hold it up.
    pub(super) fn what(&self, at: String) -> String {
        match at.is_empty() || self.is_own {
            true => format!("{}{at}", self.verb),
            false => format!("{} (spawned{at})", self.verb),
        }
    }
}

/// What is told of one slow poll may move it from one task or place to another, and the name of a function tells
/// whether its thread has left its worker.
pub(super) fn unsettled_by(fact: &Fact) -> bool {
    matches!(fact, Fact::SlowPoll(_) | Fact::Frame(_))
}

/// Where the finding about a slow poll belongs: the program's own line, else where the task was spawned.
pub(super) fn place(slow: By<&SlowPoll>) -> Place {
    by(By { source: slow.source, id: () }, slow.id.place.or(slow.id.spawned_at))
}

/// The slow polls that belong to a place.
pub(super) fn at<'a>(wanted: Place, scene: &Scene<'a>) -> impl Iterator<Item = By<&'a SlowPoll>> {
    let world = scene.world;
    world.slow_polls().filter(move |slow| place(*slow) == wanted && !left_its_worker(*slow, world))
}

/// Whether the thread has handed its worker over to another: it holds up nobody.
pub(super) fn has_left_its_worker(slow: By<&SlowPoll>, scene: &Scene<'_>) -> bool {
    left_its_worker(slow, scene.world)
}

fn left_its_worker(slow: By<&SlowPoll>, world: &crate::world::World) -> bool {
    let mut calls = slow.id.samples.iter().flat_map(|sample| world.calls(slow.source, &sample.stack));
    calls.any(|(_, call)| call.origin == Origin::TOKIO && call.function.contains("block_in_place"))
}

/// Lines about the last poll: the limit, the thread, its stack.
pub(super) fn evidence(slow: By<&SlowPoll>, scene: &Scene<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(sample) = best_sample(slow, scene) else {
        return vec!["its stack was not taken".to_owned()];
    };
    let doing = match sample.stack.doing {
        Doing::IN_CALL if !sample.stack.call.is_empty() => {
            format!("in the system call {}", sample.stack.call)
        }
        Doing::RUNNING => "running".to_owned(),
        Doing::IN_FAULT => "waiting for memory to be read from disk".to_owned(),
        _ => "in a system call".to_owned(),
    };
    let approximate =
        if sample.stack.approximate && !sample.stack.complete { ", perhaps not exactly" } else { "" };
    lines.push(format!(
        "after {} the thread was {doing}{approximate}:",
        super::slow_poll::rounded(sample.after)
    ));
    lines.extend(stack(slow, sample, scene));
    lines
}

/// The stack from its innermost frame to the program's own outermost one.
fn stack(slow: By<&SlowPoll>, sample: &Sample, scene: &Scene<'_>) -> Vec<String> {
    let frames = sample.stack.frames.iter();
    let frames = frames.filter_map(|id| scene.world.frame(By { source: slow.source, id: *id }));
    let mut lines = Vec::new();
    let mut last_own = 0;
    'stack: for frame in frames {
        if frame.calls.is_empty() {
            let module = frame.module.rsplit('/').next().unwrap_or_default();
            lines.push(format!("{module}+{:#x}", frame.offset));
        }
        for call in &frame.calls {
            if POLLS.iter().any(|polls| call.function.contains(polls)) {
                break 'stack;
            }
            // Lines of other people's code say little, and their paths are long.
            let own = call.location.filter(|_| call.origin == Origin::USER);
            let at = scene.at(own.map(|id| By { source: slow.source, id }));
            let function = if call.function.is_empty() { "?" } else { &call.function };
            lines.push(format!("{function}{at}"));
            if call.origin == Origin::USER {
                last_own = lines.len();
            }
        }
    }
    if last_own > 0 {
        lines.truncate(last_own);
    }
    if lines.len() > MOST_LINES {
        // What is called by the program's own code, and that code, say most.
        let outer = lines.split_off(lines.len() - MOST_LINES / 2);
        let more = lines.len() - MOST_LINES / 2;
        lines.truncate(MOST_LINES / 2);
        lines.push(format!("and {more} more, called by:"));
        lines.extend(outer);
    }
    lines
}

fn best_sample<'a>(slow: By<&'a SlowPoll>, scene: &Scene<'_>) -> Option<&'a Sample> {
    let shows = |sample: &&Sample| {
        let mut calls = scene.world.calls(slow.source, &sample.stack);
        calls.any(|(_, call)| call.origin == Origin::USER && call.location == slow.id.place)
    };
    slow.id.samples.iter().find(shows).or(slow.id.samples.first())
}
