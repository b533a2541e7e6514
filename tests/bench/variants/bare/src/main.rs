//! tokio alone.

use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

struct Bare;

impl Variant for Bare {
    const THREADS: &'static [&'static str] = &[];

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
    let runtime = job.runtime().build().expect("a runtime");
    runtime.block_on(work::<Bare>(job));
}
