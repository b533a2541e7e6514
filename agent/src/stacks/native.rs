//! Stacks on Linux: copied, followed and named.

mod call_site;
mod calls;
mod elf;
mod lines;
mod memory;
mod modules;
pub(crate) mod proc;
mod registers;
mod signal;
mod symbols;
mod take;
mod unwind;

pub(crate) use lines::{let_go, look_up, look_up_in_module, prepare, uses};
pub(crate) use take::{BETWEEN_LOOKS, Look, Taker, Watched};
