//! Programs with task hooks of their own.

use crate::say;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use taskscope_agent::Builder;

/// Calls of each of the user's hooks: spawn, before and after a poll, terminate.
static CALLS: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

fn called(hook: usize) {
    CALLS[hook].fetch_add(1, Ordering::SeqCst);
}

fn calls() -> [usize; 4] {
    std::array::from_fn(|hook| CALLS[hook].load(Ordering::SeqCst))
}

/// Hooks given to the agent's builder: says how often each was called for three tasks of two polls.
pub(crate) fn chained() {
    let builder = Builder::from_env()
        .on_task_spawn(|_| called(0))
        .on_before_task_poll(|_| called(1))
        .on_after_task_poll(|_| called(2))
        .on_task_terminate(|_| called(3));
    let runtime = builder.build().expect("a runtime can be built");
    runtime.block_on(async {
        for _ in 0..3 {
            tokio::spawn(tokio::task::yield_now()).await.expect("the task returns");
        }
        // Whoever waits for a task may be woken before the hooks of its end, and of its last poll's, are called.
        while calls().iter().zip([3, 6, 6, 3]).any(|(calls, expected)| *calls < expected) {
            tokio::task::yield_now().await;
        }
        say(&format!("ready {:?}", calls()));
        std::future::pending::<()>().await;
    });
}

/// A hook set on tokio's builder behind the agent's back: tokio keeps one of each.
pub(crate) fn replaced(which: &str) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all();
    Builder::from_env().install(&mut builder);
    match which {
        "spawn" => builder.on_task_spawn(|_| {}),
        "before" => builder.on_before_task_poll(|_| {}),
        "after" => builder.on_after_task_poll(|_| {}),
        "terminate" => builder.on_task_terminate(|_| {}),
        _ => return,
    };
    let runtime = builder.build().expect("a runtime can be built");
    runtime.block_on(taskscope_agent::root(async {
        tokio::spawn(ticking());
        say("ready");
        loop {
            tokio::spawn(async {}).await.expect("the task returns");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }));
}

/// Polled again and again.
async fn ticking() {
    loop {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
