//! The futures of tokio's that wait in the end, and where what they wait for stands in them. Told by their
//! path; where their members are is looked up, and one without the members that are needed is no leaf.

use crate::debug::Die;
use crate::tree::{Direction, ResourceKind};
use crate::types::{Kind, Number, Types};
use crate::view::View;
use taskscope_model::At;

/// A future that waits in the end. Offsets are into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// `Sleep`: seconds and nanoseconds of its deadline.
    Sleep { seconds: u64, nanos: u64 },
    /// `Acquire`: pointer to the semaphore, whether it stands in its queue, permits that it still lacks.
    Acquire { semaphore: u64, queued: u64, lacks: u64 },
    /// One that holds a pointer to what it waits for.
    Resource { kind: ResourceKind, pointer: u64 },
    /// `JoinHandle`: pointer to the task.
    Join { task: u64 },
    /// `JoinSet`: the number of its tasks.
    JoinSet { length: u64 },
    /// `Readiness`: which events.
    Readiness { interest: Option<u64> },
    /// `PollEvented`: the descriptor, and the wakers of reading and writing behind a pointer.
    Source { source: Source },
    /// `BlockingTask`.
    Blocking,
}

/// A registered source of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The file descriptor.
    descriptor: Option<Number>,
    /// Pointer to what the driver knows of it, and in there the wakers of readers and writers.
    wakers: Option<(u64, u64, u64)>,
}

impl Leaf {
    /// The leaf that a type is; `path` is the type's, without generic arguments.
    pub(crate) fn of(types: &Types<'_>, path: &str, die: Die) -> Option<Self> {
        let offset = |name| types.within(die, name).map(|(offset, _)| offset);
        let resource = |kind, name| offset(name).map(|pointer| Self::Resource { kind, pointer });
        match path {
            "tokio::time::sleep::Sleep" => Self::sleep(types, die),
            "tokio::sync::batch_semaphore::Acquire" => Some(Self::Acquire {
                semaphore: offset("semaphore")?,
                queued: offset("queued")?,
                lacks: types.field(die, &["node", "state"])?.0,
            }),
            "tokio::sync::notify::Notified" => resource(ResourceKind::Notify, "notify"),
            "tokio::sync::oneshot::Receiver" => Self::oneshot(types, die),
            "tokio::sync::mpsc::chan::Rx" => resource(ResourceKind::Receive, "inner"),
            "tokio::sync::broadcast::Recv" => resource(ResourceKind::Broadcast, "receiver"),
            "tokio::runtime::task::join::JoinHandle" => Some(Self::Join { task: offset("raw")? }),
            "tokio::task::join_set::JoinSet" => Some(Self::JoinSet { length: offset("length")? }),
            "tokio::runtime::io::scheduled_io::Readiness" | "tokio::io::driver::scheduled_io::Readiness" => {
                Some(Self::Readiness { interest: offset("interest") })
            }
            "tokio::io::poll_evented::PollEvented" => Some(Self::Source { source: Source::of(types, die) }),
            "tokio::runtime::blocking::task::BlockingTask" => Some(Self::Blocking),
            _ => None,
        }
    }

    fn sleep(types: &Types<'_>, die: Die) -> Option<Self> {
        let (begin, deadline) = types.within(die, "deadline")?;
        let (seconds, _) = types.within(deadline, "tv_sec")?;
        let (nanos, _) = types.within(deadline, "tv_nsec")?;
        Some(Self::Sleep { seconds: begin + seconds, nanos: begin + nanos })
    }

    /// Its pointer is in an `Option`, of which a null pointer is the `None`.
    fn oneshot(types: &Types<'_>, die: Die) -> Option<Self> {
        let (pointer, inner) = types.field(die, &["inner"])?;
        (types.get(inner).size == 8).then_some(Self::Resource { kind: ResourceKind::Oneshot, pointer })
    }
}

impl Source {
    /// Of a `PollEvented`.
    pub(crate) fn of(types: &Types<'_>, die: Die) -> Self {
        Self { descriptor: descriptor(types, die), wakers: wakers(types, die) }
    }

    pub(crate) fn descriptor(&self, view: &mut View<'_>, address: u64) -> Option<i32> {
        let descriptor = view.number(address, self.descriptor?)?;
        i32::try_from(descriptor).ok()
    }

    /// Which way its tasks wait; `None` if none of the two wakers is set.
    pub(crate) fn direction(&self, view: &mut View<'_>, address: u64) -> Option<Direction> {
        let (pointer, reader, writer) = self.wakers?;
        let shared = view.word(address.checked_add(pointer)?)?;
        // A waker is a pointer to its vtable and one to its data; no waker has no vtable.
        let mut is_set = |at: u64| Some(view.word(shared.checked_add(at)?)? != 0);
        match (is_set(reader)?, is_set(writer)?) {
            (true, true) => Some(Direction::Both),
            (true, false) => Some(Direction::Read),
            (false, true) => Some(Direction::Write),
            (false, false) => None,
        }
    }
}

/// Within its member `io`, an `Option` of a struct around the number.
fn descriptor(types: &Types<'_>, die: Die) -> Option<Number> {
    let (begin, io) = types.field(die, &["io"])?;
    let option = types.get(io);
    let some = option.choice()?.cases.iter().max_by_key(|case| types.get(case.of).members().len())?;
    let (offset, of) = types.within(some.of, "fd")?;
    let (deeper, size) = match &types.get(of).kind {
        Kind::Parts { members, .. } if !members.is_empty() => {
            types.within(of, "__0").map_or((0, 4), |(at, _)| (at, 4))
        }
        _ => (0, 4),
    };
    Some(Number { offset: begin + some.offset + offset + deeper, size })
}

fn wakers(types: &Types<'_>, die: Die) -> Option<(u64, u64, u64)> {
    let (pointer, shared) = types.within(die, "shared")?;
    let inner = types.pointee(shared)?;
    let (begin, waiters) = types.within(inner, "waiters")?;
    let (reader, _) = types.within(waiters, "reader")?;
    let (writer, _) = types.within(waiters, "writer")?;
    Some((pointer, begin + reader, begin + writer))
}

/// A deadline as it stands in memory: CLOCK_MONOTONIC.
pub(crate) fn deadline(view: &mut View<'_>, address: u64, seconds: u64, nanos: u64) -> Option<At> {
    const SECOND: u64 = 1_000_000_000;
    let seconds = view.word(address.checked_add(seconds)?)?;
    let nanos = view.number(address, Number { offset: nanos, size: 4 })?;
    let whole = seconds.checked_mul(SECOND).filter(|_| nanos < SECOND)?;
    Some(At(whole.checked_add(nanos)?))
}

/// What an `async fn` of tokio's makes of the semaphore or notification that it waits for.
pub(crate) fn role(function: &str) -> Option<ResourceKind> {
    let inside = function.strip_prefix("tokio::sync::")?;
    let name = inside.rsplit("::").next().unwrap_or_default();
    match inside.split("::").next()? {
        "mutex" => Some(ResourceKind::Mutex),
        "rwlock" if name.contains("write") => Some(ResourceKind::RwLockWrite),
        "rwlock" => Some(ResourceKind::RwLockRead),
        "semaphore" => Some(ResourceKind::Semaphore),
        "mpsc" if name.contains("recv") => Some(ResourceKind::Receive),
        "mpsc" => Some(ResourceKind::Send),
        "watch" => Some(ResourceKind::Watch),
        "broadcast" => Some(ResourceKind::Broadcast),
        "barrier" => Some(ResourceKind::Barrier),
        "once_cell" => Some(ResourceKind::OnceCell),
        _ => None,
    }
}
