//! taskscope's agent: `level=off`, `hooks` or `debug`; `spawn=plain`, `wrapped` or `observed`.

use taskscope_agent::{Builder, Mode, Observe};
use taskscope_bench_workloads::{Job, Variant, work};

/// The agent's threads, whose CPU time is listed apart; no others are the agent's.
const THREADS: &[&str] =
    &["taskscope", "taskscope-watch", "taskscope-names", "taskscope-stack", "taskscope-drops"];

struct Plain;
struct Wrapped;
struct Observed;

impl Variant for Plain {
    const THREADS: &'static [&'static str] = THREADS;
    type Handle<T: Send + 'static> = tokio::task::JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }
}

impl Variant for Wrapped {
    const THREADS: &'static [&'static str] = THREADS;
    type Handle<T: Send + 'static> = taskscope_agent::task::JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        taskscope_agent::spawn(future)
    }
}

/// Plain tasks, each with an observed future in it.
impl Variant for Observed {
    const THREADS: &'static [&'static str] = THREADS;
    type Handle<T: Send + 'static> = tokio::task::JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future.observed("work"))
    }
}

fn main() {
    let job = Job::from_args();
    let mode = match job.text("level") {
        "off" => Mode::Off,
        "debug" => Mode::Debug,
        _ => Mode::On,
    };
    let runtime = Builder::new().mode(mode).build_from(&mut job.runtime()).expect("a runtime");
    match job.text("spawn") {
        "wrapped" => runtime.block_on(work::<Wrapped>(job)),
        "observed" => runtime.block_on(work::<Observed>(job)),
        _ => runtime.block_on(work::<Plain>(job)),
    }
}
