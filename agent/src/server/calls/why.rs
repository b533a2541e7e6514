//! Why a task that was given to its runtime has not been polled.

use crate::core::Core;
use crate::runtimes::UNKNOWN_RUNTIME;
use taskscope_model::codes::{Flavor, TaskKind};
use taskscope_model::{At, Nanos, TaskId};

/// A poll that lasts so long blocks its worker, nanoseconds.
const BLOCKS: u64 = 100_000_000;

/// In words; `None` as task: it has not even been given to its runtime.
pub(super) fn why_not_begun(core: &'static Core, task: Option<TaskId>, now: At) -> String {
    let Some(task) = task else { return "its runtime has not taken it".to_owned() };
    let store = &core.store;
    let copied = store.index.find(task.0).and_then(|record| store.copy(record));
    let runtime = copied.map_or(UNKNOWN_RUNTIME, |copied| copied.seed.runtime);
    let slot = core.runtimes.all().into_iter().find(|slot| slot.number == runtime);
    let Some(fact) = slot.map(|slot| slot.fact(now)) else { return "it has not been polled yet".to_owned() };
    let mut blocked: Vec<(Nanos, TaskId)> = store
        .threads
        .all()
        .into_iter()
        .filter_map(|thread| {
            let poll = thread.in_poll()?;
            let seed = store.copy(poll.record)?.seed;
            let since = now.since(store.clock.at(poll.start));
            // The thread of `block_on` is a worker only where the runtime has no other.
            let is_worker = seed.kind != TaskKind::BLOCK_ON || fact.flavor == Flavor::CURRENT_THREAD;
            let counts = seed.runtime == runtime && is_worker && since.0 >= BLOCKS;
            (counts && seed.kind != TaskKind::BLOCKING).then_some((since, TaskId(seed.id)))
        })
        .collect();
    blocked.sort();
    let workers = fact.workers.max(1) as usize;
    match blocked.last() {
        Some((longest, task)) if blocked.len() >= workers => {
            let all = if workers == 1 { "its only worker is".to_owned() } else { format!("all {workers} workers are") };
            format!("{all} blocked, for up to {longest} (task {task})")
        }
        Some((longest, task)) => {
            format!("{} of {workers} workers are blocked, for up to {longest} (task {task})", blocked.len())
        }
        None => "it has not been polled yet".to_owned(),
    }
}
