//! The nodes of the await trees, in chunks that are never unmapped. The protocol stands in the module above.

use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Mutex, Ordering, fence, lock};

#[cfg(not(taskscope_loom))]
const CHUNK: usize = 1024;
#[cfg(taskscope_loom)]
const CHUNK: usize = 2;
/// With chunks of 1,024 nodes of 64 bytes: 1,048,576 polled and unfinished futures, 64 MiB. More are only
/// counted.
#[cfg(not(taskscope_loom))]
const CHUNKS: usize = 1_024;
#[cfg(taskscope_loom)]
const CHUNKS: usize = 2;

/// Names one node for all times: slot and life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handle(u64);

impl Handle {
    /// No node. A live node's handle is never this: its life is odd.
    pub(crate) const NONE: Self = Self(0);
}

/// An observed future between its first poll and its end.
#[repr(align(64))]
pub(crate) struct Node {
    slot: u32,
    life: AtomicU32,
    moves: AtomicU32,
    place: AtomicU32,
    parent: AtomicU64,
    task: AtomicU64,
    first_poll: AtomicU64,
}

/// A consistent copy of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) handle: Handle,
    /// Index of the place in the table.
    pub(crate) place: u32,
    /// The node that polled it last, if that is of the same task.
    pub(crate) parent: Handle,
    /// The task that polled it last; 0: none.
    pub(crate) task: u64,
    /// Raw clock.
    pub(crate) first_poll: u64,
}

impl Node {
    fn new(slot: u32) -> Self {
        Self {
            slot,
            life: AtomicU32::new(0),
            moves: AtomicU32::new(0),
            place: AtomicU32::new(0),
            parent: AtomicU64::new(0),
            task: AtomicU64::new(0),
            first_poll: AtomicU64::new(0),
        }
    }

    /// Fills a free node that the caller alone holds, and makes it live.
    pub(crate) fn begin(&self, place: u32, parent: Handle, task: u64, first_poll: u64) -> Handle {
        let life = self.life.load(Ordering::Relaxed).wrapping_add(1);
        // Pairs with the Acquire fence in `copy`: a reader that sees anything written below sees the even
        // life before it too.
        fence(Ordering::Release);
        self.place.store(place, Ordering::Relaxed);
        self.parent.store(parent.0, Ordering::Relaxed);
        self.task.store(task, Ordering::Relaxed);
        self.first_poll.store(first_poll, Ordering::Relaxed);
        self.life.store(life, Ordering::Release);
        Handle(u64::from(self.slot) << 32 | u64::from(life))
    }

    /// The future is polled below this parent, in this task. Called by the thread that polls it.
    #[inline]
    pub(crate) fn polled_by(&self, parent: Handle, task: u64) {
        if self.parent.load(Ordering::Relaxed) != parent.0 || self.task.load(Ordering::Relaxed) != task {
            self.moved(parent, task);
        }
    }

    #[cold]
    fn moved(&self, parent: Handle, task: u64) {
        let moves = self.moves.load(Ordering::Relaxed);
        self.moves.store(moves.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.parent.store(parent.0, Ordering::Relaxed);
        self.task.store(task, Ordering::Relaxed);
        self.moves.store(moves.wrapping_add(2), Ordering::Release);
    }

    /// The live node's own copy, by the thread that has the future.
    pub(crate) fn copy_own(&self) -> Copied {
        self.copy_raw(self.life.load(Ordering::Relaxed))
    }

    /// The future is over. The caller gives the node back.
    pub(crate) fn end(&self) {
        let life = self.life.load(Ordering::Relaxed);
        self.life.store(life.wrapping_add(1), Ordering::Release);
    }

    /// A consistent copy; `None` if the node is free, or changes.
    pub(crate) fn copy(&self) -> Option<Copied> {
        let (moves, life) = (self.moves.load(Ordering::Acquire), self.life.load(Ordering::Acquire));
        if moves % 2 == 1 || life.is_multiple_of(2) {
            return None;
        }
        let copied = self.copy_raw(life);
        fence(Ordering::Acquire);
        let same = self.moves.load(Ordering::Relaxed) == moves && self.life.load(Ordering::Relaxed) == life;
        same.then_some(copied)
    }

    fn copy_raw(&self, life: u32) -> Copied {
        Copied {
            handle: Handle(u64::from(self.slot) << 32 | u64::from(life)),
            place: self.place.load(Ordering::Relaxed),
            parent: Handle(self.parent.load(Ordering::Relaxed)),
            task: self.task.load(Ordering::Relaxed),
            first_poll: self.first_poll.load(Ordering::Relaxed),
        }
    }
}

/// All nodes.
pub(crate) struct Nodes {
    chunks: Box<[AtomicPtr<Node>]>,
    /// Chunks there are.
    used: AtomicU32,
    free: Mutex<Vec<&'static Node>>,
}

impl Nodes {
    pub(crate) fn new() -> Self {
        let chunks = (0..CHUNKS).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
        Self { chunks, used: AtomicU32::new(0), free: Mutex::new(Vec::new()) }
    }

    /// Moves up to `count` free nodes into `into`; fewer, and none, if there is no room for more.
    pub(crate) fn take(&self, into: &mut Vec<&'static Node>, count: usize) {
        let mut free = lock(&self.free);
        if free.is_empty() {
            self.grow(&mut free);
        }
        let left = free.len().saturating_sub(count);
        into.extend(free.drain(left..));
    }

    /// Takes free nodes back: all but `keep` of them.
    pub(crate) fn give(&self, from: &mut Vec<&'static Node>, keep: usize) {
        if from.len() > keep {
            lock(&self.free).extend(from.drain(keep..));
        }
    }

    fn grow(&self, free: &mut Vec<&'static Node>) {
        let used = self.used.load(Ordering::Relaxed);
        let Some(place) = self.chunks.get(used as usize) else { return };
        let first = used * CHUNK as u32;
        let chunk: Vec<Node> = (0..CHUNK as u32).map(|at| Node::new(first + at)).collect();
        let chunk: &'static [Node] = Vec::leak(chunk);
        place.store(chunk.as_ptr().cast_mut(), Ordering::Release);
        self.used.store(used + 1, Ordering::Release);
        free.extend(chunk.iter().rev());
    }

    fn get(&self, slot: u32) -> Option<&'static Node> {
        let chunk = self.chunks.get(slot as usize / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk that is not null is a leaked slice of CHUNK nodes, and is never unmapped.
        let chunk: &'static [Node] = unsafe { std::slice::from_raw_parts(chunk, CHUNK) };
        chunk.get(slot as usize % CHUNK)
    }

    /// Whether the node is still as it was copied.
    pub(crate) fn is_unchanged(&self, copied: &Copied) -> bool {
        self.get((copied.handle.0 >> 32) as u32).and_then(Node::copy).as_ref() == Some(copied)
    }

    /// Every node there is, free ones included, in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Node> + '_ {
        let slots = self.used.load(Ordering::Acquire) * CHUNK as u32;
        (0..slots).filter_map(|slot| self.get(slot))
    }
}
