//! What a thread needs to spawn, and nobody else touches: free records, and the numbers of the places that it has
//! spawned from. Here is no lock; what the collector reads are the counts alone.

use crate::extensions::{Extension, Extensions};
use crate::prefetch::prefetch_to_write;
use crate::places::{MOST_LOCATIONS, Places};
use crate::records::{Record, Slab};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// Free records that a thread keeps at hand, and how many it takes at once; so too extensions.
const RECORDS_KEPT: usize = 256;
const RECORDS_TAKEN: usize = 64;
/// Places remembered for a quick look.
const RECENT: usize = 16;
/// Counts that are made together.
const COUNTS: usize = 64;

/// One thread's, and used by it alone.
#[derive(Default)]
pub(crate) struct Spawning {
    free: Vec<&'static Record>,
    free_extensions: Vec<&'static Extension>,
    places: HashMap<usize, u32, BuildHasherDefault<Fold>>,
    chains: HashMap<u64, u32, BuildHasherDefault<Fold>>,
    recent: [Option<Recent>; RECENT],
}

/// Where a task is spawned, in numbers.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) location: u32,
    pub(crate) chain: u32,
    /// Tasks that the thread has spawned at the location.
    pub(crate) spawned: &'static AtomicU64,
}

#[derive(Clone, Copy)]
struct Recent {
    location: &'static Location<'static>,
    parent_chain: u32,
    place: Place,
}

impl Spawning {
    /// A spawn at a location, by a task whose chain is `parent_chain`.
    #[inline]
    pub(crate) fn place(
        &mut self,
        location: &'static Location<'static>,
        parent_chain: u32,
        places: &Places,
        counts: &SpawnCounts,
    ) -> Place {
        // Locations lie side by side, 24 bytes each.
        let at = (ptr::from_ref(location).addr() / 8 + parent_chain as usize) % RECENT;
        match &self.recent[at] {
            Some(recent) if ptr::eq(recent.location, location) && recent.parent_chain == parent_chain => recent.place,
            _ => {
                let place = self.look_up(location, parent_chain, places, counts);
                self.recent[at] = Some(Recent { location, parent_chain, place });
                place
            }
        }
    }

    #[cold]
    fn look_up(
        &mut self,
        location: &'static Location<'static>,
        parent_chain: u32,
        places: &Places,
        counts: &SpawnCounts,
    ) -> Place {
        let address = ptr::from_ref(location).addr();
        let location = *self.places.entry(address).or_insert_with(|| places.location(location));
        let key = u64::from(parent_chain) << 32 | u64::from(location);
        let chain = *self.chains.entry(key).or_insert_with(|| places.chain(parent_chain, location));
        Place { location, chain, spawned: counts.of(location) }
    }

    /// A free record; `None` if the slab is full.
    #[inline]
    pub(crate) fn take_record(&mut self, slab: &Slab) -> Option<&'static Record> {
        let record = self.free.pop().or_else(|| self.more_records(slab));
        self.free.last().inspect(|next| next.prefetch());
        record
    }

    #[cold]
    fn more_records(&mut self, slab: &Slab) -> Option<&'static Record> {
        slab.take(&mut self.free, RECORDS_TAKEN);
        self.free.pop()
    }

    /// Takes a freed record back.
    #[inline]
    pub(crate) fn give_record(&mut self, record: &'static Record, slab: &Slab) {
        self.free.push(record);
        if self.free.len() > 2 * RECORDS_KEPT {
            slab.give(&mut self.free, RECORDS_KEPT);
        }
    }

    /// A free extension; `None` if there is no more room.
    #[inline]
    pub(crate) fn take_extension(&mut self, all: &Extensions) -> Option<&'static Extension> {
        let extension = self.free_extensions.pop().or_else(|| self.more_extensions(all));
        self.free_extensions.last().inspect(|next| prefetch_to_write(ptr::from_ref::<Extension>(next)));
        extension
    }

    #[cold]
    fn more_extensions(&mut self, all: &Extensions) -> Option<&'static Extension> {
        all.take(&mut self.free_extensions, RECORDS_TAKEN);
        self.free_extensions.pop()
    }

    /// Takes an extension back that nobody holds.
    #[inline]
    pub(crate) fn give_extension(&mut self, extension: &'static Extension, all: &Extensions) {
        self.free_extensions.push(extension);
        if self.free_extensions.len() > 2 * RECORDS_KEPT {
            all.give(&mut self.free_extensions, RECORDS_KEPT);
        }
    }
}

/// Tasks that one thread has spawned, by location. Written by that thread alone, read by the collector.
pub(crate) struct SpawnCounts([AtomicPtr<[AtomicU64; COUNTS]>; MOST_LOCATIONS / COUNTS + 1]);

impl SpawnCounts {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())))
    }

    /// The count of a location. Called by the one thread.
    fn of(&self, location: u32) -> &'static AtomicU64 {
        let place = &self.0[location as usize / COUNTS];
        let counts = made(place).unwrap_or_else(|| {
            let counts = Box::leak(Box::new([const { AtomicU64::new(0) }; COUNTS]));
            place.store(ptr::from_mut(counts), Ordering::Release);
            counts
        });
        &counts[location as usize % COUNTS]
    }

    /// Those that are not 0, with their locations.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let made = (0..).step_by(COUNTS).zip(&self.0).filter_map(|(first, place)| Some((first, made(place)?)));
        let counts = made.flat_map(|(first, counts)| (first..).zip(counts));
        counts.map(|(location, count)| (location, count.load(Ordering::Relaxed))).filter(|(_, count)| *count > 0)
    }
}

fn made(place: &AtomicPtr<[AtomicU64; COUNTS]>) -> Option<&'static [AtomicU64; COUNTS]> {
    // SAFETY: what is stored here is whole, only shared, and never unmapped.
    unsafe { place.load(Ordering::Acquire).as_ref() }
}

/// Hashes one number: all keys here are addresses or small numbers of our own making.
#[derive(Default)]
struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio: spreads neighbouring numbers over the upper bits.
        let mixed = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(all(test, not(taskscope_loom)))]
mod tests {
    use super::*;
    use crate::places::NO_CHAIN;

    #[test]
    fn a_place_is_the_same_each_time_and_counts_for_itself() {
        let (places, counts) = (Places::new(), SpawnCounts::new());
        let mut spawning = Spawning::default();
        let locations: Vec<_> = (0..3).map(|_| here()).chain([Location::caller()]).collect();
        for _ in 0..2 {
            for location in &locations {
                let place = spawning.place(location, NO_CHAIN, &places, &counts);
                place.spawned.fetch_add(1, Ordering::Relaxed);
                let below = spawning.place(location, place.chain, &places, &counts);
                assert_eq!((below.location, below.chain == place.chain), (place.location, false));
            }
        }
        assert_eq!(counts.all().collect::<Vec<_>>(), [(1, 6), (2, 2)]);
    }

    fn here() -> &'static Location<'static> {
        Location::caller()
    }
}
