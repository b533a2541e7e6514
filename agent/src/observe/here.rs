//! What the calling thread is in: the poll of a node, the drop of an observed future. And the free nodes that
//! it keeps at hand.

use super::nodes::{Handle, Node, Nodes};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Free nodes that a thread takes at once, and twice as many it keeps.
const TAKEN: usize = 32;
/// Most futures whose fall is followed within one drop: beyond, the innermost may be missed.
const MOST_FALLEN: usize = 256;
/// Counters are split so many ways, so that threads seldom share a cache line.
pub(super) const SHARDS: usize = 8;

/// Of types without a destructor: there until the thread's very end.
struct Here {
    node: Cell<Handle>,
    /// The task of that poll.
    task: Cell<u64>,
    /// Drops of observed futures that the thread is in, one within the other.
    drops: Cell<u32>,
    /// From 1; 0: not chosen yet.
    shard: Cell<usize>,
}

/// A future that fell with the one that is dropped, or that one itself.
#[derive(Clone, Copy)]
pub(super) struct Fallen {
    /// How many of the fallen it is inside of.
    pub(super) depth: u16,
    pub(super) place: u32,
    /// Raw clock.
    pub(super) first_poll: u64,
}

thread_local! {
    static HERE: Here = const {
        Here { node: Cell::new(Handle::NONE), task: Cell::new(0), drops: Cell::new(0), shard: Cell::new(0) }
    };
    static FALLEN: RefCell<Vec<Fallen>> = const { RefCell::new(Vec::new()) };
    static FREE: RefCell<Free> = const { RefCell::new(Free { nodes: Vec::new(), home: None }) };
}

/// The poll that the thread is in, and its task.
#[derive(Clone, Copy)]
pub(super) struct InPoll {
    pub(super) node: Handle,
    pub(super) task: u64,
}

/// Enters a poll; gives back the one that the thread was in, to be entered again at the end.
#[inline]
pub(super) fn enter(poll: InPoll) -> InPoll {
    HERE.with(|here| InPoll { node: here.node.replace(poll.node), task: here.task.replace(poll.task) })
}

/// The poll that the thread is in.
#[inline]
pub(super) fn current() -> InPoll {
    HERE.with(|here| InPoll { node: here.node.get(), task: here.task.get() })
}

/// This thread's part of the counters.
#[inline]
pub(super) fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    HERE.with(|here| {
        if here.shard.get() == 0 {
            here.shard.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS + 1);
        }
        here.shard.get() - 1
    })
}

/// The drop of an observed future, which may drop others.
pub(super) struct Falling {
    outermost: bool,
}

impl Falling {
    /// A drop begins.
    pub(super) fn begin() -> Self {
        let before = HERE.with(|here| here.drops.replace(here.drops.get() + 1));
        if before == 0 {
            // Without room at the thread's end nothing is followed.
            let _ = FALLEN.try_with(|fallen| fallen.borrow_mut().clear());
        }
        Self { outermost: before == 0 }
    }

    /// Whether it is within no other.
    pub(super) fn is_outermost(&self) -> bool {
        self.outermost
    }

    /// The future that is dropped was polled and not finished.
    pub(super) fn follow(&self, place: u32, first_poll: u64) {
        let depth = HERE.with(|here| here.drops.get()).saturating_sub(1).try_into().unwrap_or(u16::MAX);
        let _ = FALLEN.try_with(|fallen| {
            let mut fallen = fallen.borrow_mut();
            if fallen.len() < MOST_FALLEN {
                fallen.push(Fallen { depth, place, first_poll });
            }
        });
    }

    /// All that fell so far, outermost first.
    pub(super) fn fallen(&self) -> Vec<Fallen> {
        FALLEN.try_with(|fallen| std::mem::take(&mut *fallen.borrow_mut())).unwrap_or_default()
    }
}

impl Drop for Falling {
    fn drop(&mut self) {
        HERE.with(|here| here.drops.set(here.drops.get() - 1));
    }
}

/// The free nodes of a thread; they go back when it ends.
struct Free {
    nodes: Vec<&'static Node>,
    home: Option<&'static Nodes>,
}

impl Drop for Free {
    fn drop(&mut self) {
        if let Some(home) = self.home {
            home.give(&mut self.nodes, 0);
        }
    }
}

/// A free node; `None` if there is no room.
pub(super) fn take_node(nodes: &'static Nodes) -> Option<&'static Node> {
    let taken = FREE.try_with(|free| {
        let mut free = free.borrow_mut();
        if free.nodes.is_empty() {
            free.home = Some(nodes);
            nodes.take(&mut free.nodes, TAKEN);
        }
        free.nodes.pop()
    });
    taken.unwrap_or_else(|_| {
        let mut one = Vec::new();
        nodes.take(&mut one, 1);
        one.pop()
    })
}

/// Takes a node back that has ended.
pub(super) fn give_node(node: &'static Node, nodes: &'static Nodes) {
    let given = FREE.try_with(|free| {
        let mut free = free.borrow_mut();
        free.home = Some(nodes);
        free.nodes.push(node);
        if free.nodes.len() > 2 * TAKEN {
            nodes.give(&mut free.nodes, TAKEN);
        }
    });
    if given.is_err() {
        nodes.give(&mut vec![node], 0);
    }
}
