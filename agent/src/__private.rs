//! What the attribute macros expand to. Not for use by hand.

use crate::builder::Builder;
use crate::mode::Mode;
use crate::runtime::root;
use crate::verdict;
use std::future::Future;
use std::io::{self, Write};
use std::pin::{Pin, pin};

pub use crate::observe::observe;
use crate::core;
use crate::observe::observer;
use taskscope_model::change::{HalfWay, Observed};
pub use taskscope_model::Kind;
pub use tokio;

/// What became of the observed futures of each place, as it would be told now: where they are made, the sums,
/// and the last one that was dropped half way. For tests of the evidence itself.
pub fn observed() -> Vec<(String, Observed, Option<HalfWay>)> {
    let (Some(core), Some(observer)) = (core::get(), observer()) else { return Vec::new() };
    observer.judge();
    let place = |observed: &Observed| core.store.places.text(observed.location.0).unwrap_or_default();
    observer.sums().into_iter().map(|(observed, half_way)| (place(&observed), observed, half_way)).collect()
}

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
    /// `debug`, `log` or `on`: without it the agent is on; the environment has the last word.
    pub mode: Option<Mode>,
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

/// What there is to know about a `#[test]` besides its settings.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Its path.
    pub name: &'static str,
    /// Whether `#[should_panic]` stands at it.
    pub should_panic: bool,
    /// Kinds of findings it may leave behind: anywhere, or at places whose path holds the text.
    pub allowed: &'static [(Kind, Option<&'static str>)],
}

/// Runs the body of a `#[test]` function, and judges what it leaves behind.
///
/// # Panics
/// As `#[tokio::test]`; and if the test leaves something behind that is not allowed.
#[track_caller]
pub fn test<F: Future>(
    settings: Settings,
    test: Test,
    body: F,
    has_failed: impl FnOnce(&F::Output) -> bool,
) -> F::Output {
    let (mut tokio, builder) = builders(&settings);
    let builder = if settings.name.is_none() { builder.name(test.name) } else { builder };
    let runtime = built(builder.build_from(&mut tokio));
    let output = runtime.block_on(body);
    let left = verdict::left_behind(runtime, test.allowed);
    if let Some(words) = left {
        if test.should_panic || has_failed(&output) {
            // It fails, or is to fail, by itself.
            let _ = writeln!(io::stderr(), "{words}");
        } else {
            panic!("{words}");
        }
    }
    output
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
    let builder = Builder::new().mode(settings.mode.unwrap_or_default()).and_environment();
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
        if let Some(core) = core::get() {
            let reason = if std::thread::panicking() { "main panicked" } else { "main returned" };
            core.farewell.say(reason, core.mode.get());
        }
    }
}
