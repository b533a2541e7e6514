//! A set of tasks.

mod builder;
mod grasps;

pub use builder::Builder;

use super::AbortHandle;
use crate::wrapped::{Begun, New, Plain, begin, begin_blocking};
use grasps::Grasps;
use std::fmt;
use std::panic::Location;
use std::task::{Context, Poll, ready};
use taskscope_model::codes::{CancelWay, HandleState, TaskKind};
use tokio::runtime::Handle;
use tokio::task::{Id, JoinError, LocalSet};

/// As [`tokio::task::JoinSet`]. Of the tasks that are aborted with it the agent knows which task did that, and where
/// the set was made.
pub struct JoinSet<T> {
    // Dropped in this order: who dropped the set is told before its tasks are aborted.
    grasps: Grasps,
    tokio: tokio::task::JoinSet<T>,
    made: &'static Location<'static>,
}

impl<T> JoinSet<T> {
    /// An empty set.
    #[track_caller]
    pub fn new() -> Self {
        let made = Location::caller();
        Self { grasps: Grasps::default(), tokio: tokio::task::JoinSet::new(), made }
    }

    /// Tasks in it, also ended ones that were not joined yet.
    pub fn len(&self) -> usize {
        self.tokio.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tokio.is_empty()
    }

    /// tokio's own set, with the tasks. From then on the agent cannot tell what becomes of their handles, nor who aborts
    /// them by it.
    pub fn into_tokio(mut self) -> tokio::task::JoinSet<T> {
        self.grasps.give_out();
        std::mem::take(&mut self.tokio)
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task that has a name into the set. tokio has this only with `--cfg tokio_unstable` and its feature
    /// `tracing`.
    pub fn build_task(&mut self) -> Builder<'_, T> {
        Builder::new(self)
    }

    /// As [`tokio::task::JoinSet::spawn`].
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T>,
        F: Send + 'static,
        T: Send,
    {
        self.spawn_new(task, New::here(TaskKind::ASYNC))
    }

    /// As [`tokio::task::JoinSet::spawn_on`].
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T>,
        F: Send + 'static,
        T: Send,
    {
        self.spawn_new_on(task, handle, New::here(TaskKind::ASYNC))
    }

    /// As [`tokio::task::JoinSet::spawn_local`].
    ///
    /// # Panics
    /// Outside of a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T>,
        F: 'static,
    {
        self.spawn_new_local(task, New::here(TaskKind::LOCAL))
    }

    /// As [`tokio::task::JoinSet::spawn_local_on`].
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T>,
        F: 'static,
    {
        self.spawn_new_local_on(task, local_set, New::here(TaskKind::LOCAL))
    }

    /// As [`tokio::task::JoinSet::spawn_blocking`].
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T,
        F: Send + 'static,
        T: Send,
    {
        self.spawn_new_blocking(f, New::here(TaskKind::BLOCKING))
    }

    /// As [`tokio::task::JoinSet::spawn_blocking_on`].
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T,
        F: Send + 'static,
        T: Send,
    {
        self.spawn_new_blocking_on(f, handle, New::here(TaskKind::BLOCKING))
    }

    #[track_caller]
    fn spawn_new<F>(&mut self, task: F, new: New<'_>) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (task, begun) = begin::<_, Plain>(task, new.into_set(self.made));
        let spawned = self.tokio.spawn(task);
        self.insert(spawned, begun)
    }

    #[track_caller]
    fn spawn_new_on<F>(&mut self, task: F, handle: &Handle, new: New<'_>) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (task, begun) = begin::<_, Plain>(task, new.into_set(self.made).on(handle));
        let spawned = self.tokio.spawn_on(task, handle);
        self.insert(spawned, begun)
    }

    #[track_caller]
    fn spawn_new_local<F>(&mut self, task: F, new: New<'_>) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (task, begun) = begin::<_, Plain>(task, new.into_set(self.made));
        let spawned = self.tokio.spawn_local(task);
        self.insert(spawned, begun)
    }

