//! The work that is counted, on a current-thread runtime: every instruction of tokio's and of the hooks is on
//! one thread.

use crate::allocations;
use std::pin::Pin;
use std::task::{Context, Poll};
use taskscope_agent::{Builder, Mode, Observe as _};
use tokio::task::JoinError;

/// Tasks alive while polls are counted.
const LIVE: u64 = 64;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Poll,
    WrappedPoll,
    ObservedPoll,
    Spawn,
    WrappedSpawn,
}

impl Work {
    pub fn name(self) -> &'static str {
        match self {
            Self::Poll => "a poll",
            Self::WrappedPoll => "a poll of a wrapped task",
            Self::ObservedPoll => "a poll of an observed future in a task",
            Self::Spawn => "a spawn + join",
            Self::WrappedSpawn => "a wrapped spawn + join",
        }
    }

    /// The agent's part in it.
    pub fn where_it_is(self) -> &'static str {
        match self {
            Self::Poll => "agent/src/hooks.rs and agent/src/store/polls.rs",
            Self::WrappedPoll => "agent/src/wrapped/ and agent/src/store/polls.rs",
            Self::ObservedPoll => "agent/src/observe/ and agent/src/store/polls.rs",
            Self::Spawn => {
                "agent/src/store.rs, agent/src/spawning.rs, agent/src/shard.rs and agent/src/records/"
            }
            Self::WrappedSpawn => "agent/src/wrapped/, agent/src/store/wrapped.rs and agent/src/extensions/",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let all = [Self::Poll, Self::WrappedPoll, Self::ObservedPoll, Self::Spawn, Self::WrappedSpawn];
        all.into_iter().find(|work| work.name() == name)
    }
}

/// Does a work so often, with or without the agent; without it, plainly.
pub fn run(work: &str, agent: &str, operations: &str) {
    let with_agent = agent == "agent";
    let mode = if with_agent { Mode::On } else { Mode::Off };
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = Builder::new().mode(mode).build_from(builder.enable_all()).expect("a runtime");
    let operations = operations.parse().expect("a number");
    let work = match Work::named(work).expect("a work") {
        work if with_agent => work,
        Work::Poll | Work::WrappedPoll | Work::ObservedPoll => Work::Poll,
        Work::Spawn | Work::WrappedSpawn => Work::Spawn,
    };
    let before = allocations::count();
    taskscope_bench_measured(&mut || match work {
        Work::Poll => runtime.block_on(polls(operations, tokio::spawn::<SelfWaking>)),
        Work::WrappedPoll => runtime.block_on(polls(operations, taskscope_agent::spawn::<SelfWaking>)),
        Work::ObservedPoll => {
            runtime.block_on(polls(operations, |work: SelfWaking| tokio::spawn(work.observed("work"))));
        }
        Work::Spawn => runtime.block_on(spawns(operations, tokio::spawn::<Nothing>)),
        Work::WrappedSpawn => runtime.block_on(spawns(operations, taskscope_agent::spawn::<Nothing>)),
    });
    println!("{}", allocations::count() - before);
}

/// callgrind counts from when this is entered until it is left, and knows it by its name.
#[unsafe(no_mangle)]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "only its name is of another language")]
pub extern "C" fn taskscope_bench_measured(work: &mut dyn FnMut()) {
    work();
}

async fn polls<J: Join>(operations: u64, spawn: impl Fn(SelfWaking) -> J) {
    let tasks: Vec<_> = (0..LIVE).map(|_| spawn(SelfWaking { left: operations / LIVE })).collect();
    for task in tasks {
        task.await.expect("the task ends");
    }
}

async fn spawns<J: Join>(operations: u64, spawn: impl Fn(Nothing) -> J) {
    for _ in 0..operations {
        spawn(std::future::ready(())).await.expect("the task ends");
    }
}

/// Any handle.
trait Join: Future<Output = Result<(), JoinError>> {}
impl<J: Future<Output = Result<(), JoinError>>> Join for J {}

type Nothing = std::future::Ready<()>;

struct SelfWaking {
    left: u64,
}

impl Future for SelfWaking {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
