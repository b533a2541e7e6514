//! The work that every variant of the benchmark does, so that they differ in nothing but their
//! instrumentation. A variant is a program: its `main` builds a runtime with its instrumentation and gives
//! [`work`] to `block_on`.
//!
//! With the driver it speaks lines: it prints `ready` (a server: `ready ADDRESS`) when the work goes on at an
//! even pace, waits for a line, measures for as long as the job says or until the next line, and prints
//! what it measured.

mod counter;
mod job;
mod memory;
mod ping_pong;
mod polls;
mod server;
mod snapshot;
mod spawns;

pub use job::Job;
use std::io::Write as _;
use tokio::task::JoinError;

/// One way to instrument tasks.
pub trait Variant: 'static {
    /// The names of its own threads, at most 15 bytes each; their CPU time is listed apart.
    const THREADS: &'static [&'static str];

    /// What is awaited for a task's end.
    type Handle<T: Send + 'static>: Future<Output = Result<T, JoinError>> + Send + Unpin;

    /// Spawns as a user of it would, in the context of a runtime.
    fn spawn<F>(future: F) -> Self::Handle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// Does a job and prints the result.
pub async fn work<V: Variant>(job: Job) {
    let mut address = String::new();
    match job.workload() {
        "poll" => polls::start::<V>(&job).await,
        "spawn" => spawns::start::<V>(&job),
        "ping_pong" => ping_pong::start::<V>(),
        "idle" => memory::idle::<V>(job.number("live")).await,
        "changing" => memory::changing::<V>(job.number("live"), job.number("seconds")).await,
        "server" => address = server::start::<V>().await,
        "live" => return say(&memory::live::<V>(job.number("live")).await),
        "ended" => return say(&memory::ended::<V>(job.number("count")).await),
        unknown => panic!("no such workload: {unknown}"),
    }
    let (measured, done) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        say(&format!("ready {address}"));
        measure::<V>(job.number("ms"));
        measured.send(()).expect("it is waited for");
    });
    // Not here: a root that blocks is what an agent looks into.
    done.await.expect("it measures");
    // The tasks never end by themselves, and taking down a million of them is not measured.
    std::process::exit(0);
}

/// Waits for a line, measures for so many milliseconds or until the next line, and says what it measured.
fn measure<V: Variant>(ms: u64) {
    job::line();
    let begin = snapshot::Snapshot::take(V::THREADS);
    match ms {
        0 => job::line(),
        ms => std::thread::sleep(std::time::Duration::from_millis(ms)),
    }
    let end = snapshot::Snapshot::take(V::THREADS);
    say(&end.since(&begin));
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the driver listens");
}
