//! For tests: a program with an agent that says what it is told to say, and a program at a fixed moment.

mod agent;
mod answers;
mod locks;
mod offers;
mod orders;
mod program;
mod stacks;

pub(crate) use agent::{FakeAgent, Script};
pub(crate) use locks::locks;
pub(crate) use offers::offers;
pub(crate) use orders::{cancelled_only, orders};
pub(crate) use program::{changes, hello, recording};
