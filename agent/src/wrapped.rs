//! Tasks that the agent wraps: their futures and closures on the way into tokio, and their handles on the way out.
//! `task` is the interface that the program sees; what is known about them is in `extensions`.

mod asked;
mod begin;
mod blocking;
mod future;
mod grasp;
mod judge;
mod kept;
mod tail;
mod waker;

pub(crate) use asked::{count_wakes, counts_wakes};
pub(crate) use begin::{Begun, New, begin, begin_blocking};
pub(crate) use grasp::Grasp;
pub(crate) use judge::{Fallible, Plain};

#[cfg(test)]
mod tests;
