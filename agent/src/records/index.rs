//! Task id to record: a radix tree that follows the ids upwards. The protocol stands in the module above.

use super::record::Record;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Mutex, Ordering, lock};
use std::collections::VecDeque;
use std::ptr;

/// Widths of the levels in bits of the id, the leaf's first. 42 bits: 4.4 * 10^12 tasks in a program's life;
/// later ones are counted as untracked.
#[cfg(not(taskscope_loom))]
mod bits {
    pub(super) const LEAF: u32 = 9;
    pub(super) const MID: u32 = 8;
    pub(super) const TOP: u32 = 12;
    pub(super) const ROOT: u32 = 13;
    /// Leaves that are kept though they hold nothing: ids about to be used fall into them.
    pub(super) const FRESH: usize = 4;
}
#[cfg(taskscope_loom)]
mod bits {
    pub(super) const LEAF: u32 = 1;
    pub(super) const MID: u32 = 1;
    pub(super) const TOP: u32 = 1;
    pub(super) const ROOT: u32 = 1;
    pub(super) const FRESH: usize = 1;
}

/// Flags in a leaf's `used`, above the count.
const PASSED: u32 = 1 << 30;
const DEAD: u32 = 1 << 31;

struct Leaf {
    /// Which ids it is for: id >> LEAF.
    number: AtomicU64,
    /// Entries that hold a record, and the flags.
    used: AtomicU32,
    entries: [AtomicPtr<Record>; 1 << bits::LEAF],
}

struct Mid {
    leaves: [AtomicPtr<Leaf>; 1 << bits::MID],
}

struct Top {
    mids: [AtomicPtr<Mid>; 1 << bits::TOP],
}

/// Nodes to recycle, and what is needed to unlink them. Held only to add or remove a leaf.
struct Spare {
    leaves: Vec<&'static Leaf>,
    mids: Vec<&'static Mid>,
    /// Leaves that are not passed yet, oldest first.
    fresh: VecDeque<&'static Leaf>,
}

/// The index.
pub(crate) struct Index {
    root: Box<[AtomicPtr<Top>]>,
    /// The highest number that a leaf was made for.
    newest: AtomicU64,
    spare: Mutex<Spare>,
}

/// Leaves that a thread remembers, by the lowest bits of their number.
#[cfg(not(taskscope_loom))]
const NEAR: usize = 64;
#[cfg(taskscope_loom)]
const NEAR: usize = 1;

/// The leaves that one thread has used last. A leaf that serves other ids leads to their records, or to
/// none, and so to a new look from the root. Only that thread reads and writes it.
pub(crate) struct Near([AtomicPtr<Leaf>; NEAR]);

impl Near {
    pub(crate) fn new() -> Self {
        Self(empty())
    }

    /// The record of a task, if its leaf was used lately: two loads, then the record's own id.
    #[inline]
    pub(crate) fn find(&self, id: u64) -> Option<&'static Record> {
        record_in(node(self.place(id))?, id)
    }

    /// The leaf of an id, if it was used lately and still is the one.
    #[inline]
    fn leaf(&self, id: u64) -> Option<&'static Leaf> {
        node(self.place(id)).filter(|leaf| leaf.number.load(Ordering::Relaxed) == id >> bits::LEAF)
    }

    #[inline]
    fn place(&self, id: u64) -> &AtomicPtr<Leaf> {
        &self.0[(id >> bits::LEAF) as usize % NEAR]
    }
}

/// What became of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// The id leads to the record now.
    Yes,
    /// The task has ended before it was created here.
    AlreadyEnded,
    /// The id is beyond the index, or leads to another record already.
    Impossible,
}

/// What an end leaves if it comes before the creation: an address at which no record can be.
fn tombstone() -> *mut Record {
    ptr::without_provenance_mut(1)
}

fn empty<T, const N: usize>() -> [AtomicPtr<T>; N] {
    std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut()))
}

fn part(id: u64, below: u32, width: u32) -> usize {
    (id >> below) as usize & ((1 << width) - 1)
}

const MID_BELOW: u32 = bits::LEAF;
const TOP_BELOW: u32 = MID_BELOW + bits::MID;
const ROOT_BELOW: u32 = TOP_BELOW + bits::TOP;

/// A node, if it is there.
fn node<T>(place: &AtomicPtr<T>) -> Option<&'static T> {
    // SAFETY: a node's pointer is stored only after the node is whole (Release), and nodes are never unmapped.
    unsafe { place.load(Ordering::Acquire).as_ref() }
}

