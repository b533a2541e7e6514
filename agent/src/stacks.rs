//! What threads were seen doing: their stacks, the names in these, and the polls that took too long.
//!
//! Nothing here runs on the program's threads but the handler of one signal. The watchdog takes the stacks; a
//! thread of its own looks up the names, for that may take long; the server tells both.

pub(crate) mod frames;
pub(crate) mod named;
mod namer;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod native;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "stacks/elsewhere.rs"]
mod native;
mod origin;
pub(crate) mod slow_polls;
pub(crate) mod taken;
pub(crate) mod unused;

pub(crate) use native::{BETWEEN_LOOKS, Look, Taker, Watched, look_up, proc};
pub(crate) use origin::Origins;

use crate::sync::lock;
use frames::Frames;
use namer::Namer;
use slow_polls::SlowPolls;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use taken::Taken;
use taskscope_model::change::{PoolFull, SlowPoll, Stack, ThreadStack};
use taskscope_model::{At, Fact, Nanos, RuntimeId, SlowPollId};

/// By which signal running threads are asked for their stacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The first that is free.
    #[default]
    Any,
    /// This one, if it is free.
    Signal(i32),
    /// By none.
    Off,
}

impl Choice {
    /// `off`, or the number of a realtime signal that the system leaves to programs.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            return Some(Choice::Off);
        }
        let signal = text.parse().ok()?;
        realtime_signals().contains(&signal).then_some(Choice::Signal(signal))
    }
}

#[cfg(target_os = "linux")]
fn realtime_signals() -> std::ops::RangeInclusive<i32> {
    libc::SIGRTMIN()..=libc::SIGRTMAX()
}

/// None are known elsewhere.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::reversed_empty_ranges, reason = "an empty one is meant")]
fn realtime_signals() -> std::ops::RangeInclusive<i32> {
    1..=0
}

/// The stacks and what they show. Whatever changes gets the next version, so that whoever tells it knows what
/// is new.
pub(crate) struct Stacks {
    version: Version,
    frames: Mutex<Frames>,
    slow: Mutex<SlowPolls>,
    threads: Mutex<Threads>,
    pools: Mutex<BTreeMap<RuntimeId, (u64, PoolFull)>>,
    /// Whether somebody wants the stacks of all threads.
    asked: AtomicBool,
    settled: AtomicU64,
    namer: Namer,
    on_news: fn(),
}

/// The last version given.
#[derive(Default)]
pub(crate) struct Version(AtomicU64);

impl Version {
    /// A new one.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The stacks of all threads, as somebody asked for them.
#[derive(Default)]
struct Threads {
    version: u64,
    /// Whether names in them are looked up still.
    unnamed: bool,
    stacks: Vec<ThreadStack>,
}

impl Stacks {
    /// `on_news` is called, from any thread of the agent's, when there is something to tell.
    pub(crate) fn new(origins: Origins, on_news: fn()) -> Self {
        Self {
            version: Version::default(),
            frames: Mutex::new(Frames::default()),
            slow: Mutex::new(SlowPolls::default()),
            threads: Mutex::new(Threads::default()),
            pools: Mutex::new(BTreeMap::new()),
            asked: AtomicBool::new(false),
            settled: AtomicU64::new(0),
            namer: Namer::new(origins),
            on_news,
        }
    }

    /// Reads what will be needed of the executable, once: a stack may have to be named soon.
    pub(crate) fn prepare(&'static self) {
        self.namer.prepare(self);
    }

    /// Gives the frames of a stack their numbers, and has them named.
    pub(crate) fn intern(&'static self, taken: Taken) -> Stack {
        let mut frames = lock(&self.frames);
        let numbers = frames.intern(taken.addresses, &self.version);
        drop(frames);
        self.namer.name_new(self);
        Stack {
            doing: taken.doing,
            call: taken.call.to_owned(),
            approximate: taken.approximate,
            complete: taken.complete,
            frames: numbers,
        }
    }

    /// Alters what is known of slow polls.
    pub(crate) fn slow_polls<T>(&self, alter: impl FnOnce(&mut SlowPolls, &Version) -> T) -> T {
        let altered = alter(&mut lock(&self.slow), &self.version);
        // The names may have been found before there was anything that waits for them.
        self.settle();
        altered
    }

    /// Somebody wants the stacks of all threads; the watchdog has to be woken for it.
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
    }

    /// Whether somebody has asked since this was last asked.
    pub(crate) fn take_asked(&self) -> bool {
        self.asked.swap(false, Ordering::Acquire)
    }

    /// The threads' stacks, taken together.
    pub(crate) fn set_threads(&self, stacks: Vec<ThreadStack>) {
        let mut threads = lock(&self.threads);
        *threads = Threads { version: self.version.next(), unnamed: true, stacks };
        drop(threads);
        self.settle();
    }

    /// The polls that keep a worker and have lasted for at least so long.
    pub(crate) fn lasting(&self, now: At, least: Nanos) -> BTreeSet<SlowPollId> {
        lock(&self.slow).lasting(now, least)
    }

    /// The polls that kept a worker of a runtime, and whether all of them have ended and have their names.
    pub(crate) fn slow_polls_of(&self, runtime: RuntimeId) -> (Vec<SlowPoll>, bool) {
        lock(&self.slow).of(runtime)
    }

    /// Whether a blocking pool is full.
    pub(crate) fn set_pool(&self, full: PoolFull) {
        let mut pools = lock(&self.pools);
        pools.insert(full.runtime, (self.version.next(), full));
    }

    /// New names are known: what waited for them can be told.
    fn settle(&self) {
        let frames = lock(&self.frames);
        let mut settled = lock(&self.slow).settle(&frames, &self.version);
        if frames.is_named() {
            settled |= std::mem::take(&mut lock(&self.threads).unnamed);
        }
        drop(frames);
        if settled {
            self.settled.store(self.newest(), Ordering::Relaxed);
            (self.on_news)();
        }
    }

    /// The version of the threads' stacks, and whether all their names have been looked up.
    pub(crate) fn threads_version(&self) -> (u64, bool) {
        let threads = lock(&self.threads);
        (threads.version, !threads.unnamed)
    }

    /// The version at which names were last found for what waited for them.
    pub(crate) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Relaxed)
    }

    /// The newest version.
    pub(crate) fn newest(&self) -> u64 {
        self.version.0.load(Ordering::Relaxed)
    }

    /// What is new since a version: names before what they name. Gives the version up to which it reaches.
    pub(crate) fn tell(&self, told: u64, now: At, tell: &mut impl FnMut(Fact)) -> u64 {
        // Read first: what comes between is told now and once more.
        let until = self.newest();
        let frames = lock(&self.frames);
        lock(&self.slow).release(&frames, now, &self.version);
        drop(frames);
        // Names are looked up when what needs them is known, so these are collected first.
        let slow = lock(&self.slow).facts_after(told);
        let threads = lock(&self.threads);
        let stacks = if threads.version > told { threads.stacks.clone() } else { Vec::new() };
        drop(threads);
        lock(&self.frames).tell_after(told, tell);
        slow.into_iter().for_each(|fact| tell(fact.into()));
        stacks.into_iter().for_each(|fact| tell(fact.into()));
        let pools = lock(&self.pools);
        let pools = pools.values().filter(|(version, _)| *version > told);
        pools.for_each(|(_, fact)| tell(fact.clone().into()));
        until
    }
}
