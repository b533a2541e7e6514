//! Task id to record: a radix tree that follows the ids upwards. The protocol stands in the module above.

use super::record::Record;
use crate::prefetch::prefetch_to_write;
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
    /// Entries that hold a record, counts of threads' accounts, and the flags.
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

/// Accounts of a thread, by the lowest bits of the leaf's number; and how many counts are taken or given back at once.
#[cfg(not(taskscope_loom))]
mod account {
    pub(super) const ACCOUNTS: usize = 4;
    pub(super) const AT_ONCE: u32 = 64;
}
#[cfg(taskscope_loom)]
mod account {
    pub(super) const ACCOUNTS: usize = 1;
    pub(super) const AT_ONCE: u32 = 1;
}
use account::{ACCOUNTS, AT_ONCE};

/// What one thread remembers of the index. Only that thread reads and writes it.
pub(crate) struct Near {
    /// The leaves that it has used last. A leaf that serves other ids leads to their records, or to none, and so to a
    /// new look from the root.
    leaves: [AtomicPtr<Leaf>; NEAR],
    accounts: [Account; ACCOUNTS],
}

/// Counts on a leaf that are the thread's and no entry's. As long as there is one the leaf stays that of its ids.
struct Account {
    leaf: AtomicPtr<Leaf>,
    held: AtomicU32,
}

impl Account {
    fn new() -> Self {
        Self { leaf: AtomicPtr::new(ptr::null_mut()), held: AtomicU32::new(0) }
    }

    /// The leaf of an id, with one of the counts on it, which leaves the account.
    #[inline]
    fn take(&self, id: u64) -> Option<&'static Leaf> {
        let held = self.held.load(Ordering::Relaxed).checked_sub(1)?;
        let leaf = node(&self.leaf).filter(|leaf| leaf.number.load(Ordering::Relaxed) == id >> bits::LEAF)?;
        self.held.store(held, Ordering::Relaxed);
        Some(leaf)
    }

    /// From now on it is of that leaf; what it held on another one is returned.
    fn open(&self, leaf: &'static Leaf, held: u32) -> Option<(&'static Leaf, u32)> {
        let before = node(&self.leaf).map(|leaf| (leaf, self.held.load(Ordering::Relaxed)));
        self.leaf.store(ptr::from_ref(leaf).cast_mut(), Ordering::Release);
        self.held.store(held, Ordering::Relaxed);
        before.filter(|(_, held)| *held > 0)
    }

    fn is_of(&self, leaf: &'static Leaf) -> bool {
        ptr::eq(self.leaf.load(Ordering::Relaxed), leaf)
    }
}

impl Near {
    pub(crate) fn new() -> Self {
        Self { leaves: empty(), accounts: std::array::from_fn(|_| Account::new()) }
    }

    /// The record of a task that is about to be polled, if its leaf was used lately: two loads, then the record's
    /// own id.
    #[inline]
    pub(crate) fn find(&self, id: u64) -> Option<&'static Record> {
        let record = node(self.place(id))?.entries[part(id, 0, bits::LEAF)].load(Ordering::Acquire);
        prefetch_to_write(record.cast_const());
        of(record, id)
    }

    /// The leaf of an id, if it was used lately and still is the one.
    #[inline]
    fn leaf(&self, id: u64) -> Option<&'static Leaf> {
        node(self.place(id)).filter(|leaf| leaf.number.load(Ordering::Relaxed) == id >> bits::LEAF)
    }

    #[inline]
    fn place(&self, id: u64) -> &AtomicPtr<Leaf> {
        &self.leaves[(id >> bits::LEAF) as usize % NEAR]
    }

    #[inline]
    fn account(&self, id: u64) -> &Account {
        &self.accounts[(id >> bits::LEAF) as usize % ACCOUNTS]
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
    of(leaf.entries[part(id, 0, bits::LEAF)].load(Ordering::Acquire), id)
}

