//! tokio-metrics: every task is instrumented by one TaskMonitor.

use std::sync::LazyLock;
use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;
use tokio_metrics::TaskMonitor;

static MONITOR: LazyLock<TaskMonitor> = LazyLock::new(TaskMonitor::new);

struct Monitored;

impl Variant for Monitored {
    const THREADS: &'static [&'static str] = &[];
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(MONITOR.instrument(future))
    }
}

fn main() {
    let job = Job::from_args();
    let runtime = job.runtime().build().expect("a runtime");
    runtime.block_on(work::<Monitored>(job));
}
