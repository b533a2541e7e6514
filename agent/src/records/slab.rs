//! Records in chunks that are never unmapped, addressed by slot number.

use super::record::Record;
use crate::sync::{AtomicPtr, AtomicU32, Mutex, Ordering, lock};

#[cfg(not(taskscope_loom))]
const CHUNK: usize = 1024;
#[cfg(taskscope_loom)]
const CHUNK: usize = 2;
/// With chunks of 1,024: 16.7 million tasks alive at once. More are counted as untracked.
#[cfg(not(taskscope_loom))]
const CHUNKS: usize = 16_384;
#[cfg(taskscope_loom)]
const CHUNKS: usize = 2;

/// The records.
pub(crate) struct Slab {
    chunks: Box<[AtomicPtr<Record>]>,
    /// Chunks there are.
    used: AtomicU32,
    free: Mutex<Vec<&'static Record>>,
}

impl Slab {
    pub(crate) fn new() -> Self {
        let chunks = (0..CHUNKS).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
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
        let chunk: Vec<Record> = (0..CHUNK as u32).map(|at| Record::new(first + at)).collect();
        let chunk: &'static [Record] = Vec::leak(chunk);
        place.store(chunk.as_ptr().cast_mut(), Ordering::Release);
        self.used.store(used + 1, Ordering::Release);
        free.extend(chunk.iter().rev());
    }

    /// The record of a slot.
    pub(crate) fn get(&self, slot: u32) -> Option<&'static Record> {
        let chunk = self.chunks.get(slot as usize / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk that is not null is a leaked slice of CHUNK records, and is never unmapped.
        let chunk: &'static [Record] = unsafe { std::slice::from_raw_parts(chunk, CHUNK) };
        chunk.get(slot as usize % CHUNK)
    }

    /// Every record there is, free ones included, in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Record> + '_ {
        let slots = self.used.load(Ordering::Acquire) * CHUNK as u32;
        (0..slots).filter_map(|slot| self.get(slot))
    }
}
