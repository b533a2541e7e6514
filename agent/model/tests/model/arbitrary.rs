//! Changes and messages by chance. Ids are few, so that Changes meet; numbers are small, or anything.

use super::arbitrary_fates::fate;
use super::{memory, offers, outside, resources};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use taskscope_model::change::*;
use taskscope_model::codes::{Counter, Doing, Flavor, Origin, Outcome, Seen, TaskKind};
use taskscope_model::frame::Told;
use taskscope_model::request::*;
use taskscope_model::{
    At, ChainId, Change, Fact, FrameId, LocationId, Nanos, RuntimeId, SlowPollId, Source, TaskId, Worker,
    World,
};

/// The settings of every property here: failures are printed, nothing is written into the tree.
pub(super) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The fold of these Changes.
pub(super) fn fold<'a>(changes: impl IntoIterator<Item = &'a Change>) -> World {
    let mut world = World::default();
    changes.into_iter().for_each(|change| world.apply(change));
    world
}

pub(super) fn number() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..40u64, 1 => any::<u64>()]
}

/// Of the order of the detectors' limits, too: they are a second, and five minutes.
pub(super) fn at() -> impl Strategy<Value = At> {
    let seconds = prop_oneof![3 => 0..6u64, 1 => 298..303u64].prop_map(|seconds| seconds * 1_000_000_000);
    prop_oneof![8 => number(), 12 => seconds].prop_map(At)
}

pub(super) fn nanos() -> impl Strategy<Value = Nanos> {
    number().prop_map(Nanos)
}

pub(super) fn place() -> impl Strategy<Value = LocationId> {
    (0..3u32).prop_map(LocationId)
}

fn chain_id() -> impl Strategy<Value = ChainId> {
    (0..4u32).prop_map(ChainId)
}

fn runtime_id() -> impl Strategy<Value = RuntimeId> {
    (0..2u32).prop_map(RuntimeId)
}

/// One of few tasks, roots among them.
pub(super) fn task_id() -> impl Strategy<Value = TaskId> {
    prop_oneof![6 => (0..6u64).prop_map(TaskId), 1 => (1..3u32).prop_map(TaskId::root)]
}

pub(super) fn word() -> impl Strategy<Value = String> {
    prop_oneof![3 => "(src/)?[a-c]{0,3}(\\.rs)?", 1 => "\\PC{0,5}"]
}

/// The known sources, and one that a later version may have.
pub(super) fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        6 => Just(Source::AGENT),
        3 => Just(Source::OUTSIDE),
        2 => Just(Source::CONSOLE),
        1 => any::<u8>().prop_map(Source),
    ]
}

/// Any Change.
pub(super) fn change() -> impl Strategy<Value = Change> {
    (source(), fact()).prop_map(|(source, fact)| Change { source, fact })
}

/// Any fact, those about tasks more often.
pub(super) fn fact() -> impl Strategy<Value = Fact> {
    // In boxes: what chance makes of a fact is large, and stands on the stack while it is made.
    prop_oneof![
        3 => tasks().boxed(),
        4 => fate().boxed(),
        1 => places_and_runtimes().boxed(),
        1 => stacks().boxed(),
        1 => resources::fact().boxed(),
        1 => offers::fact().boxed(),
        1 => outside::fact(),
        1 => the_source_itself().boxed(),
    ]
}

fn tasks() -> impl Strategy<Value = Fact> {
    let spawned = (task_id(), 0..6u8, of(runtime_id()), of(task_id()), of(place()), of(chain_id()), of(at()))
        .prop_map(|(task, kind, runtime, parent, location, chain, at)| {
            Spawned { task, kind: TaskKind(kind), runtime, parent, location, chain, at }.into()
        });
    let ended = (task_id(), at(), 0..8u8)
        .prop_map(|(task, at, how)| Ended { task, at, outcome: Outcome(how) }.into());
    let forgotten = task_id().prop_map(|task| Forgotten { task }.into());
    prop_oneof![3 => spawned, 4 => polled(), 3 => ended, 1 => forgotten]
}