/// The record to which an entry leads, if it is the task's.
#[inline]
fn of(record: *mut Record, id: u64) -> Option<&'static Record> {
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
        let leaf = near.account(id).take(id).unwrap_or_else(|| self.take_counts(near, id));
        let entry = &leaf.entries[part(id, 0, bits::LEAF)];
        let own = ptr::from_ref(record).cast_mut();
        match entry.compare_exchange(ptr::null_mut(), own, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Inserted::Yes,
            Err(before) if before != tombstone() => {
                self.keep_count(near, id, leaf);
                return Inserted::Impossible;
            }
            Err(_) => {}
        }
        entry.store(ptr::null_mut(), Ordering::Release);
        self.keep_count(near, id, leaf);
        Inserted::AlreadyEnded
    }

    /// The leaf of an id with a count on it; the thread's account gets some more.
    #[cold]
    fn take_counts(&self, near: &Near, id: u64) -> &'static Leaf {
        let leaf = self.hold(id, near.leaf(id), AT_ONCE);
        near.place(id).store(ptr::from_ref(leaf).cast_mut(), Ordering::Release);
        if let Some((before, held)) = near.account(id).open(leaf, AT_ONCE - 1) {
            self.release(before, held);
        }
        leaf
    }

    /// A count on the leaf of an id is no entry's any more: it goes to the thread's account.
    #[inline]
    fn keep_count(&self, near: &Near, id: u64, leaf: &'static Leaf) {
        let account = near.account(id);
        if !account.is_of(leaf) {
            return self.keep_count_of_another(account, leaf);
        }
        let held = account.held.load(Ordering::Relaxed) + 1;
        if held < 2 * AT_ONCE {
            return account.held.store(held, Ordering::Relaxed);
        }
        account.held.store(held - AT_ONCE, Ordering::Relaxed);
        self.release(leaf, AT_ONCE);
    }

    fn keep_count_of_another(&self, account: &Account, leaf: &'static Leaf) {
        if let Some((before, held)) = account.open(leaf, 1) {
            self.release(before, held);
        }
    }

    /// The leaf of an id, counted up, so that it stays the leaf of that id until `release`; `known` was that leaf a
    /// moment ago.
    fn hold(&self, id: u64, known: Option<&'static Leaf>, counts: u32) -> &'static Leaf {
        let mut leaf = known.or_else(|| self.leaf(id)).unwrap_or_else(|| self.add_leaf(id));
        loop {
            let used = leaf.used.fetch_add(counts, Ordering::AcqRel);
            if used & DEAD == 0 && leaf.number.load(Ordering::Relaxed) == id >> bits::LEAF {
                return leaf;
            }
            // It died, or serves other ids by now. Take the counts back and look again, under the lock: who
            // recycles it holds that until it is unlinked, and without it one could spin on a stale pointer.
            self.release(leaf, counts);
            leaf = self.add_leaf(id);
        }
    }

    /// Ends the way from the id of an ended task to its record; `None` if it led nowhere: a creation that is
    /// still to come will find a tombstone.
    pub(crate) fn remove(&self, id: u64) -> Option<&'static Record> {
        if let Some(record) = self.find(id) {
            // The record keeps its leaf in place.
            let leaf = self.leaf(id)?;
            let record = clear(leaf, id, record)?;
            self.release(leaf, 1);
            return Some(record);
        }
        let number = id >> bits::LEAF;
        let long_ago = number + (bits::FRESH as u64) < self.newest.load(Ordering::Relaxed);
        if long_ago || id >> ROOT_BELOW >= self.root.len() as u64 {
            return None;
        }
        let leaf = self.hold(id, None, 1);
        let entry = &leaf.entries[part(id, 0, bits::LEAF)];
        let left = entry.compare_exchange(ptr::null_mut(), tombstone(), Ordering::AcqRel, Ordering::Acquire);
        // The creation came between the two looks.
        let record = left.err().and_then(|_| self.find(id)).and_then(|record| clear(leaf, id, record));
        self.release(leaf, 1 + u32::from(record.is_some()));
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
        let leaf = near.leaf(id).or_else(|| self.leaf(id))?;
        let record = clear(leaf, id, record)?;
        self.keep_count(near, id, leaf);
        Some(record)
    }

    /// Takes counts off a leaf, and recycles it if these were the last ones.
    fn release(&self, leaf: &'static Leaf, counts: u32) {
        if leaf.used.fetch_sub(counts, Ordering::AcqRel) == PASSED | counts {
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

/// Empties the entry that leads to a record, whose count is the caller's then; `None` if somebody else just did.
#[inline]
fn clear(leaf: &'static Leaf, id: u64, record: &'static Record) -> Option<&'static Record> {
    let entry = &leaf.entries[part(id, 0, bits::LEAF)];
    let own = ptr::from_ref(record).cast_mut();
    entry.compare_exchange(own, ptr::null_mut(), Ordering::AcqRel, Ordering::Acquire).ok()?;
    Some(record)
}

fn allocate<T>(node: T) -> &'static T {
    Box::leak(Box::new(node))
}

fn link<T>(place: &AtomicPtr<T>, node: &'static T) -> &'static T {
    place.store(ptr::from_ref(node).cast_mut(), Ordering::Release);
    node
}
