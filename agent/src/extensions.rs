//! What is known of wrapped tasks beyond their records: one extension each, in a slab of its own.
//!
//! # The protocol
//! Like records, extensions are never unmapped and are recycled within their own kind; all they hold are atomics and
//! two deposits. Whoever has a [`Grip`] finds out by its generation whether the extension is still that task's.
//!
//! **A life** is one word: a generation, and holds. A hold is of one side that may still use the extension: the
//! *task* (from its spawn until its record has ended), the *handle* (until it gave out the output, was dropped or
//! detached), and *guests*, counted, for a moment: the server, or somebody with an abort handle; they come in only
//! while the task has its hold. `fill` writes everything and then stores the next generation with the first two
//! holds (Release). Who lets go does it by a read-modify-write (AcqRel): what it wrote before is seen by whoever lets
//! go after it, and the last one gives the extension back. The last one of task and handle, before it lets go,
//! counts an unseen panic or error: it alone knows both how the task ended and what became of the handle.
//!
//! **Reading**, without a hold: copy between two looks at `life`, as with a record; the same generation, held both
//! times, means that what was copied belongs together: `fill` writes while nobody holds it. Fields that change in a life are one word each, or are published by one:
//!
//! | field | who writes it | how |
//! |---|---|---|
//! | `future`, `place`, `set`, `record` | the spawning thread | in `fill` |
//! | `id` | the spawning thread, or the first poll if that comes first | the same value twice |
//! | `outcome` | the thread that polls or drops the task; then who ends the record | before it lets go |
//! | `handled` | the owner of the handle | state and time in one word, Release |
//! | `marks` | every side | read-modify-write |
//!
//! **Who ends the record** of a wrapped task is decided in `marks`. At the hooks level the spawn hook marks it HOOKED
//! before anybody can poll the task, and the terminate hook ends it. Otherwise the wrapper keeps it: its drop marks
//! DROPPED and its spawner KEPT, and whichever of the two comes second ends it. A hook that finds the record of a
//! kept task (tokio tells the ends of blocking tasks) leaves it alone.
//!
//! **A deposit** (the task's abort handle, its waker) is left once by the task's side, copied by the server, and cleared by
//! who gives the extension back, when nobody has a hold. Nobody waits. As long as it is EMPTY only the one who leaves
//! the value comes to it, and gives it to the others by one swap to FULL. A guest who copies it makes it BUSY meanwhile.
//! Who looks for a value before it is there leaves WANTED, and who leaves it then finds that: so an abort by the
//! server is not lost if it comes before the spawner has left the abort handle. That a value stays until task and handle
//! are both gone keeps nothing: tokio frees a task when its last handle goes, and the program has one as long.

mod deposit;
mod extension;
mod slab;

#[cfg(not(taskscope_loom))]
mod fate;
#[cfg(not(taskscope_loom))]
mod pending;
#[cfg(not(taskscope_loom))]
mod probe;
#[cfg(not(taskscope_loom))]
mod side;
#[cfg(not(taskscope_loom))]
mod wakes;

#[cfg(all(test, taskscope_loom))]
mod loom_tests;

#[cfg_attr(taskscope_loom, expect(unused_imports, reason = "only the protocol is model-checked"))]
pub(crate) use deposit::Found;
#[cfg_attr(taskscope_loom, expect(unused_imports, reason = "only the protocol is model-checked"))]
pub(crate) use extension::{Asked, Description, Extension, FutureType, Grip, Guest, Handled, Hold, mark};
#[cfg(not(taskscope_loom))]
pub(crate) use fate::{Fate, More, Said};
#[cfg(not(taskscope_loom))]
pub(crate) use pending::{Pending, PutAside};
#[cfg(not(taskscope_loom))]
pub(crate) use probe::{Answer, Probe, Stack};
#[cfg(not(taskscope_loom))]
pub(crate) use side::{Side, Sides};
pub(crate) use slab::Extensions;
#[cfg(not(taskscope_loom))]
pub(crate) use wakes::{Waits, Wakes, Woke};
