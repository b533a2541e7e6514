//! One place where observed futures are made: a source location and a label. It counts what becomes of them.

use super::drops::{HalfWayDrop, Meaning, Sample, Stacks};
use super::here::{SHARDS, shard};
use crate::sync::lock;
use std::panic::Location;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use taskscope_model::codes::DropKind;

/// Unpolled drops that leave their stack.
const UNPOLLED_SAMPLES: u32 = 8;
/// Half-way drops that leave their stack, if it is needed ...
const HALF_WAY_SAMPLES: u32 = 256;
/// ... and beyond these one in so many, which then stands for all of them.
const HALF_WAY_EVERY: u32 = 32;

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Made,
    Polled,
    Completed,
    Unpolled,
    /// Of these, dropped in an unwind or within another observed future: they say nothing.
    Excused,
    /// Dropped half way within the poll of another observed future.
    HalfWay,
}

const COUNTS: usize = Count::HalfWay as usize + 1;

/// One part of the counters, on a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct Counts([AtomicU64; COUNTS]);

/// A place. Never unmapped.
pub(crate) struct Place {
    /// In the table.
    pub(super) index: u32,
    /// Of the location it is told by.
    pub(super) number: u32,
    pub(super) label: &'static str,
    pub(super) location: &'static Location<'static>,
    pub(super) kind: DropKind,
    counts: [Counts; SHARDS],
    /// Whether any future made here was ever polled.
    polled: AtomicBool,
    last_unpolled: AtomicU64,
    unpolled_by: AtomicU64,
    unpolled_samples: AtomicU32,
    half_way_samples: AtomicU32,
    half_way: Mutex<Option<HalfWayDrop>>,
    pub(super) stacks: Mutex<Stacks>,
}

/// What was counted, and what it means as far as that is known.
pub(super) struct Sums {
    pub(super) made: u64,
    pub(super) polled: u64,
    pub(super) completed: u64,
    pub(super) unpolled: u64,
    pub(super) forgotten: u64,
    /// When one was last dropped unpolled, raw clock, and by which task; both 0: never, none.
    pub(super) last_unpolled: (u64, u64),
    pub(super) half_way: u64,
    pub(super) last_half_way: Option<HalfWayDrop>,
}

impl Place {
    pub(super) fn new(
        index: u32,
        number: u32,
        label: &'static str,
        location: &'static Location<'static>,
        kind: DropKind,
    ) -> Self {
        Self {
            index,
            number,
            label,
            location,
            kind,
            counts: std::array::from_fn(|_| Counts::default()),
            polled: AtomicBool::new(false),
            last_unpolled: AtomicU64::new(0),
            unpolled_by: AtomicU64::new(0),
            unpolled_samples: AtomicU32::new(0),
            half_way_samples: AtomicU32::new(0),
            half_way: Mutex::new(None),
            stacks: Mutex::new(Stacks::default()),
        }
    }

    #[inline]
    pub(super) fn count(&self, what: Count) {
        self.counts[shard()].0[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn sum(&self, what: Count) -> u64 {
        self.counts.iter().map(|counts| counts.0[what as usize].load(Ordering::Relaxed)).sum()
    }

    pub(super) fn first_polled(&self) {
        self.count(Count::Polled);
        if !self.polled.load(Ordering::Relaxed) {
            self.polled.store(true, Ordering::Relaxed);
        }
    }

    /// Counts a drop without a poll that means something, and says whether its stack is wanted.
    pub(super) fn dropped_unpolled(&self, at: u64, task: u64) -> bool {
        self.count(Count::Unpolled);
        self.last_unpolled.store(at, Ordering::Relaxed);
        self.unpolled_by.store(task, Ordering::Relaxed);
        !self.polled.load(Ordering::Relaxed)
            && self.unpolled_samples.load(Ordering::Relaxed) < UNPOLLED_SAMPLES
            && self.unpolled_samples.fetch_add(1, Ordering::Relaxed) < UNPOLLED_SAMPLES
    }

    /// For how many drops a stack taken now stands; `None`: none is wanted.
    pub(super) fn half_way_sample(&self) -> Option<u64> {
        let nth = self.half_way_samples.fetch_add(1, Ordering::Relaxed);
        if nth < HALF_WAY_SAMPLES {
            Some(1)
        } else {
            nth.is_multiple_of(HALF_WAY_EVERY).then_some(HALF_WAY_EVERY.into())
        }
    }

    /// A drop that is known to be half way.
    pub(super) fn dropped_half_way(&self, drop: HalfWayDrop) {
        self.count(Count::HalfWay);
        *lock(&self.half_way) = Some(drop);
    }

    /// A stack that is yet to be understood. True: none like it was there before.
    pub(super) fn sampled(&self, sample: Sample) -> bool {
        lock(&self.stacks).add(sample)
    }

    /// What a stack of this hash was found to mean.
    pub(super) fn meaning(&self, hash: u64) -> Option<Meaning> {
        lock(&self.stacks).meaning(hash)
    }

    /// Everything that was counted.
    pub(super) fn sums(&self) -> Sums {
        let stacks = lock(&self.stacks);
        let (all_forgotten, judged, last_judged) =
            (stacks.all_forgotten(), stacks.half_way(), stacks.last_half_way());
        drop(stacks);
        // The made ones last, so that the parts are never more than the whole.
        let unpolled = self.sum(Count::Unpolled);
        let forgotten = if all_forgotten { unpolled.saturating_sub(self.sum(Count::Excused)) } else { 0 };
        let last = (self.last_unpolled.load(Ordering::Relaxed), self.unpolled_by.load(Ordering::Relaxed));
        let certain = *lock(&self.half_way);
        Sums {
            half_way: self.sum(Count::HalfWay) + judged,
            last_half_way: certain.into_iter().chain(last_judged).max_by_key(|drop| drop.at),
            completed: self.sum(Count::Completed),
            polled: self.sum(Count::Polled),
            forgotten,
            unpolled,
            last_unpolled: last,
            made: self.sum(Count::Made),
        }
    }
}
