//! Spawning a task that has a name.

use super::JoinHandle;
use crate::wrapped::{New, Plain, begin, begin_blocking};
use std::io;
use taskscope_model::codes::TaskKind;
use tokio::runtime::Handle;
use tokio::task::LocalSet;

/// As `tokio::task::Builder`, which tokio has only with `--cfg tokio_unstable` and its feature `tracing`; this one is
/// always there. Its methods never return `Err` themselves: where tokio cannot spawn, they panic as the functions
/// of this module.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "builders do nothing unless used to spawn a task"]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// No name yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The task's name.
    pub fn name(&self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    #[track_caller]
    fn here(self, kind: TaskKind) -> New<'a> {
        New::here(kind).named(self.name)
    }

    /// As [`spawn`](super::spawn), with the name.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<Fut>(self, future: Fut) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + Send + 'static,
        Fut::Output: Send + 'static,
    {
        let (task, begun) = begin::<_, Plain>(future, self.here(TaskKind::ASYNC));
        Ok(JoinHandle::new(tokio::spawn(task), begun))
    }

    /// The same on another runtime.
    ///
    /// # Errors
    /// Never.
    #[track_caller]
    pub fn spawn_on<Fut>(self, future: Fut, handle: &Handle) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + Send + 'static,
        Fut::Output: Send + 'static,
    {
        let (task, begun) = begin::<_, Plain>(future, self.here(TaskKind::ASYNC).on(handle));
        Ok(JoinHandle::new(handle.spawn(task), begun))
    }

    /// As [`spawn_local`](super::spawn_local), with the name.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<Fut>(self, future: Fut) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + 'static,
        Fut::Output: 'static,
    {
        let (task, begun) = begin::<_, Plain>(future, self.here(TaskKind::LOCAL));
        Ok(JoinHandle::new(tokio::task::spawn_local(task), begun))
    }

    /// The same on a given `LocalSet`.
    ///
    /// # Errors
    /// Never.
    #[track_caller]
    pub fn spawn_local_on<Fut>(self, future: Fut, local_set: &LocalSet) -> io::Result<JoinHandle<Fut::Output>>
    where
        Fut: Future + 'static,
        Fut::Output: 'static,
    {
        let (task, begun) = begin::<_, Plain>(future, self.here(TaskKind::LOCAL));
        Ok(JoinHandle::new(local_set.spawn_local(task), begun))
    }

    /// As [`spawn_blocking`](super::spawn_blocking), with the name.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a runtime, and if the system has no thread for it.
    #[track_caller]
    pub fn spawn_blocking<Function, Output>(self, function: Function) -> io::Result<JoinHandle<Output>>
    where
        Function: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
    {
        let (task, begun) = begin_blocking(function, self.here(TaskKind::BLOCKING));
        Ok(JoinHandle::new(tokio::task::spawn_blocking(move || task.run()), begun))
    }

    /// The same on another runtime.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// If the system has no thread for it.
    #[track_caller]
    pub fn spawn_blocking_on<Function, Output>(
        self,
        function: Function,
        handle: &Handle,
    ) -> io::Result<JoinHandle<Output>>
    where
        Function: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
    {
        let (task, begun) = begin_blocking(function, self.here(TaskKind::BLOCKING).on(handle));
        Ok(JoinHandle::new(handle.spawn_blocking(move || task.run()), begun))
    }
}
