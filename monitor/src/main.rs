//! The program people run: it shows what a running tokio program is doing.

mod clock;
#[cfg(feature = "demo")]
mod demo;
mod rows;
mod session;
mod source;
mod tui;

fn main() {}
