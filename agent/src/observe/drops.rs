//! Stacks of drops, and what they mean. Equal stacks of one place are one.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Where the look at the stack stands, as debug information names it.
pub(super) const FILE: &str = file!();

/// Most different stacks that a place keeps; more are only counted.
const MOST_STACKS: usize = 32;
/// Most frames of a stack. In a debug build a request of a web service may have a hundred.
const MOST_FRAMES: usize = 192;

/// What was asked of a stack, and found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Not looked at yet.
    Open,
    /// It is what the place asks for: of an unpolled future, dropped by the statement that made it; of a
    /// polled one, dropped while its task goes on.
    Yes,
    /// It is something else.
    No,
    /// The program has nothing that would tell.
    Unknown,
}

/// A future that was dropped half way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HalfWayDrop {
    /// Raw clock.
    pub(crate) at: u64,
    /// 0: none.
    pub(crate) task: u64,
    /// Raw clock.
    pub(crate) first_poll: u64,
    /// Index of the place of the innermost one that fell with it, if that is another.
    pub(crate) waiting: Option<u32>,
}

/// Return addresses, innermost first.
pub(crate) struct Trace {
    pub(crate) hash: u64,
    pub(crate) addresses: Vec<usize>,
}

/// One drop and its stack.
pub(crate) struct Sample {
    pub(crate) trace: Trace,
    /// `None`: it was never polled.
    pub(crate) half_way: Option<HalfWayDrop>,
    /// How many drops it stands for.
    pub(crate) weight: u64,
    /// Of the task.
    pub(crate) runtime: u16,
}

/// What is known of a stack.
pub(super) struct Known {
    pub(super) hash: u64,
    pub(super) meaning: Meaning,
    /// Nobody has asked for its meaning before.
    pub(super) is_new: bool,
}

/// Equal stacks of tasks of one runtime.
pub(crate) struct Stack {
    pub(crate) hash: u64,
    pub(crate) addresses: Vec<usize>,
    pub(crate) meaning: Meaning,
    count: u64,
    runtime: u16,
    /// The last of them; `None`: these were never polled.
    pub(crate) half_way: Option<HalfWayDrop>,
}

/// The stacks of one place.
#[derive(Default)]
pub(crate) struct Stacks {
    stacks: Vec<Stack>,
    /// Drops whose stack found no room.
    left_out: u64,
}

/// The calling thread's stack.
pub(super) fn trace() -> Trace {
    let mut addresses = crate::own_stack::trace(MOST_FRAMES);
    let mut hasher = DefaultHasher::new();
    addresses.hash(&mut hasher);
    addresses.shrink_to_fit();
    Trace { hash: hasher.finish(), addresses }
}

impl Stacks {
    /// Takes a drop, and gives what its stack is known to mean.
    pub(super) fn add(&mut self, sample: Sample) -> Known {
        let Sample { trace, half_way, weight, runtime } = sample;
        let hash = trace.hash;
        let same = |stack: &&mut Stack| {
            let drop = (stack.hash, stack.runtime, stack.half_way.is_some());
            drop == (hash, runtime, half_way.is_some())
        };
        if let Some(stack) = self.stacks.iter_mut().find(same) {
            stack.count += weight;
            stack.half_way = half_way;
            return Known { hash, meaning: stack.meaning, is_new: false };
        }
        if self.stacks.len() >= MOST_STACKS {
            self.left_out += weight;
            return Known { hash, meaning: Meaning::Unknown, is_new: false };
        }
        let meaning = self.meaning(hash).unwrap_or(Meaning::Open);
        let addresses = trace.addresses;
        self.stacks.push(Stack { hash, addresses, meaning, count: weight, runtime, half_way });
        Known { hash, meaning, is_new: meaning == Meaning::Open }
    }

    /// Those that are not understood yet.
    pub(super) fn open(&self) -> impl Iterator<Item = &Stack> {
        self.stacks.iter().filter(|stack| stack.meaning == Meaning::Open)
    }

    /// What a stack means has been found out.
    pub(super) fn understood(&mut self, hash: u64, meaning: Meaning) {
        for stack in self.stacks.iter_mut().filter(|stack| stack.hash == hash) {
            stack.meaning = meaning;
        }
    }

    pub(super) fn meaning(&self, hash: u64) -> Option<Meaning> {
        self.stacks.iter().find(|stack| stack.hash == hash).map(|stack| stack.meaning)
    }

    fn unpolled(&self) -> impl Iterator<Item = &Stack> {
        self.stacks.iter().filter(|stack| stack.half_way.is_none())
    }

    /// Whether the unpolled drops that left their stack were by the statement that made the future, all of them
    /// that are understood. One that has just come does not make the others doubtful.
    pub(super) fn all_forgotten(&self) -> bool {
        let mut known = self.unpolled().filter(|stack| stack.meaning != Meaning::Open).peekable();
        known.peek().is_some() && known.all(|stack| stack.meaning == Meaning::Yes)
    }

    /// Of all these, how many that left their stack were of tasks of one runtime.
    pub(super) fn forgotten_in(&self, runtime: u16) -> u64 {
        let own = self.unpolled().filter(|stack| stack.meaning == Meaning::Yes && stack.runtime == runtime);
        if self.all_forgotten() { own.map(|stack| stack.count).sum() } else { 0 }
    }

    fn half_ways(&self) -> impl Iterator<Item = &Stack> {
        self.stacks.iter().filter(|stack| stack.half_way.is_some() && stack.meaning == Meaning::Yes)
    }

    /// How many of the polled ones were dropped while their task went on.
    pub(super) fn half_way(&self) -> u64 {
        self.half_ways().map(|stack| stack.count).sum()
    }

    /// The last of them.
    pub(super) fn last_half_way(&self) -> Option<HalfWayDrop> {
        self.half_ways().filter_map(|stack| stack.half_way).max_by_key(|drop| drop.at)
    }

    /// How many drops are of no known meaning because the program has nothing that would tell, and how many
    /// because there was no room.
    pub(super) fn unknown(&self) -> (u64, u64) {
        let unknown = self.stacks.iter().filter(|stack| stack.meaning == Meaning::Unknown);
        (unknown.map(|stack| stack.count).sum(), self.left_out)
    }
}
