//! The stacks of all threads, when somebody asks.

use super::Watchdog;
use super::seat::Seat;
use crate::frames::InPoll;
use crate::stacks::taken::Taken;
use crate::stacks::proc::{self, State};
use crate::stacks::{BETWEEN_LOOKS, Look, Watched};
use crate::threads::Thread;
use std::collections::BTreeMap;
use std::time::Duration;
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
        let pass = clock.now();
        for it in std::mem::take(&mut wanted) {
            // Within a pass too: who is asked for a stack may take his time.
            let over = clock.now().since(begun).0 >= PATIENCE;
            match look(watchdog, it, over) {
                Seen::Stack(it, poll, taken) => stacks.push(stack(watchdog, it, poll, taken, begun)),
                Seen::Again(it) => wanted.push(it),
                Seen::Gone => {}
            }
        }
        if wanted.is_empty() {
            break;
        }
        // No more than half of a processor.
        std::thread::sleep(BETWEEN_LOOKS.max(Duration::from_nanos(clock.now().since(pass).0)));
    }
    watchdog.core.stacks.set_threads(stacks);
    true
}

/// What a look at a thread has led to.
enum Seen {
    /// A stack, and the poll that the thread was in before and after it was taken.
    Stack(Wanted, Option<InPoll>, Taken),
    Again(Wanted),
    Gone,
}

/// One look at a thread; if the time is over it is the first or none.
fn look(watchdog: &mut Watchdog, mut it: Wanted, over: bool) -> Seen {
    if over && (it.watched.is_some() || it.moved > 0) {
        return Seen::Stack(it, None, Taken::nothing());
    }
    // Its slot may be another thread's by now.
    it.slot = it.slot.filter(|slot| slot.tid() == Some(it.tid));
    let before = it.slot.and_then(Thread::in_poll);
    let taken = match watchdog.taker.look(it.tid, it.watched.take()) {
        Look::Taken(taken) => taken,
        Look::Runs(watched) if !over => return Seen::Again(Wanted { watched: Some(watched), ..it }),
        Look::Moved if !over && it.moved < MOST_MOVES => return Seen::Again(Wanted { moved: it.moved + 1, ..it }),
        Look::InVain if proc::state(it.tid) != Some(State::Ready) => return Seen::Gone,
        Look::Runs(_) | Look::Moved | Look::InVain => Taken::nothing(),
    };
    let after = it.slot.and_then(Thread::in_poll);
    let same = |before: &InPoll, after: &InPoll| (before.id, before.start) == (after.id, after.start);
    let poll = after.filter(|after| before.is_some_and(|before| same(&before, after)));
    Seen::Stack(it, poll, taken)
}

/// The threads of the program, not the agent's.
fn threads(watchdog: &Watchdog) -> Vec<Wanted> {
    if !watchdog.taker.is_possible() {
        return Vec::new();
    }
    let slots = watchdog.core.store.threads.all().into_iter();
    let slots: BTreeMap<u32, &'static Thread> = slots.filter_map(|thread| Some((thread.tid()?, thread))).collect();
    // tokio's blocking threads, and workers that have done nothing yet, have no slots: only their stacks tell.
    let own = crate::threads::tid();
    let all = proc::threads().into_iter().filter(|tid| *tid != own).take(MOST_THREADS);
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
