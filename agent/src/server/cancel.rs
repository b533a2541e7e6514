//! Asking tasks to stop.

use super::collector::history;
use crate::core::Core;
use crate::extensions::Found;
use std::collections::HashMap;
use taskscope_model::TaskId;
use taskscope_model::codes::{CancelWay, Outcome, TaskKind};
use taskscope_model::request::CancelResult;

/// Asks these tasks to stop, and says of each what came of it.
pub(super) fn cancel(core: &'static Core, tasks: &[TaskId]) -> Vec<CancelResult> {
    let mut ended = None;
    let results = tasks.iter().map(|&task| match ask(core, task) {
        Asked::Yes => CancelResult { task, asked: true, message: String::new() },
        Asked::No(why) => CancelResult { task, asked: false, message: format!("cannot cancel {task}: {why}") },
        Asked::NotAlive => {
            let ended = ended.get_or_insert_with(|| outcomes(core));
            CancelResult { task, asked: false, message: not_alive(task, ended.get(&task.0).copied()) }
        }
    });
    results.collect()
}

enum Asked {
    Yes,
    No(String),
    NotAlive,
}

fn ask(core: &'static Core, task: TaskId) -> Asked {
    if task.is_root() {
        return Asked::No("it is the future of block_on; end the program instead".to_owned());
    }
    let store = &core.store;
    let copied = store.index.find(task.0).and_then(|record| store.copy(record));
    let Some(copied) = copied.filter(|copied| copied.seed.id == task.0) else { return Asked::NotAlive };
    let Some(grip) = store.extensions.grip(copied.seed.extension, task.0) else {
        let place = store.places.text(copied.seed.location).unwrap_or_else(|| "a place unknown".to_owned());
        let why = format!("tokio::spawn at {place} keeps its handle; spawn it with taskscope_agent::spawn");
        return Asked::No(why);
    };
    if copied.seed.kind == TaskKind::BLOCKING && copied.poll_start != 0 {
        return Asked::No("it is a blocking task, and its function runs to its end".to_owned());
    }
    // As long as the visit lasts the extension is that task's.
    let Some(guest) = grip.visit() else { return Asked::NotAlive };
    store.ask(grip, CancelWay::MONITOR, None);
    // If its spawner has not left the handle yet, it will find that it is wanted.
    if let Found::Value(abort) = grip.extension.abort.get() {
        abort.abort();
    }
    store.guest_leaves(grip, guest);
    Asked::Yes
}

/// How the tasks of the history have ended.
fn outcomes(core: &'static Core) -> HashMap<u64, Outcome> {
    history(&core.store).into_iter().map(|task| (task.last.seed.id, task.outcome)).collect()
}

fn not_alive(task: TaskId, outcome: Option<Outcome>) -> String {
    match outcome.map(Outcome::name) {
        None => format!("no live task {task}"),
        Some(None) => format!("cannot cancel {task}: it has ended"),
        Some(Some(how)) => format!("cannot cancel {task}: it has ended ({how})"),
    }
}
