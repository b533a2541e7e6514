//! await-tree: every task is the root of a tree.

use await_tree::{Config, Registry};
use std::sync::LazyLock;
use taskscope_bench_workloads::{Job, Variant, work};
use tokio::task::JoinHandle;

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::new(Config::default()));

struct Trees;

impl Variant for Trees {
    const THREADS: &'static [&'static str] = &[];
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(REGISTRY.register_anonymous("task").instrument(future))
    }
}

fn main() {
    let job = Job::from_args();
    let runtime = job.runtime().build().expect("a runtime");
    runtime.block_on(work::<Trees>(job));
}
