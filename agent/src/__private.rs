//! What the attribute macros expand to. Not for use by hand.

use crate::builder::Builder;
use crate::runtime::root;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};

pub use crate::observe::observe;
pub use tokio;

/// What a function returns, to name `!` where it is not yet a type.
pub trait Returns {
    /// What it returns.
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}

/// The options of `#[main]`.
#[derive(Debug)]
pub struct Settings {
    /// `flavor = "..."`.
    pub flavor: Flavor,
    /// `worker_threads = ...`.
    pub worker_threads: Option<usize>,
    /// `name = "..."`.
    pub name: Option<&'static str>,
    /// Options that not every tokio has: the macro writes them where the program's tokio is known.
    pub configure: fn(&mut tokio::runtime::Builder),
}

/// `flavor` of `#[main]`.
#[derive(Clone, Copy, Debug)]
pub enum Flavor {
    /// A pool of workers.
    MultiThread,
    /// The calling thread.
    CurrentThread,
}

/// Runs the body of a `#[main]` function.
///
/// # Panics
/// As `#[tokio::main]`: if no runtime can be built, or the body panics.
#[track_caller]
pub fn run<F: Future>(settings: Settings, body: F) -> F::Output {
    let (mut tokio, builder) = builders(&settings);
    let runtime = built(builder.build_from(&mut tokio));
    let _goodbye = Goodbye;
    let output = runtime.block_on(body);
    drop(runtime);
    output
}

/// As [`run`], on a kind of runtime that the least tokio of this crate does not have: `start` builds it and runs
/// the future on it.
///
/// # Panics
/// As [`run`].
#[track_caller]
pub fn run_with<F: Future>(
    settings: Settings,
    start: impl FnOnce(
        &mut tokio::runtime::Builder,
        Pin<&mut dyn Future<Output = F::Output>>,
    ) -> io::Result<F::Output>,
    body: F,
) -> F::Output {
    let (mut tokio, builder) = builders(&settings);
    builder.install(&mut tokio);
    let _goodbye = Goodbye;
    built(start(&mut tokio, pin!(root(body))))
}

fn builders(settings: &Settings) -> (tokio::runtime::Builder, Builder) {
    let mut tokio = match settings.flavor {
        Flavor::MultiThread => tokio::runtime::Builder::new_multi_thread(),
        Flavor::CurrentThread => tokio::runtime::Builder::new_current_thread(),
    };
    tokio.enable_all();
    if let Some(threads) = settings.worker_threads {
        tokio.worker_threads(threads);
    }
    (settings.configure)(&mut tokio);
    let builder = Builder::from_env();
    (
        tokio,
        match settings.name {
            Some(name) => builder.name(name),
            None => builder,
        },
    )
}

#[track_caller]
fn built<T>(runtime: io::Result<T>) -> T {
    match runtime {
        Ok(runtime) => runtime,
        Err(error) => panic!("tokio cannot build a runtime: {error}"),
    }
}

/// Tells the clients when `main` returns or panics.
struct Goodbye;

impl Drop for Goodbye {
    fn drop(&mut self) {
        if let Some(core) = crate::core::get() {
            let reason = if std::thread::panicking() { "main panicked" } else { "main returned" };
            core.farewell.say(reason);
        }
    }
}
