//! Tasks that were asked to stop: by whom, where, and who had stopped that one.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::words::by;
use crate::change::{CancelAsked, Fact};
use crate::codes::{CancelWay, Outcome};
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::{By, Task};
use crate::time::Nanos;

pub(super) struct Cancelled;

/// A task stops when it next gives way. One that has not after this time is said to go on.
const PATIENCE: Nanos = Nanos(1_000_000_000);

/// Longest chain of cancellers that is followed.
const LONGEST_CHAIN: usize = 16;

impl Detector for Cancelled {
    fn kind(&self) -> Kind {
        Kind::Cancelled
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Spawned(_) | Fact::Ended(_) | Fact::CancelAsked(_) | Fact::Described(_))
    }

    fn case(&self, task: &Task, _scene: &mut Scene<'_>) -> Option<Case> {
        let asked = task.asked_to_stop()?;
        let place = by(asked, asked.id.location.or(asked.id.set));
        match task.ended() {
            None => Some(Case::after(place, asked.id.at, PATIENCE).marked_if(true)),
            // One that came to another end was not cancelled. Where nobody can tell, it was asked at least.
            Some(_) if task.outcome().is_none_or(|outcome| outcome == Outcome::CANCELLED) => {
                Some(Case::now(place, asked.id.at))
            }
            Some(_) => None,
        }
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let message = match cases.only() {
            Some(task) => chain(scene, task),
            None => several(scene, place, cases),
        };
        let advice = match cases.marked() {
            0 => "if it was not meant to stop, look at who asked",
            _ => "a task stops only where it awaits: see where it is, and let it await more often",
        };
        let evidence = scene.lines(cases, judgement.count, chain);
        Some(Judgement { message, advice, evidence, ..judgement })
    }
}

/// `3 tasks were aborted at src/main.rs:3, 1 of them has not ended`.
fn several(scene: &mut Scene<'_>, place: Place, cases: &Cases) -> String {
    let (count, going_on) = (cases.count(), cases.marked());
    let first = cases.tasks().next().and_then(|task| scene.task(task)?.asked_to_stop());
    let how = match first.map(|first| (first.id.way, first.id.location)) {
        Some((CancelWay::MONITOR, _)) => " through taskscope".to_owned(),
        Some((CancelWay::SET_ABORTED | CancelWay::SET_DROPPED, None)) => {
            format!(" with the JoinSet{}", scene.made_at(place))
        }
        Some((CancelWay::SET_ABORTED | CancelWay::SET_DROPPED, Some(_))) => {
            format!(" with their JoinSet{}", scene.at(place))
        }
        _ => scene.at(place),
    };
    let verb = if going_on == count { "asked to stop" } else { "aborted" };
    let but = match going_on {
        0 => String::new(),
        1 => ", 1 of them has not ended".to_owned(),
        _ => format!(", {going_on} of them have not ended"),
    };
    format!("{count} tasks were {verb}{how}{but}")
}

/// `task 7 was aborted by task 12 at src/a.rs:3, which was aborted by task 5 at src/b.rs:5`.
fn chain(scene: &mut Scene<'_>, id: TaskId) -> String {
    let mut text = scene.who(id);
    let Some(task) = scene.task(id) else { return text };
    let ended = task.ended().is_some();
    let mut next = task.asked_to_stop();
    let mut links = 0;
    while let Some(asked) = next.filter(|_| links < LONGEST_CHAIN) {
        text.push_str(if links == 0 { " was " } else { ", which was " });
        text.push_str(&how(scene, asked, links > 0 || ended));
        links += 1;
        // What befell the canceller afterwards is not why it asked. Times that never rise end any ring but one of
        // the same moment, and the links are counted.
        let canceller = asked.id.by.and_then(|by| scene.task(by)?.asked_to_stop());
        next = canceller.filter(|before| before.id.at <= asked.id.at);
    }
    if !ended {
        text.push_str(" and has not ended");
    }
    text
}

/// `aborted by task 12 at src/a.rs:3`.
fn how(scene: &mut Scene<'_>, asked: By<&CancelAsked>, ended: bool) -> String {
    let verb = if ended { "aborted" } else { "asked to stop" };
    let who = asked.id.by.map(|by| format!(" by {}", scene.who(by))).unwrap_or_default();
    let at = scene.at(by(asked, asked.id.location));
    let made = match scene.made_at(by(asked, asked.id.set)) {
        made if made.is_empty() => made,
        made => format!(",{made},"),
    };
    match asked.id.way {
        CancelWay::SET_ABORTED => format!("{verb} with its JoinSet{made}{who}{at}"),
        CancelWay::SET_DROPPED => format!("{verb} when its JoinSet{made} was dropped{who}{at}"),
        CancelWay::MONITOR => format!("{verb} through taskscope"),
        _ => format!("{verb}{who}{at}"),
    }
}
