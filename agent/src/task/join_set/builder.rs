//! Spawning a task that has a name into a set.

use super::{AbortHandle, JoinSet};
use crate::wrapped::New;
use std::fmt;
use std::io;
use taskscope_model::codes::TaskKind;
use tokio::runtime::Handle;
use tokio::task::LocalSet;

/// As `tokio::task::join_set::Builder`; see [`Builder`](crate::task::Builder).
#[must_use = "builders do nothing unless used to spawn a task"]
pub struct Builder<'a, T> {
    set: &'a mut JoinSet<T>,
    name: Option<&'a str>,
}

impl<'a, T: 'static> Builder<'a, T> {
    pub(super) fn new(set: &'a mut JoinSet<T>) -> Self {
        Self { set, name: None }
    }

    /// The task's name.
    pub fn name(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    #[track_caller]
    fn here(&self, kind: TaskKind) -> New<'a> {
        New::here(kind).named(self.name)
    }

    /// As [`JoinSet::spawn`], with the name.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T>,
        F: Send + 'static,
        T: Send,
    {
        let new = self.here(TaskKind::ASYNC);
        Ok(self.set.spawn_new(future, new))
    }

    /// As [`JoinSet::spawn_on`], with the name.
    ///
    /// # Errors
    /// Never.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: Future<Output = T>,
        F: Send + 'static,
        T: Send,
    {
        let new = self.here(TaskKind::ASYNC);
        Ok(self.set.spawn_new_on(future, handle, new))
    }

    /// As [`JoinSet::spawn_blocking`], with the name.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(self, f: F) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T,
        F: Send + 'static,
        T: Send,
    {
        let new = self.here(TaskKind::BLOCKING);
        Ok(self.set.spawn_new_blocking(f, new))
    }

    /// As [`JoinSet::spawn_blocking_on`], with the name.
    ///
    /// # Errors
    /// Never.
    #[track_caller]
    pub fn spawn_blocking_on<F>(self, f: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T,
        F: Send + 'static,
        T: Send,
    {
        let new = self.here(TaskKind::BLOCKING);
        Ok(self.set.spawn_new_blocking_on(f, handle, new))
    }

    /// As [`JoinSet::spawn_local`], with the name.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T>,
        F: 'static,
    {
        let new = self.here(TaskKind::LOCAL);
        Ok(self.set.spawn_new_local(future, new))
    }

    /// As [`JoinSet::spawn_local_on`], with the name.
    ///
    /// # Errors
    /// Never.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, local_set: &LocalSet) -> io::Result<AbortHandle>
    where
        F: Future<Output = T>,
        F: 'static,
    {
        let new = self.here(TaskKind::LOCAL);
        Ok(self.set.spawn_new_local_on(future, local_set, new))
    }
}

impl<T> fmt::Debug for Builder<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("join_set::Builder").field("joinset", &self.set).field("name", &self.name).finish()
    }
}
