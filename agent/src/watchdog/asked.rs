//! The stacks of all threads, when somebody asks.

use super::Watchdog;
use super::seat::Seat;
use crate::stacks::proc;
use crate::threads::Thread;
use std::collections::BTreeMap;
use taskscope_model::change::ThreadStack;
use taskscope_model::{At, TaskId};

/// Most threads whose stacks are taken at once.
const MOST_THREADS: usize = 256;

/// Takes them, if somebody has asked since the last time; says whether.
pub(super) fn answer(watchdog: &mut Watchdog) -> bool {
    if !watchdog.core.stacks.take_asked() {
        return false;
    }
    let at = watchdog.core.store.clock.now();
    let slots: BTreeMap<u32, &'static Thread> = watchdog
        .core
        .store
        .threads
        .all()
        .into_iter()
        .filter_map(|thread| Some((thread.tid()?, thread)))
        .collect();
    let own = crate::threads::tid();
    // tokio's blocking threads, and workers that have done nothing yet, have no slots: only their stacks tell.
    let threads = proc::threads().into_iter().filter(|tid| *tid != own).take(MOST_THREADS);
    let stacks = threads.filter_map(|tid| stack(watchdog, tid, slots.get(&tid).copied(), at)).collect();
    watchdog.core.stacks.set_threads(stacks);
    true
}

fn stack(watchdog: &mut Watchdog, tid: u32, slot: Option<&'static Thread>, at: At) -> Option<ThreadStack> {
    let core = watchdog.core;
    let name = proc::name(tid);
    if name.starts_with("taskscope") {
        return None;
    }
    let before = slot.and_then(Thread::in_poll);
    let taken = watchdog.taker.take(tid)?;
    let after = slot.and_then(Thread::in_poll);
    let poll = after
        .filter(|after| before.is_some_and(|before| (before.id, before.start) == (after.id, after.start)));
    let seat = match (slot, poll) {
        (Some(slot), Some(poll)) => Seat::of(core, slot, poll.record, &watchdog.followed),
        (Some(slot), None) => Seat::of_idle(core, slot),
        _ => Seat::default(),
    };
    Some(ThreadStack {
        tid,
        name,
        at,
        runtime: seat.runtime,
        worker: seat.worker,
        task: poll.map(|poll| TaskId(poll.id)),
        since: poll.map(|poll| core.store.clock.at(poll.start)),
        stack: core.stacks.intern(taken),
    })
}
