//! What the end-to-end tests stand on: real programs in a place of their own, the real monitor, a real
//! terminal, and a client that speaks the protocol itself.

mod built;
mod client;
mod clock;
mod console;
mod echo;
mod pane;
mod place;
mod process;
mod screen;
mod source;

pub use built::{
    echo_server, example, example_as_deployed, example_without_hooks, plain, scenario, stress, taskscope,
    watched_taskscope,
};
pub use client::Client;
pub use clock::{Stopwatch, until};
pub use console::{Console, Seen, console_agent, console_program, name, tokio_console, value};
pub use echo::{Connection, Traffic, connect};
pub use pane::{ClosedPane, Pane};
pub use place::{Place, free_address, is_root, nobody};
pub use process::{Process, Ran};
pub use screen::{redacted, shown};
pub use source::{marked_line, marked_lines};