fn polled() -> impl Strategy<Value = Fact> {
    let times = (number(), nanos(), nanos(), of(at()), of(at()));
    let long_polls = vec((nanos(), any::<u32>()), 0..3);
    (task_id(), times, of((0..4u32).prop_map(Worker)), long_polls).prop_map(
        |(task, (polls, busy, max_poll, running_since, last_poll), worker, long_polls)| {
            Polled { task, polls, busy, max_poll, running_since, last_poll, worker, long_polls }.into()
        },
    )
}

fn places_and_runtimes() -> impl Strategy<Value = Fact> {
    let location = (place(), word(), any::<u32>(), any::<u32>())
        .prop_map(|(id, file, line, column)| Location { id, file, line, column }.into());
    let chain = (chain_id(), place(), of(chain_id()))
        .prop_map(|(id, location, parent)| Chain { id, location, parent }.into());
    let runtime =
        (runtime_id(), word(), 0..4u8, any::<u32>(), at()).prop_map(|(id, name, flavor, workers, at)| {
            Runtime { id, name, flavor: Flavor(flavor), workers, at }.into()
        });
    let ended = (runtime_id(), at()).prop_map(|(id, at)| RuntimeEnded { id, at }.into());
    let totals = (place(), number(), number(), number(), nanos(), nanos()).prop_map(
        |(location, spawned, ended, polls, busy, max_poll)| {
            Totals { location, spawned, ended, polls, busy, max_poll }.into()
        },
    );
    prop_oneof![location, chain, runtime, ended, totals, figures()]
}

fn figures() -> impl Strategy<Value = Fact> {
    let worker = (nanos(), number(), of(number()), of(number()), of(number()), of(task_id())).prop_map(
        |(busy, parks, polls, steals, local_queue, running)| WorkerFigures {
            busy,
            parks,
            polls,
            steals,
            local_queue,
            running,
        },
    );
    let unstable = (of(number()), of(number()), of(number()), of(number()), of(number()), of(number()));
    (runtime_id(), at(), number(), number(), unstable, vec(worker, 0..3)).prop_map(
        |(runtime, at, live_tasks, global_queue, unstable, workers)| {
            let (blocking_queue, blocking_threads, idle_blocking_threads, ..) = unstable;
            let (_, _, _, forced_yields, io_ready, remote_schedules) = unstable;
            Figures {
                runtime,
                at,
                live_tasks,
                global_queue,
                blocking_queue,
                blocking_threads,
                idle_blocking_threads,
                forced_yields,
                io_ready,
                remote_schedules,
                workers,
            }
            .into()
        },
    )
}

fn stack() -> impl Strategy<Value = Stack> {
    (0..5u8, word(), any::<bool>(), any::<bool>(), vec((0..4u32).prop_map(FrameId), 0..4)).prop_map(
        |(doing, call, approximate, complete, frames)| Stack {
            doing: Doing(doing),
            call,
            approximate,
            complete,
            frames,
        },
    )
}

fn stacks() -> impl Strategy<Value = Fact> {
    let call = (word(), of(place()), 0..7u8).prop_map(|(function, location, origin)| Call {
        function,
        location,
        origin: Origin(origin),
    });
    let frame = ((0..4u32).prop_map(FrameId), any::<u64>(), word(), word(), number(), vec(call, 0..3))
        .prop_map(|(id, address, module, build_id, offset, calls)| {
            Frame { id, address, module, build_id, offset, calls }.into()
        });
    let worker = || of((0..4u32).prop_map(Worker));
    let thread = (0..3u32, word(), at(), of(runtime_id()), worker(), of(task_id()), of(at()), stack())
        .prop_map(|(tid, name, at, runtime, worker, task, since, stack)| {
            ThreadStack { tid, name, at, runtime, worker, task, since, stack }.into()
        });
    let full = (runtime_id(), of(at()), number(), number())
        .prop_map(|(runtime, since, queued, threads)| PoolFull { runtime, since, queued, threads }.into());
    // Boxed: as one value they are too large for a test's stack.
    prop_oneof![2 => frame.boxed(), 2 => slow_poll().boxed(), 1 => thread.boxed(), 1 => full.boxed()]
}

