//! tokio alone; with `hooks=empty` or `hooks=tsc`, and hooks in it that do nothing, or only read the counter
//! before and after each poll: what no agent can stay below.

use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

struct Bare;

impl Variant for Bare {
    const THREADS: &'static [&'static str] = &[];
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
    let mut builder = job.runtime();
    #[cfg(tokio_unstable)]
    hook(&mut builder, job.text("hooks"));
    let runtime = builder.build().expect("a runtime");
    runtime.block_on(work::<Bare>(job));
}

#[cfg(tokio_unstable)]
fn hook(builder: &mut tokio::runtime::Builder, hooks: &str) {
    match hooks {
        "empty" => {
            builder.on_before_task_poll(|_| ()).on_after_task_poll(|_| ());
            builder.on_task_spawn(|_| ()).on_task_terminate(|_| ());
        }
        #[cfg(target_arch = "x86_64")]
        "tsc" => {
            // SAFETY: every x86_64 processor has the counter.
            let read = || std::hint::black_box(unsafe { core::arch::x86_64::_rdtsc() });
            builder.on_before_task_poll(move |_| _ = read()).on_after_task_poll(move |_| _ = read());
            builder.on_task_spawn(move |_| _ = read()).on_task_terminate(move |_| _ = read());
        }
        _ => {}
    }
}
