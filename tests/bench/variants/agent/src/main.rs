//! taskscope's agent: `level=off` or `level=hooks`.

use taskscope_agent::{Builder, Mode};
use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

struct Agent;

impl Variant for Agent {
    const THREADS: &'static [&'static str] = &["taskscope"];

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }
}

fn main() {
    let job = Job::from_args();
    let mode = if job.text("level") == "off" { Mode::Off } else { Mode::On };
    let runtime = Builder::new().mode(mode).build_from(&mut job.runtime()).expect("a runtime");
    runtime.block_on(work::<Agent>(job));
}