fn slow_poll() -> impl Strategy<Value = Fact> {
    let sample = (nanos(), stack()).prop_map(|(after, stack)| Sample { after, stack });
    let what = ((0..4u32).prop_map(SlowPollId), of(place()), of(place()), 0..3u64, number(), at(), nanos());
    let last = (
        nanos(),
        task_id(),
        of(runtime_id()),
        of((0..4u32).prop_map(Worker)),
        any::<u32>(),
        at(),
        of(nanos()),
    );
    (what, last, of(number()), vec(sample, 0..3)).prop_map(
        |(
            (id, place, spawned_at, count, more, since, longest),
            (limit, task, runtime, worker, tid, at, length),
            waiting,
            samples,
        )| {
            SlowPoll {
                id,
                place,
                spawned_at,
                count,
                more,
                since,
                longest,
                limit,
                task,
                runtime,
                worker,
                tid,
                at,
                length,
                waiting,
                samples,
            }
            .into()
        },
    )
}

fn the_source_itself() -> impl Strategy<Value = Fact> {
    let coverage = ("[a-c]", 0..5u8, word(), word())
        .prop_map(|(topic, seen, why, remedy)| Coverage { topic, seen: Seen(seen), why, remedy }.into());
    prop_oneof![
        4 => at().prop_map(|at| Tick { at }.into()),
        1 => coverage,
        1 => (0..12u8, number()).prop_map(|(counter, count)| Counted { counter: Counter(counter), count }.into()),
        1 => any::<u32>().prop_map(|subscription| Complete { subscription }.into()),
        1 => (at(), word()).prop_map(|(at, reason)| Goodbye { at, reason }.into()),
    ]
}

/// Anything a program tells.
pub(super) fn told() -> impl Strategy<Value = Told> {
    let denied = (any::<u32>(), any::<u8>(), word()).prop_map(|(number, reason, message)| Denied {
        number,
        reason: Reason(reason),
        message,
    });
    let result = (task_id(), any::<bool>(), word()).prop_map(|(task, asked, message)| CancelResult {
        task,
        asked,
        message,
    });
    let cancelled =
        (any::<u32>(), vec(result, 0..4)).prop_map(|(number, results)| Cancelled { number, results });
    let done = (any::<u32>(), word()).prop_map(|(number, message)| Done { number, message });
    prop_oneof![
        8 => change().prop_map(Told::Change),
        1 => denied.prop_map(|denied| Told::Answer(denied.into())),
        1 => cancelled.prop_map(|cancelled| Told::Answer(cancelled.into())),
        1 => done.prop_map(|done| Told::Answer(done.into())),
        1 => offers::answer().prop_map(Told::Answer),
        1 => memory::answer().prop_map(Told::Answer),
    ]
}

/// Anything a client asks.
pub(super) fn request() -> impl Strategy<Value = Request> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let subscribe = (any::<u32>(), word(), word(), any::<u32>(), flags, vec(task_id(), 0..3)).prop_map(
        |(number, query, sort, limit, (reverse, ended, totals, figures, once), detail)| {
            Subscribe { number, query, sort, reverse, limit, ended, totals, figures, once, detail }.into()
        },
    );
    let cancel =
        (any::<u32>(), vec(task_id(), 0..5)).prop_map(|(number, tasks)| Cancel { number, tasks }.into());
    let trace = (any::<u32>(), task_id()).prop_map(|(number, task)| Trace { number, task }.into());
    let switch = (any::<u32>(), word()).prop_map(|(number, mode)| Switch { number, mode }.into());
    prop_oneof![subscribe, cancel, trace, switch, offers::request(), memory::request()]
}