    #[track_caller]
    fn spawn_new_local_on<F>(&mut self, task: F, local_set: &LocalSet, new: New<'_>) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (task, begun) = begin::<_, Plain>(task, new.into_set(self.made));
        let spawned = self.tokio.spawn_local_on(task, local_set);
        self.insert(spawned, begun)
    }

    #[track_caller]
    fn spawn_new_blocking<F>(&mut self, f: F, new: New<'_>) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let (task, begun) = begin_blocking(f, new.into_set(self.made));
        let spawned = self.tokio.spawn_blocking(move || task.run());
        self.insert(spawned, begun)
    }

    #[track_caller]
    fn spawn_new_blocking_on<F>(&mut self, f: F, handle: &Handle, new: New<'_>) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let (task, begun) = begin_blocking(f, new.into_set(self.made).on(handle));
        let spawned = self.tokio.spawn_blocking_on(move || task.run(), handle);
        self.insert(spawned, begun)
    }

    fn insert(&mut self, tokio: tokio::task::AbortHandle, begun: Begun) -> AbortHandle {
        let grasp = begun.end(tokio.id(), || tokio.clone());
        if let Some(grasp) = grasp {
            self.grasps.add(tokio.id(), grasp);
        }
        AbortHandle::new(tokio, grasp)
    }

    /// As [`tokio::task::JoinSet::join_next`].
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        std::future::poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`tokio::task::JoinSet::join_next_with_id`].
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        std::future::poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// As [`tokio::task::JoinSet::try_join_next`].
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_join_next_with_id().map(without_id)
    }

    /// As [`tokio::task::JoinSet::try_join_next_with_id`].
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        let joined = self.tokio.try_join_next_with_id()?;
        self.joined(&joined);
        Some(joined)
    }

    /// As [`tokio::task::JoinSet::shutdown`].
    #[track_caller]
    pub fn shutdown(&mut self) -> impl Future<Output = ()> {
        let here = Location::caller();
        async move {
            self.abort_all_from(here);
            while self.join_next().await.is_some() {}
        }
    }

    /// As [`tokio::task::JoinSet::join_all`].
    ///
    /// # Panics
    /// If a task has panicked or was aborted, as tokio's.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut output = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined {
                Ok(value) => output.push(value),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(error) => panic!("{error}"),
            }
        }
        output
    }

    /// As [`tokio::task::JoinSet::abort_all`].
    #[track_caller]
    pub fn abort_all(&mut self) {
        self.abort_all_from(Location::caller());
    }

    fn abort_all_from(&mut self, here: &'static Location<'static>) {
        self.grasps.ask(CancelWay::SET_ABORTED, Some(here));
        self.tokio.abort_all();
    }

    /// As [`tokio::task::JoinSet::detach_all`].
    pub fn detach_all(&mut self) {
        self.grasps.all_gone(HandleState::DETACHED);
        self.tokio.detach_all();
    }

    /// As [`tokio::task::JoinSet::poll_join_next`].
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_join_next_with_id(cx).map(|joined| joined.map(without_id))
    }

    /// As [`tokio::task::JoinSet::poll_join_next_with_id`].
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        let joined = ready!(self.tokio.poll_join_next_with_id(cx));
        if let Some(joined) = &joined {
            self.joined(joined);
        }
        Poll::Ready(joined)
    }

    fn joined(&mut self, joined: &Result<(Id, T), JoinError>) {
        let id = match joined {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        self.grasps.gone(id, HandleState::AWAITED);
    }
}

fn without_id<T>(joined: Result<(Id, T), JoinError>) -> Result<T, JoinError> {
    joined.map(|(_, value)| value)
}

impl<T> From<JoinSet<T>> for tokio::task::JoinSet<T> {
    fn from(set: JoinSet<T>) -> Self {
        set.into_tokio()
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokio.fmt(f)
    }
}

impl<T> Default for JoinSet<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// The tasks of an iterator.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T>,
    F: Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(iter: I) -> Self {
        let mut set = Self::new();
        set.extend(iter);
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T>,
    F: Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I>(&mut self, iter: I)
    where
        I: IntoIterator<Item = F>,
    {
        let new = New::here(TaskKind::ASYNC);
        for task in iter {
            self.spawn_new(task, new);
        }
    }
}
