//! One task of each kind that waits for good, to be read from outside.
//!
//! What a reader has to find stands here. `// at: NAME` marks its line, or the next one if it stands alone.
//! `// task: LABEL = TREE` says what a task waits for, `// root: ...` a thread in `block_on`: `a > b` is a awaiting
//! b, `[a, b]` several at once, and a word that is no mark is what is waited for in the end. `LABEL = -` is a task
//! without a tree.

mod churn;
mod tasks;
mod waits;

use std::future::Future;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static JEMALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static MIMALLOC: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Arguments: `current_thread`, `churn` (100,000 short tasks a second), `many N` (N more tasks).
fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let many = arguments.iter().skip_while(|argument| *argument != "many").nth(1);
    let many = many.map_or(0, |many| many.parse().expect("many N"));
    let runtime = runtime(has("current_thread"));
    let (_kept, gone) = oneshot::channel();
    runtime.block_on(root(gone, Plan { current_thread: has("current_thread"), churn: has("churn"), many }));
}

struct Plan {
    current_thread: bool,
    churn: bool,
    many: u64,
}

fn runtime(current_thread: bool) -> Runtime {
    let mut builder = match current_thread {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    builder.worker_threads(4).enable_all().build().expect("a runtime")
}

// root: root = root.1 > last.1 > oneshot
async fn root(gone: oneshot::Receiver<()>, plan: Plan) {
    let kept = tasks::spawn_all().await;
    if !plan.current_thread {
        tasks::spawn_running();
    }
    for n in 0..plan.many {
        tokio::spawn(waits::many(n));
    }
    if plan.churn {
        std::thread::spawn(churn::forever);
    }
    println!("ready");
    last(gone).await; // at: root.1
    drop(kept);
}

async fn last(gone: oneshot::Receiver<()>) {
    let _ = gone.await; // at: last.1
}

/// Long enough for a test, and for a person with a debugger.
const LONG: Duration = Duration::from_secs(86_400);

/// Spawns, and says so.
fn spawn<F>(label: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let handle = tokio::spawn(future);
    say_handle(label, &handle.abort_handle());
    handle
}

#[cfg(feature = "ids")]
fn say_handle(label: &str, handle: &AbortHandle) {
    println!("task {} {label}", handle.id());
}

#[cfg(not(feature = "ids"))]
fn say_handle(label: &str, _: &AbortHandle) {
    println!("task ? {label}");
}
