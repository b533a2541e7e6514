//! A runtime with the agent in it, and roots: the futures of `#[main]` and `block_on`.

use crate::core::{self, Core};
use crate::records::Record;
use crate::runtimes::{Lease, UNKNOWN_RUNTIME};
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use taskscope_model::codes::Outcome;

/// A tokio runtime with the agent in it; it derefs to tokio's. Dropping it drops the runtime.
#[derive(Debug)]
pub struct Runtime {
    /// `None` only while it is being dropped.
    tokio: Option<tokio::runtime::Runtime>,
    lease: Option<Arc<Lease>>,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lease({})", self.slot.name)
    }
}

impl Runtime {
    pub(crate) fn new(tokio: tokio::runtime::Runtime, lease: Option<Arc<Lease>>) -> Self {
        if let Some(lease) = &lease {
            lease.slot.guard(tokio.handle().clone());
        }
        Self { tokio: Some(tokio), lease }
    }

    /// Runs a future to its end, as [`tokio::runtime::Runtime::block_on`]; it is shown as a task of kind
    /// `block_on` and is the root of what it spawns.
    ///
    /// # Panics
    /// If the future panics, or within another runtime, as tokio's.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.lease {
            Some(lease) => self.tokio().block_on(Root::new(future, Location::caller(), lease.slot.number)),
            None => self.tokio().block_on(future),
        }
    }

    /// Its number, if the agent is in it.
    pub(crate) fn number(&self) -> Option<u16> {
        self.lease.as_ref().map(|lease| lease.slot.number)
    }

    /// When it was made, raw clock.
    pub(crate) fn made_at(&self) -> Option<u64> {
        self.lease.as_ref().map(|lease| lease.slot.at)
    }

    /// Runs a future that is not shown: the agent's own.
    pub(crate) fn drive<F: Future>(&self, future: F) -> F::Output {
        self.tokio().block_on(future)
    }

    /// As [`tokio::runtime::Runtime::shutdown_timeout`].
    pub fn shutdown_timeout(mut self, duration: Duration) {
        self.unguard();
        if let Some(tokio) = self.tokio.take() {
            tokio.shutdown_timeout(duration);
            self.deliver();
        }
    }

    /// As [`tokio::runtime::Runtime::shutdown_background`].
    pub fn shutdown_background(self) {
        self.shutdown_timeout(Duration::ZERO);
    }

    fn tokio(&self) -> &tokio::runtime::Runtime {
        match &self.tokio {
            Some(tokio) => tokio,
            // Taken only by methods that consume the guard.
            None => unreachable!("the runtime is gone only when its guard is"),
        }
    }

    /// What ended with the runtime is told to whoever is watching, before the program may end too.
    fn deliver(&self) {
        if let Some(core) = self.lease.as_ref().and_then(|_| core::get()).filter(|core| core.store.is_watched()) {
            core.farewell.deliver();
        }
    }

    fn unguard(&self) {
        if let Some(lease) = &self.lease {
            if let Some(core) = core::get() {
                core.offers.runtime_ends(&lease.slot);
            }
            lease.slot.unguard();
        }
    }
}

impl Deref for Runtime {
    type Target = tokio::runtime::Runtime;

    fn deref(&self) -> &tokio::runtime::Runtime {
        self.tokio()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.unguard();
        if let Some(tokio) = self.tokio.take() {
            drop(tokio);
            self.deliver();
        }
    }
}

/// Shows a future as a root: a task of kind `block_on`, and the parent of what it spawns. For runtimes into
/// which the agent was [installed](crate::Builder::install): `runtime.block_on(taskscope_agent::root(work))`.
/// [`Runtime::block_on`] and `#[main]` do so by themselves. Without an agent it only passes polls on.
#[track_caller]
pub fn root<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Root::new(future, Location::caller(), UNKNOWN_RUNTIME)
}

struct Root<F> {
    future: F,
    shown: Option<Shown>,
}

/// A root that the agent shows; it ends with this.
struct Shown {
    core: &'static Core,
    record: &'static Record,
    outcome: Outcome,
}

impl<F> Root<F> {
    fn new(future: F, location: &'static Location<'static>, runtime: u16) -> Self {
        let shown = core::get().and_then(|core| {
            let record = core.store.root(location, runtime)?;
            Some(Shown { core, record, outcome: Outcome::CANCELLED })
        });
        Self { future, shown }
    }
}

impl<F: Future> Future for Root<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with its holder and never moved out of it; `shown` is not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        let Some(shown) = &mut this.shown else { return future.poll(cx) };
        let _ends = shown.poll_starts();
        let polled = future.poll(cx);
        if polled.is_ready() {
            shown.outcome = Outcome::COMPLETED;
        }
        polled
    }
}

impl Shown {
    fn poll_starts(&self) -> PollEnds {
        self.core.store.root_poll_starts(self.record);
        PollEnds { core: self.core, id: self.record.id.load(std::sync::atomic::Ordering::Relaxed) }
    }
}

/// Ends a root's poll, also when it panics.
struct PollEnds {
    core: &'static Core,
    id: u64,
}

impl Drop for PollEnds {
    fn drop(&mut self) {
        self.core.store.root_poll_ends(self.id);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let outcome = if std::thread::panicking() { Outcome::PANICKED } else { self.outcome };
        self.core.store.root_ended(self.record, outcome);
    }
}
