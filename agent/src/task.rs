//! What `tokio::task` offers, for tasks that know more: how they ended and who asked them to, what became of their
//! handles, their names and futures. Everything of `tokio::task` is here, so that `use taskscope_agent::task` may
//! stand for `use tokio::task`; what spawns is the agent's own.
//!
//! On tokio without `--cfg tokio_unstable` the tasks spawned through here are shown in full, and others are only counted.
//! Without an agent in the process these functions do what tokio's do, and nothing else.
//!
//! ```
//! use taskscope_agent::{spawn, task};
//!
//! # #[taskscope_agent::main]
//! # async fn main() {
//! let mut set = task::JoinSet::new();
//! set.spawn(async { 1 });
//! set.spawn_blocking(|| 2);
//! let worker = spawn(async { std::future::pending::<()>().await });
//! assert_eq!(set.join_all().await.iter().sum::<i32>(), 3);
//! worker.abort(); // the task, and this line, are remembered
//! # }
//! ```

mod abort_handle;
mod builder;
mod join_handle;
pub mod join_set;

pub use abort_handle::AbortHandle;
pub use builder::Builder;
pub use join_handle::JoinHandle;
#[doc(inline)]
pub use join_set::JoinSet;
pub use tokio::task::*;

use crate::wrapped::{Fallible, New, Plain, begin, begin_blocking};
use std::fmt::Display;
use taskscope_model::codes::TaskKind;

/// Spawns a task, as [`tokio::spawn`].
///
/// An output of `Err` is an output like any other: [`spawn_fallible`] looks into it.
///
/// # Panics
/// Outside of a runtime, as tokio's.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (task, begun) = begin::<_, Plain>(future, New::here(TaskKind::ASYNC));
    JoinHandle::new(tokio::spawn(task), begun)
}

/// Spawns a task that has failed if it returns `Err`; its text is remembered, cut to 1,024 bytes, and that nobody looked
/// at it, if so. Else as [`spawn`].
///
/// # Panics
/// Outside of a runtime, as tokio's.
#[track_caller]
pub fn spawn_fallible<F, T, E>(future: F) -> JoinHandle<Result<T, E>>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Display + Send + 'static,
{
    let (task, begun) = begin::<_, Fallible<E>>(future, New::here(TaskKind::ASYNC));
    JoinHandle::new(tokio::spawn(task), begun)
}

/// Runs a function on a thread where it may block, as [`tokio::task::spawn_blocking`]. It is shown as a task of kind
/// `blocking`, its run as one poll.
///
/// # Panics
/// Outside of a runtime, as tokio's.
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let (task, begun) = begin_blocking(f, New::here(TaskKind::BLOCKING));
    JoinHandle::new(tokio::task::spawn_blocking(move || task.run()), begun)
}

/// Spawns a task on the current `LocalSet`, as [`tokio::task::spawn_local`]. It is shown as a task of kind `local`.
///
/// # Panics
/// Outside of a `LocalSet`, as tokio's.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (task, begun) = begin::<_, Plain>(future, New::here(TaskKind::LOCAL));
    JoinHandle::new(tokio::task::spawn_local(task), begun)
}
