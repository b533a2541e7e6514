//! Tasks that have done nothing for minutes and wait only for tasks that nothing can wake: one that has lost its
//! wakers, or one that waits for the first in turn. The task that has lost them is found as `lost_waker`.

use super::detector::{Case, Cases, Detector, Judgement, Place};
use super::lost_waker::has_no_waker;
use super::scene::Scene;
use crate::change::{Fact, Wait};
use crate::finding::{Kind, Severity};
use crate::ids::TaskId;
use crate::task::{State, Task};
use crate::time::Nanos;

pub(super) struct IdleTooLong;

/// Long enough for whatever ends by itself, a time-out above all.
const LIMIT: Nanos = Nanos(300_000_000_000);

/// So many tasks are followed that wait for one another.
const MOST_FOLLOWED: usize = 16;

impl Detector for IdleTooLong {
    fn kind(&self) -> Kind {
        Kind::IdleTooLong
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(
            fact,
            Fact::Spawned(_)
                | Fact::Polled(_)
                | Fact::Ended(_)
                | Fact::Woken(_)
                | Fact::Awaits(_)
                | Fact::Looked(_)
                | Fact::Described(_)
        )
    }

    fn case(&self, task: &Task, scene: &mut Scene<'_>) -> Option<Case> {
        task.awaits()?;
        let since = task.polled()?.last_poll?;
        let stuck = !has_no_waker(task) && waits_in_vain(task, &mut vec![task.id()], scene);
        stuck.then(|| Case::after(task.location(), since, LIMIT))
    }

    fn judge(&self, place: Place, cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let judgement = cases.judgement()?;
        let whom = scene.whom(place, cases, judgement.count);
        let (has, waits) = if judgement.count == 1 { ("has", "waits") } else { ("have", "wait") };
        let evidence = scene.lines(cases, judgement.count, line);
        Some(Judgement {
            message: format!("{whom} {has} done nothing for {LIMIT} and {waits} for what nothing can wake"),
            advice: "look at the task that is waited for, or give up after a time with tokio::time::timeout",
            evidence,
            ..judgement
        })
    }
}

/// All it waits for is tasks that will not end.
fn waits_in_vain(task: &Task, followed: &mut Vec<TaskId>, scene: &mut Scene<'_>) -> bool {
    let Some(awaits) = task.awaits().map(|by| by.id) else { return false };
    let last_poll = task.polled().and_then(|polled| polled.last_poll).unwrap_or_default();
    // What it waited for before its last poll says nothing.
    let up_to_date = awaits.at >= last_poll && task.state() == Some(State::Idle);
    // Nor do these, if somebody else has a waker of it.
    let wakers = task.woken().and_then(|woken| woken.wakers);
    let all_known = wakers.is_some_and(|wakers| wakers <= awaits.waits.len() as u64);
    let in_vain = |wait: &Wait| match wait.task.filter(|_| wait.until.is_none()) {
        Some(other) => will_not_end(other, followed, scene),
        None => false,
    };
    up_to_date && all_known && !awaits.waits.is_empty() && awaits.waits.iter().all(in_vain)
}

/// A ring of tasks that wait for one another does not end either.
fn will_not_end(id: TaskId, followed: &mut Vec<TaskId>, scene: &mut Scene<'_>) -> bool {
    if followed.contains(&id) {
        return true;
    }
    if followed.len() == MOST_FOLLOWED {
        return false;
    }
    followed.push(id);
    let Some(task) = scene.task(id) else { return false };
    has_no_waker(task) || waits_in_vain(task, followed, scene)
}

/// `task 7 waits for task 12, task 13`.
fn line(scene: &mut Scene<'_>, id: TaskId) -> String {
    let who = scene.who(id);
    let waits = scene.task(id).and_then(Task::awaits).map(|by| by.id.waits.as_slice()).unwrap_or_default();
    let others: Vec<_> = waits.iter().filter_map(|wait| wait.task).take(MOST_FOLLOWED).collect();
    let others: Vec<_> = others.into_iter().map(|other| scene.who(other)).collect();
    format!("{who} waits for {}", others.join(", "))
}
