//! Stacks on Linux: copied, followed and named.

mod calls;
mod elf;
mod memory;
mod modules;
pub(crate) mod proc;
mod registers;
mod signal;
mod symbols;
mod take;
mod unwind;

pub(super) use symbols::Symbols;
pub(crate) use take::Taker;
