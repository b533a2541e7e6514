//! Extensions in chunks that are never unmapped, addressed by slot number.

use super::extension::{Extension, Grip};
use crate::sync::{AtomicPtr, AtomicU32, Mutex, Ordering, lock};
use std::ptr;

#[cfg(not(taskscope_loom))]
const CHUNK: usize = 512;
#[cfg(taskscope_loom)]
const CHUNK: usize = 1;
/// With chunks of 512: 16.7 million wrapped tasks alive at once; later ones are counted as untracked.
#[cfg(not(taskscope_loom))]
const CHUNKS: usize = 32_768;
#[cfg(taskscope_loom)]
const CHUNKS: usize = 2;

/// The extensions.
pub(crate) struct Extensions {
    chunks: Box<[AtomicPtr<Extension>]>,
    /// Chunks there are.
    used: AtomicU32,
    free: Mutex<Vec<&'static Extension>>,
}

impl Extensions {
    pub(crate) fn new() -> Self {
        let chunks = (0..CHUNKS).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        Self { chunks, used: AtomicU32::new(0), free: Mutex::new(Vec::new()) }
    }

    /// Moves up to `count` free extensions into `into`; fewer, and none, if there is no more room.
    pub(crate) fn take(&self, into: &mut Vec<&'static Extension>, count: usize) {
        let mut free = lock(&self.free);
        if free.is_empty() {
            self.grow(&mut free);
        }
        let left = free.len().saturating_sub(count);
        into.extend(free.drain(left..));
    }

    /// Takes free extensions back: all but `keep` of them.
    pub(crate) fn give(&self, from: &mut Vec<&'static Extension>, keep: usize) {
        if from.len() > keep {
            lock(&self.free).extend(from.drain(keep..));
        }
    }

    fn grow(&self, free: &mut Vec<&'static Extension>) {
        let used = self.used.load(Ordering::Relaxed);
        let Some(place) = self.chunks.get(used as usize) else { return };
        let first = used * CHUNK as u32;
        let chunk: Vec<Extension> = (0..CHUNK as u32).map(|at| Extension::new(first + at)).collect();
        let chunk: &'static [Extension] = Vec::leak(chunk);
        place.store(chunk.as_ptr().cast_mut(), Ordering::Release);
        self.used.store(used + 1, Ordering::Release);
        free.extend(chunk.iter().rev());
    }

    /// The extension that a record names, whatever task it is of now.
    pub(crate) fn get(&self, number: u32) -> Option<&'static Extension> {
        let slot = number.checked_sub(1)? as usize;
        let chunk = self.chunks.get(slot / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk that is not null is a leaked slice of CHUNK extensions, and is never unmapped.
        let chunk: &'static [Extension] = unsafe { std::slice::from_raw_parts(chunk, CHUNK) };
        chunk.get(slot % CHUNK)
    }

    /// The extension that a task's record names; `None` if it is another task's by now.
    pub(crate) fn grip(&self, number: u32, task: u64) -> Option<Grip> {
        let grip = self.get(number)?.grip();
        let id = grip.read(|extension| extension.id.load(Ordering::Relaxed))?;
        (id == task).then_some(grip)
    }
}
