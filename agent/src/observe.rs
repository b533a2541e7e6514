//! Observed futures: what awaits what, where each was made, and what became of those that nobody finished.
//!
//! An observed future passes polls on. While the agent runs, it also counts what becomes of it at its *place*
//! (where it was made, and its label), and from its first poll to its end it has a *node*: its part of the
//! await tree of its task. Without an agent it is nothing but the future inside it.
//!
//! # The protocol of the nodes
//! Nodes are never unmapped: they are recycled, all their fields are atomics, and whoever follows a stale
//! pointer finds a node that says which one it is by now. A *handle* is slot and life together, and names one
//! node for all times (until the 32 bits of its life have gone round).
//!
//! | field | who writes it, and when | ordering |
//! |---|---|---|
//! | `life` | odd: live. The thread that polls the future first makes it odd, the thread that finishes or drops the future makes it even | Release, read with Acquire; before a node is filled again, a Release fence |
//! | `place`, `first_poll` | the thread of the first poll, before `life` is odd | Relaxed, within the life |
//! | `parent`, `task` | the thread of the first poll; later the thread that polls, only if they differ: the future has moved | Relaxed, between an odd and an even `moves` |
//! | `moves` | as these: one up before and one up after | Release fence after the first, Release on the second |
//!
//! A node has one writer at a time: a future is polled and dropped through `&mut`, and who hands it to another
//! thread orders the two. A reader loads `moves` and `life` (Acquire), copies, and after an Acquire fence loads
//! them again: equal values mean that what it copied belongs together.
//!
//! The parent is the node in whose poll the thread is when it polls this one, if that is of the same task, so
//! a future may move between parents and tasks. There are no links downwards: who wants the tree of a task
//! scans all nodes. It scans, builds, and looks at each node once more; if one has changed meanwhile it tries
//! again, three times in all, and then says that the tree is changing.
//!
//! # Evidence
//! What a drop means is seen on the stack of the drop, and cannot be seen later. So the first drops at a place
//! leave the addresses of their stack, which costs some microseconds; what they mean is found out on another
//! thread (`judge`). A future that is dropped while another observed one is polled in the same task
//! needs none of this, nor one that is dropped within another.

mod nodes;

#[cfg(all(test, taskscope_loom))]
mod loom_tests;

#[cfg(not(taskscope_loom))]
mod drops;
#[cfg(not(taskscope_loom))]
mod future;
#[cfg(not(taskscope_loom))]
mod here;
#[cfg(not(taskscope_loom))]
mod judge;
#[cfg(not(taskscope_loom))]
mod last;
#[cfg(not(taskscope_loom))]
mod observer;
#[cfg(not(taskscope_loom))]
mod place;
#[cfg(not(taskscope_loom))]
mod statement;
#[cfg(not(taskscope_loom))]
mod table;
#[cfg(not(taskscope_loom))]
mod tell;
#[cfg(not(taskscope_loom))]
mod tree;

#[cfg(feature = "tower")]
pub(crate) use place::Place;

#[cfg(not(taskscope_loom))]
pub use future::{Observe, Observed, observe};
#[cfg(not(taskscope_loom))]
pub(crate) use {
    observer::{Observer, begin, observer},
    tree::{AwaitTree, Shape},
};
