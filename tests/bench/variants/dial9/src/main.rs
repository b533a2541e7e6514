//! dial9, writing its trace to a disk buffer as its documentation sets it up: `spawn=tokio` or `spawn=dial9`.

use dial9::{Dial9HandleTokioExt, DiskBuffer, TokioAttachOptions, recorder};
use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

struct ByTokio;
struct ByDial9;

const THREADS: &[&str] = &["dial9-flush", "dial9-worker"];

impl Variant for ByTokio {
    const THREADS: &'static [&'static str] = THREADS;
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }
}

impl Variant for ByDial9 {
    const THREADS: &'static [&'static str] = THREADS;
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        dial9::spawn(future)
    }
}

fn main() {
    let job = Job::from_args();
    let trace = DiskBuffer::builder()
        .base_path("dial9")
        .max_file_size(16 << 20)
        .max_total_size(64 << 20)
        .build()
        .expect("a place for the trace");
    let recorder = recorder(trace).build();
    let options = TokioAttachOptions::builder().task_tracking_enabled(true).build();
    let runtime = recorder.handle().attach_tokio_runtime(job.runtime(), options).expect("a runtime");
    if job.text("spawn") == "dial9" {
        runtime.block_on(work::<ByDial9>(job));
    } else {
        runtime.block_on(work::<ByTokio>(job));
    }
}
