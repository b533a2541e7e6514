//! The stacks of all threads, when somebody asks.

use super::Watchdog;
use super::seat::Seat;
use crate::frames::InPoll;
use crate::stacks::taken::Taken;
use crate::stacks::{BETWEEN_LOOKS, Look, Watched, proc};
use crate::threads::Thread;
use std::collections::BTreeMap;
use taskscope_model::change::ThreadStack;
use taskscope_model::{At, TaskId};

/// Most threads whose stacks are taken at once.
const MOST_THREADS: usize = 256;
/// Threads that run are watched together, and those that have had no processor by then are told without a stack,
/// nanoseconds.
const PATIENCE: u64 = 200_000_000;

/// A thread that goes on each time that it is looked at is told without a stack after so many times.
const MOST_MOVES: usize = 8;

/// A thread whose stack is wanted.
struct Wanted {
    tid: u32,
    name: String,
    slot: Option<&'static Thread>,
    watched: Option<Watched>,
    /// How often it went on while it was looked at.
    moved: usize,
}

/// Takes them, if somebody has asked since the last time; says whether.
pub(super) fn answer(watchdog: &mut Watchdog) -> bool {
    if !watchdog.core.stacks.take_asked() {
        return false;
    }
    let clock = &watchdog.core.store.clock;
    let begun = clock.now();
    let mut wanted = threads(watchdog);
    let mut stacks = Vec::new();
    loop {
        let over = clock.now().since(begun).0 >= PATIENCE;
        for mut it in std::mem::take(&mut wanted) {
            let before = it.slot.and_then(Thread::in_poll);
            let taken = match watchdog.taker.look(it.tid, it.watched.take()) {
                Look::Taken(taken) => taken,
                Look::Runs(watched) if !over => {
                    wanted.push(Wanted { watched: Some(watched), ..it });
                    continue;
                }
                Look::Moved if !over && it.moved < MOST_MOVES => {
                    wanted.push(Wanted { moved: it.moved + 1, ..it });
                    continue;
                }
                Look::InVain if proc::state(it.tid).is_none() => continue,
                Look::Runs(_) | Look::Moved | Look::InVain => Taken::nothing(),
            };
            let after = it.slot.and_then(Thread::in_poll);
            let same = after.filter(|after| before.is_some_and(|before| (before.id, before.start) == (after.id, after.start)));
            stacks.push(stack(watchdog, it, same, taken, begun));
        }
        if wanted.is_empty() {
            break;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    watchdog.core.stacks.set_threads(stacks);
    true
}

/// The threads of the program, not the agent's.
fn threads(watchdog: &Watchdog) -> Vec<Wanted> {
    let slots = watchdog.core.store.threads.all().into_iter();
    let slots: BTreeMap<u32, &'static Thread> = slots.filter_map(|thread| Some((thread.tid()?, thread))).collect();
    // tokio's blocking threads, and workers that have done nothing yet, have no slots: only their stacks tell.
    let all = proc::threads().into_iter().take(MOST_THREADS);
    let all = all.map(|tid| Wanted { tid, name: proc::name(tid), slot: slots.get(&tid).copied(), watched: None, moved: 0 });
    all.filter(|it| !it.name.starts_with("taskscope")).collect()
}

fn stack(watchdog: &Watchdog, it: Wanted, poll: Option<InPoll>, taken: Taken, at: At) -> ThreadStack {
    let core = watchdog.core;
    let seat = match (it.slot, poll) {
        (Some(slot), Some(poll)) => Seat::of(core, slot, poll.record, &watchdog.followed),
        (Some(slot), None) => Seat::of_idle(core, slot),
        _ => Seat::default(),
    };
    ThreadStack {
        tid: it.tid,
        name: it.name,
        at,
        runtime: seat.runtime,
        worker: seat.worker,
        task: poll.map(|poll| TaskId(poll.id)),
        since: poll.map(|poll| core.store.clock.at(poll.start)),
        stack: core.stacks.intern(taken),
    }
}
