//! The handle of a task.

use super::AbortHandle;
use crate::wrapped::{Begun, Grasp};
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use taskscope_model::codes::{CancelWay, HandleState};
use tokio::task::{Id, JoinError};

/// As [`tokio::task::JoinHandle`]; the agent knows what becomes of it. Dropping it lets the task run on, as with
/// tokio's; who means that says [`detach`](Self::detach).
pub struct JoinHandle<T> {
    /// `None` only while it is being taken apart.
    tokio: Option<tokio::task::JoinHandle<T>>,
    /// `None` without an agent.
    task: Option<Grasp>,
    /// Whether it was told what became of the handle.
    told: bool,
}

impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(super) fn new(tokio: tokio::task::JoinHandle<T>, begun: Begun) -> Self {
        let task = begun.end(tokio.id(), || tokio.abort_handle());
        Self { tokio: Some(tokio), task, told: task.is_none() }
    }

    fn tokio(&self) -> &tokio::task::JoinHandle<T> {
        match &self.tokio {
            Some(tokio) => tokio,
            // Taken only by what consumes the handle.
            None => unreachable!("the handle is taken apart only when it is consumed"),
        }
    }

    /// As [`tokio::task::JoinHandle::abort`]; who asks, and where, is remembered.
    #[track_caller]
    pub fn abort(&self) {
        if let Some(task) = self.task {
            task.ask(CancelWay::ABORT, Some(Location::caller()));
        }
        self.tokio().abort();
    }

    /// As [`tokio::task::JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.tokio().is_finished()
    }

    /// As [`tokio::task::JoinHandle::abort_handle`].
    #[must_use = "abort handles do nothing unless `.abort` is called"]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(self.tokio().abort_handle(), self.task)
    }

    /// As [`tokio::task::JoinHandle::id`].
    pub fn id(&self) -> Id {
        self.tokio().id()
    }

    /// Lets the task run on by itself, on purpose: nobody is missed who waits for it.
    pub fn detach(mut self) {
        self.gone(HandleState::DETACHED);
    }

    /// tokio's own handle. From then on the agent cannot tell what becomes of it, nor who aborts the task by it.
    pub fn into_tokio(mut self) -> tokio::task::JoinHandle<T> {
        if let Some(task) = self.tell() {
            task.given_out();
        }
        match self.tokio.take() {
            Some(tokio) => tokio,
            None => unreachable!("this handle is consumed here"),
        }
    }

    fn gone(&mut self, state: HandleState) {
        if let Some(task) = self.tell() {
            task.gone(state);
        }
    }

    /// The task, the first time that this is asked.
    fn tell(&mut self) -> Option<Grasp> {
        if std::mem::replace(&mut self.told, true) { None } else { self.task }
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(tokio) = &mut self.tokio else { unreachable!("a handle that is consumed is not polled") };
        let polled = Pin::new(tokio).poll(cx);
        if polled.is_ready() {
            self.gone(HandleState::AWAITED);
        }
        polled
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        self.gone(HandleState::DROPPED);
    }
}

impl<T> From<JoinHandle<T>> for tokio::task::JoinHandle<T> {
    fn from(handle: JoinHandle<T>) -> Self {
        handle.into_tokio()
    }
}

impl<T: fmt::Debug> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokio().fmt(f)
    }
}
