//! Records in chunks that are never unmapped, addressed by slot number.

use super::record::{Record, Rest};
use crate::sync::{AtomicPtr, AtomicU32, Mutex, Ordering, lock};
use std::mem::offset_of;
use std::ptr;

#[cfg(not(taskscope_loom))]
const CHUNK: usize = 1024;
#[cfg(taskscope_loom)]
const CHUNK: usize = 2;
/// With chunks of 1,024: 16.7 million tasks alive at once. More are counted as untracked.
#[cfg(not(taskscope_loom))]
const CHUNKS: usize = 16_384;
#[cfg(taskscope_loom)]
const CHUNKS: usize = 2;

/// The two halves of the records, each side by side.
#[repr(C)]
struct Chunk {
    records: [Record; CHUNK],
    rests: [Rest; CHUNK],
}

/// So far behind each record lies its other half.
pub(super) const REST: usize = offset_of!(Chunk, rests) - offset_of!(Chunk, records);

/// The records.
pub(crate) struct Slab {
    chunks: Box<[AtomicPtr<Chunk>]>,
    /// Chunks there are.
    used: AtomicU32,
    free: Mutex<Vec<&'static Record>>,
}

impl Slab {
    pub(crate) fn new() -> Self {
        let chunks = (0..CHUNKS).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        Self { chunks, used: AtomicU32::new(0), free: Mutex::new(Vec::new()) }
    }

    /// Moves up to `count` free records into `into`; fewer, and none, if the slab is full.
    pub(crate) fn take(&self, into: &mut Vec<&'static Record>, count: usize) {
        let mut free = lock(&self.free);
        if free.is_empty() {
            self.grow(&mut free);
        }
        let left = free.len().saturating_sub(count);
        into.extend(free.drain(left..));
    }

    /// Takes free records back: all but `keep` of them.
    pub(crate) fn give(&self, from: &mut Vec<&'static Record>, keep: usize) {
        if from.len() > keep {
            lock(&self.free).extend(from.drain(keep..));
        }
    }

    fn grow(&self, free: &mut Vec<&'static Record>) {
        let used = self.used.load(Ordering::Relaxed);
        let Some(place) = self.chunks.get(used as usize) else { return };
        let first = used * CHUNK as u32;
        place.store(new_chunk(first), Ordering::Release);
        self.used.store(used + 1, Ordering::Release);
        free.extend((0..CHUNK as u32).rev().filter_map(|at| self.get(first + at)));
    }

    /// The record of a slot.
    pub(crate) fn get(&self, slot: u32) -> Option<&'static Record> {
        let chunk = self.chunks.get(slot as usize / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk that is not null is whole, only shared, and never unmapped.
        let chunk: &'static Chunk = unsafe { &*chunk };
        chunk.records.get(slot as usize % CHUNK)
    }

    /// Every record there is, free ones included, in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Record> + '_ {
        let slots = self.used.load(Ordering::Acquire) * CHUNK as u32;
        (0..slots).filter_map(|slot| self.get(slot))
    }
}

/// A chunk for the slots from `first`, made in place: it is too large for the stack of a thread of the program's.
fn new_chunk(first: u32) -> *mut Chunk {
    let mut chunk = Box::<Chunk>::new_uninit();
    let place = chunk.as_mut_ptr();
    for at in 0..CHUNK {
        // SAFETY: inside of the box.
        let record = unsafe { &raw mut (*place).records[at] };
        // SAFETY: nothing is there yet that would have to be dropped.
        unsafe { record.write(Record::new(first + at as u32)) };
        // SAFETY: as above.
        let rest = unsafe { &raw mut (*place).rests[at] };
        // SAFETY: as above.
        unsafe { rest.write(Rest::new()) };
    }
    // SAFETY: all of it is written now.
    let chunk = Box::into_raw(unsafe { chunk.assume_init() });
    // For `Record::rest`.
    _ = chunk.expose_provenance();
    chunk
}
