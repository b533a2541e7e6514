//! async-backtrace: every task's future is a frame.

use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

struct Framed;

impl Variant for Framed {
    const THREADS: &'static [&'static str] = &[];
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(async_backtrace::location!().frame(future))
    }
}

fn main() {
    let job = Job::from_args();
    let runtime = job.runtime().build().expect("a runtime");
    runtime.block_on(work::<Framed>(job));
}
