//! Reads the tasks of a running tokio program out of its memory. Nothing is added to the program, and it is
//! neither stopped nor written to.
//!
//! [`Target::attach`] finds the program's code and the vtables of its tasks. [`Target::snapshot`] then looks
//! through its heap: which tasks live, what each is doing, and, as far as the debug information tells, what it
//! waits for and on which line.
//!
//! What cannot be known is `None`, never guessed. tokio's versions are not looked up in a table: each layout is
//! checked where it is used, and an unknown one refused.

mod debug;
mod error;
mod find_future;
mod guards;
mod heads;
mod leaves;
mod memory;
mod met;
mod module;
mod names;
mod plans;
mod root;
mod scan;
mod snapshot;
mod symbols;
mod target;
mod task_types;
mod tree;
mod types;
mod view;
mod vtables;
mod walk;

pub use debug::Unread;
pub use error::Error;
pub use memory::{Mapping, Memory, Piece, Socket, Thread};
pub use module::may_use_tokio;
pub use names::{Name, Sure};
pub use snapshot::{Information, Snapshot, Spawn, Task, TaskState};
pub use target::{Target, live};
pub use tree::{Direction, Held, Node, Place, ResourceKind, Wait};
