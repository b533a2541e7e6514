//! The handle that can only abort.

use crate::wrapped::Grasp;
use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use taskscope_model::codes::CancelWay;
use tokio::task::Id;

/// As [`tokio::task::AbortHandle`]; who asks, and where, is remembered.
#[derive(Clone)]
pub struct AbortHandle {
    tokio: tokio::task::AbortHandle,
    task: Option<Grasp>,
}

impl UnwindSafe for AbortHandle {}
impl RefUnwindSafe for AbortHandle {}

impl AbortHandle {
    pub(super) fn new(tokio: tokio::task::AbortHandle, task: Option<Grasp>) -> Self {
        Self { tokio, task }
    }

    /// As [`tokio::task::AbortHandle::abort`].
    #[track_caller]
    pub fn abort(&self) {
        if let Some(task) = self.task {
            task.ask(CancelWay::ABORT, Some(Location::caller()));
        }
        self.tokio.abort();
    }

    /// As [`tokio::task::AbortHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.tokio.is_finished()
    }

    /// As [`tokio::task::AbortHandle::id`].
    pub fn id(&self) -> Id {
        self.tokio.id()
    }

    /// tokio's own handle; who aborts the task by it is not known.
    pub fn into_tokio(self) -> tokio::task::AbortHandle {
        if let Some(task) = self.task {
            task.foreign();
        }
        self.tokio
    }
}

impl From<AbortHandle> for tokio::task::AbortHandle {
    fn from(handle: AbortHandle) -> Self {
        handle.into_tokio()
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokio.fmt(f)
    }
}
