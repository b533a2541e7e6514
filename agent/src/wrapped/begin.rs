//! Giving a wrapped task to tokio: what comes before tokio's spawn, and what comes after it.

use super::blocking::Blocking;
use super::future::Wrapped;
use super::grasp::Grasp;
use super::kept::runtime_number;
use super::tail::Tail;
use crate::core::{self, Core};
use crate::extensions::{FutureType, Pending, mark};
use crate::store::{Began, NewTask};
use crate::task_number::task_number;
use std::mem::ManuallyDrop;
use std::panic::Location;
use taskscope_model::codes::TaskKind;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id};

/// How a task is spawned.
#[derive(Clone, Copy)]
pub(crate) struct New<'a> {
    kind: TaskKind,
    location: &'static Location<'static>,
    name: Option<&'a str>,
    set: Option<&'static Location<'static>>,
    handle: Option<&'a Handle>,
}

impl<'a> New<'a> {
    /// Where the caller stands, without a name.
    #[track_caller]
    pub(crate) fn here(kind: TaskKind) -> Self {
        Self { kind, location: Location::caller(), name: None, set: None, handle: None }
    }

    /// Spawned there, wherever the caller stands.
    pub(crate) fn at(self, location: &'static Location<'static>) -> Self {
        Self { location, ..self }
    }

    pub(crate) fn named(self, name: Option<&'a str>) -> Self {
        Self { name, ..self }
    }

    /// On that runtime, not the current one.
    pub(crate) fn on(self, handle: &'a Handle) -> Self {
        Self { handle: Some(handle), ..self }
    }

    /// Into a JoinSet that was made there.
    pub(crate) fn into_set(self, set: &'static Location<'static>) -> Self {
        Self { set: Some(set), ..self }
    }
}

/// A task that is being given to tokio.
#[must_use = "it ends with tokio's handle"]
pub(crate) struct Begun(Option<(&'static Core, Began)>);

/// Wraps a future, and leaves what the spawn hook has to know.
pub(crate) fn begin<F: Future, J>(future: F, new: New<'_>) -> (Wrapped<F, J>, Begun) {
    match make(new, FutureType::of::<F>()) {
        Some((core, began)) => {
            began.pending.leave();
            (Wrapped::new(future, Some(Tail::new(began.pending))), Begun(Some((core, began))))
        }
        None => (Wrapped::new(future, None), Begun(None)),
    }
}

/// The same for a function that blocks.
pub(crate) fn begin_blocking<F: FnOnce() -> R, R>(function: F, new: New<'_>) -> (Blocking<F>, Begun) {
    match make(new, FutureType::of::<F>()) {
        Some((core, began)) => {
            (Blocking::new(function, Some(Tail::new(began.pending))), Begun(Some((core, began))))
        }
        None => (Blocking::new(function, None), Begun(None)),
    }
}

fn make(new: New<'_>, future: &'static FutureType) -> Option<(&'static Core, Began)> {
    let core = core::get()?;
    let hooks_tell = cfg!(tokio_unstable) && new.kind == TaskKind::ASYNC;
    let runtime = if hooks_tell { None } else { Some(runtime_number(core, new.handle)) };
    let New { kind, location, name, set, .. } = new;
    let began = core.store.begin_wrapped(&NewTask { kind, name, future, location, set, runtime })?;
    Some((core, began))
}

impl Begun {
    /// tokio has taken the task: this is what is to be known of its handle.
    #[inline]
    pub(crate) fn end(self, id: Id, abort: impl Fn() -> AbortHandle) -> Option<Grasp> {
        // tokio has not panicked.
        let (core, Began { pending, .. }) = ManuallyDrop::new(self).0?;
        let extension = pending.grip.extension;
        let wanted = extension.abort.leave(abort());
        if Pending::take().is_some() || !extension.is_marked(mark::HOOKED) {
            core.store.keep(pending, task_number(id));
        }
        if wanted {
            abort().abort();
        }
        Some(Grasp::new(pending.grip))
    }
}

/// tokio's spawn has panicked.
impl Drop for Begun {
    fn drop(&mut self) {
        if let Some((core, began)) = self.0.take() {
            Pending::take();
            if !began.pending.grip.extension.is_marked(mark::HOOKED) {
                core.store.not_spawned(began);
            }
        }
    }
}
