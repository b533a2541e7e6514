//! console-subscriber, with nobody attached.

use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

struct Console;

impl Variant for Console {
    const THREADS: &'static [&'static str] = &["console_subscri"];
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }
}

fn main() {
    let job = Job::from_args();
    console_subscriber::ConsoleLayer::builder().server_addr(([127, 0, 0, 1], 0)).init();
    let runtime = job.runtime().build().expect("a runtime");
    runtime.block_on(work::<Console>(job));
}
