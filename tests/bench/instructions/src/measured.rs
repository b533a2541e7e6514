//! The work that is counted, on a current-thread runtime: every instruction of tokio's and of the hooks is on
//! one thread.

use std::pin::Pin;
use std::task::{Context, Poll};
use taskscope_agent::{Builder, Mode};

/// Tasks alive while polls are counted.
const LIVE: u64 = 64;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Poll,
    Spawn,
}

impl Work {
    pub fn name(self) -> &'static str {
        match self {
            Self::Poll => "a poll",
            Self::Spawn => "a spawn + join",
        }
    }

    /// The agent's part in it.
    pub fn where_it_is(self) -> &'static str {
        match self {
            Self::Poll => "agent/src/hooks.rs and agent/src/store/polls.rs",
            Self::Spawn => {
                "agent/src/store.rs, agent/src/spawning.rs, agent/src/shard.rs and agent/src/records/"
            }
        }
    }
}

/// Does a work so often, with or without the agent.
pub fn run(work: &str, agent: &str, operations: &str) {
    let mode = if agent == "agent" { Mode::On } else { Mode::Off };
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = Builder::new().mode(mode).build_from(builder.enable_all()).expect("a runtime");
    let operations = operations.parse().expect("a number");
    if work == Work::Poll.name() {
        taskscope_bench_measured(&mut || runtime.block_on(polls(operations)));
    } else {
        taskscope_bench_measured(&mut || runtime.block_on(spawns(operations)));
    }
}

/// callgrind counts from when this is entered until it is left, and knows it by its name.
#[unsafe(no_mangle)]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "only its name is of another language")]
pub extern "C" fn taskscope_bench_measured(work: &mut dyn FnMut()) {
    work();
}

async fn polls(operations: u64) {
    let tasks: Vec<_> = (0..LIVE).map(|_| tokio::spawn(SelfWaking { left: operations / LIVE })).collect();
    for task in tasks {
        task.await.expect("the task ends");
    }
}

async fn spawns(operations: u64) {
    for _ in 0..operations {
        tokio::spawn(async {}).await.expect("the task ends");
    }
}

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