/// The record to which a leaf leads from an id.
#[inline]
fn record_in(leaf: &'static Leaf, id: u64) -> Option<&'static Record> {
    let record = leaf.entries[part(id, 0, bits::LEAF)].load(Ordering::Acquire);
    if record.addr() <= 1 {
        return None;
    }
    // SAFETY: an entry that is neither empty nor a tombstone points to a record of the slab, and these are
    // never unmapped. A recycled leaf may lead to another task's record: its id tells.
    let record = unsafe { &*record };
    (record.id.load(Ordering::Relaxed) == id).then_some(record)
}

impl Index {
    pub(crate) fn new() -> Self {
        let root = (0..1 << bits::ROOT).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        let spare = Spare { leaves: Vec::new(), mids: Vec::new(), fresh: VecDeque::new() };
        Self { root, newest: AtomicU64::new(0), spare: Mutex::new(spare) }
    }

    /// The record of a task, by way of the leaves that the calling thread has used before if they lead there.
    pub(crate) fn find_near(&self, near: &Near, id: u64) -> Option<&'static Record> {
        near.find(id).or_else(|| {
            let leaf = self.leaf(id)?;
            near.place(id).store(ptr::from_ref(leaf).cast_mut(), Ordering::Release);
            record_in(leaf, id)
        })
    }

    /// The record of a task.
    pub(crate) fn find(&self, id: u64) -> Option<&'static Record> {
        record_in(self.leaf(id)?, id)
    }

    #[inline]
    fn leaf(&self, id: u64) -> Option<&'static Leaf> {
        let top = node(self.root.get((id >> ROOT_BELOW) as usize)?)?;
        let mid = node(&top.mids[part(id, TOP_BELOW, bits::TOP)])?;
        node(&mid.leaves[part(id, MID_BELOW, bits::MID)])
    }

    /// Leads the id of a new task to its record. `near` is the calling thread's.
    pub(crate) fn insert(&self, near: &Near, id: u64, record: &'static Record) -> Inserted {
        if id >> ROOT_BELOW >= self.root.len() as u64 {
            return Inserted::Impossible;
        }
        let known = near.leaf(id);
        let leaf = self.hold(id, known);
        if known.is_none() {
            near.place(id).store(ptr::from_ref(leaf).cast_mut(), Ordering::Release);
        }
        let entry = &leaf.entries[part(id, 0, bits::LEAF)];
        let own = ptr::from_ref(record).cast_mut();
        match entry.compare_exchange(ptr::null_mut(), own, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Inserted::Yes,
            Err(before) if before != tombstone() => {
                self.release(leaf);
                return Inserted::Impossible;
            }
            Err(_) => {}
        }
        entry.store(ptr::null_mut(), Ordering::Release);
        self.release(leaf);
        Inserted::AlreadyEnded
    }

    /// The leaf of an id, counted up, so that it stays the leaf of that id until `release`.
    fn hold_leaf(&self, id: u64) -> &'static Leaf {
        self.hold(id, None)
    }

    /// The same; `known` was the leaf of that id a moment ago.
    #[inline]
    fn hold(&self, id: u64, known: Option<&'static Leaf>) -> &'static Leaf {
        let mut leaf = known.or_else(|| self.leaf(id)).unwrap_or_else(|| self.add_leaf(id));
        loop {
            let used = leaf.used.fetch_add(1, Ordering::AcqRel);
            if used & DEAD == 0 && leaf.number.load(Ordering::Relaxed) == id >> bits::LEAF {
                return leaf;
            }
            // It died, or serves other ids by now. Take the count back and look again, under the lock: who
            // recycles it holds that until it is unlinked, and without it one could spin on a stale pointer.
            self.release(leaf);
            leaf = self.add_leaf(id);
        }
    }

    /// Ends the way from the id of an ended task to its record; `None` if it led nowhere: a creation that is
    /// still to come will find a tombstone.
    pub(crate) fn remove(&self, id: u64) -> Option<&'static Record> {
        if let Some(record) = self.find(id) {
            // The record keeps its leaf in place.
            return self.clear(self.leaf(id)?, id, record);
        }
        let number = id >> bits::LEAF;
        let long_ago = number + (bits::FRESH as u64) < self.newest.load(Ordering::Relaxed);
        if long_ago || id >> ROOT_BELOW >= self.root.len() as u64 {
            return None;
        }
        let leaf = self.hold_leaf(id);
        let entry = &leaf.entries[part(id, 0, bits::LEAF)];
        let left = entry.compare_exchange(ptr::null_mut(), tombstone(), Ordering::AcqRel, Ordering::Acquire);
        // The creation came between the two looks.
        let record = left.err().and_then(|_| self.find(id)).and_then(|record| self.clear(leaf, id, record));
        self.release(leaf);
        record
    }

    /// The same for a record to which the id is known to lead. `near` is the calling thread's.
    #[inline]
    pub(crate) fn remove_known(
        &self,
        near: &Near,
        id: u64,
        record: &'static Record,
    ) -> Option<&'static Record> {
        // The record keeps its leaf in place.
        self.clear(near.leaf(id).or_else(|| self.leaf(id))?, id, record)
    }

    /// Empties the entry that leads to a record; `None` if somebody else just did.
    fn clear(&self, leaf: &'static Leaf, id: u64, record: &'static Record) -> Option<&'static Record> {
        let entry = &leaf.entries[part(id, 0, bits::LEAF)];
        let own = ptr::from_ref(record).cast_mut();
        entry.compare_exchange(own, ptr::null_mut(), Ordering::AcqRel, Ordering::Acquire).ok()?;
        self.release(leaf);
        Some(record)
    }

    /// Takes one off a leaf's count, and recycles the leaf if that was the last one.
    fn release(&self, leaf: &'static Leaf) {
        if leaf.used.fetch_sub(1, Ordering::AcqRel) == PASSED | 1 {
            self.recycle(&mut lock(&self.spare), leaf);
        }
    }

    /// Links a leaf for an id, unless somebody else just did.
    #[cold]
    fn add_leaf(&self, id: u64) -> &'static Leaf {
        let mut spare = lock(&self.spare);
        if let Some(leaf) = self.leaf(id) {
            return leaf;
        }
        let root = &self.root[(id >> ROOT_BELOW) as usize];
        let top = node(root).unwrap_or_else(|| link(root, allocate(Top { mids: empty() })));
        let place = &top.mids[part(id, TOP_BELOW, bits::TOP)];
        let mid = node(place).unwrap_or_else(|| {
            let recycled = spare.mids.pop();
            link(place, recycled.unwrap_or_else(|| allocate(Mid { leaves: empty() })))
        });
        let number = id >> bits::LEAF;
        self.newest.fetch_max(number, Ordering::Relaxed);
        let leaf = match spare.leaves.pop() {
            Some(leaf) => {
                leaf.number.store(number, Ordering::Relaxed);
                // Not a store: a late insert may hold a count that it is about to take back.
                leaf.used.fetch_and(!(DEAD | PASSED), Ordering::AcqRel);
                leaf
            }
            None => {
                allocate(Leaf { number: AtomicU64::new(number), used: AtomicU32::new(0), entries: empty() })
            }
        };
        link(&mid.leaves[part(id, MID_BELOW, bits::MID)], leaf);
        spare.fresh.push_back(leaf);
        if spare.fresh.len() > bits::FRESH
            && let Some(passed) = spare.fresh.pop_front()
            && passed.used.fetch_or(PASSED, Ordering::AcqRel) == 0
        {
            self.recycle(&mut spare, passed);
        }
        leaf
    }

    /// Unlinks a passed leaf that holds no record, and its node if that is empty then.
    #[cold]
    fn recycle(&self, spare: &mut Spare, leaf: &'static Leaf) {
        if leaf.used.compare_exchange(PASSED, DEAD, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return;
        }
        let id = leaf.number.load(Ordering::Relaxed) << bits::LEAF;
        let Some(top) = self.root.get((id >> ROOT_BELOW) as usize).and_then(node) else { return };
        let place = &top.mids[part(id, TOP_BELOW, bits::TOP)];
        let Some(mid) = node(place) else { return };
        mid.leaves[part(id, MID_BELOW, bits::MID)].store(ptr::null_mut(), Ordering::Release);
        for entry in &leaf.entries {
            // Only tombstones are left.
            entry.store(ptr::null_mut(), Ordering::Relaxed);
        }
        leaf.number.store(u64::MAX, Ordering::Relaxed);
        spare.leaves.push(leaf);
        if mid.leaves.iter().all(|leaf| leaf.load(Ordering::Relaxed).is_null()) {
            place.store(ptr::null_mut(), Ordering::Release);
            spare.mids.push(mid);
        }
    }
}

fn allocate<T>(node: T) -> &'static T {
    Box::leak(Box::new(node))
}

fn link<T>(place: &AtomicPtr<T>, node: &'static T) -> &'static T {
    place.store(ptr::from_ref(node).cast_mut(), Ordering::Release);
    node
}
