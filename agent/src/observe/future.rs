//! The future that is observed, and the extension trait that makes one.

use super::drops::{HalfWayDrop, Meaning};
use super::here::{self, Falling, InPoll};
use super::last::LastTree;
use super::nodes::{Copied, Handle, Node};
use super::observer::{Observer, observer};
use super::place::{Count, Place};
use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::panicking;

/// Where the drop of an observed future stands, as debug information names it.
pub(super) const FILE: &str = file!();

/// Stacks of half-way drops are counted by spans of 2^13 times the length from which on a poll is long: about
/// 0.1 s.
const SPAN: u32 = 13;

/// Lets taskscope see a future.
///
/// ```
/// use taskscope_agent::Observe as _;
/// # async fn order(_: u32) {}
/// # async fn example() {
/// order(7).observed("order 7").await;
/// # }
/// ```
pub trait Observe: Future + Sized {
    /// The same future, observed: it is a part of its task's await tree while it is polled, and it is counted
    /// what becomes of it. Where it was made is where this is called.
    ///
    /// For all futures of an `async fn`, put [`#[observe]`](macro@crate::observe) on it. Futures made before
    /// the agent has started, or with `TASKSCOPE=off`, are passed through.
    #[track_caller]
    fn observed(self, label: &'static str) -> Observed<Self> {
        Observed::new(self, label, Location::caller())
    }
}

impl<F: Future> Observe for F {}

/// A future that taskscope sees: made by [`Observe::observed`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Observed<F> {
    /// Dropped by hand, within what the drop of this one means.
    future: ManuallyDrop<F>,
    seen: Option<Seen>,
}

/// What is known of a future.
struct Seen {
    place: &'static Place,
    /// From its first poll on, if there was room.
    node: Option<&'static Node>,
    handle: Handle,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Made,
    Polled,
    /// A poll of it has panicked.
    Panicked,
    Done,
}

/// What `#[observe]` makes of the future of an `async fn`.
#[track_caller]
pub fn observe<F: Future>(future: F) -> Observed<F> {
    // The type of an `async` block is named after the function around it; the place cuts its end off.
    Observed::new(future, type_name::<F>(), Location::caller())
}

impl<F> Observed<F> {
    #[inline]
    pub(crate) fn new(future: F, label: &'static str, location: &'static Location<'static>) -> Self {
        Self::at(future, observer().map(|observer| observer.place(location, label)))
    }

    #[inline]
    pub(crate) fn at(future: F, place: Option<&'static Place>) -> Self {
        let seen = place.map(|place| {
            place.count(Count::Made);
            Seen { place, node: None, handle: Handle::NONE, stage: Stage::Made }
        });
        Self { future: ManuallyDrop::new(future), seen }
    }
}

impl<F> fmt::Debug for Observed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.seen.as_ref().map_or("", |seen| seen.place.label);
        f.debug_tuple("Observed").field(&label).finish()
    }
}

impl<F: Future> Future for Observed<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with its holder and never moved out of it; `seen` is not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut *this.future) };
        let Some(seen) = &mut this.seen else { return future.poll(cx) };
        let inside = seen.enter();
        let polled = future.poll(cx);
        let seen = inside.leave();
        if polled.is_ready() {
            seen.complete();
        }
        polled
    }
}

/// A poll of an observed future is under way.
struct Inside<'a> {
    seen: &'a mut Seen,
    outer: InPoll,
}

impl<'a> Inside<'a> {
    /// The poll has returned.
    #[inline]
    fn leave(self) -> &'a mut Seen {
        here::enter(self.outer);
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is neither used nor dropped after this.
        unsafe { std::ptr::read(&raw const this.seen) }
    }
}

/// The poll has panicked.
impl Drop for Inside<'_> {
    #[cold]
    fn drop(&mut self) {
        here::enter(self.outer);
        self.seen.stage = Stage::Panicked;
    }
}

impl Seen {
    #[inline]
    fn enter(&mut self) -> Inside<'_> {
        let outer = here::current();
        let Some(observer) = observer() else { return Inside { seen: self, outer } };
        let task = observer.task();
        let parent = if outer.task == task { outer.node } else { Handle::NONE };
        match self.node {
            Some(node) => node.polled_by(parent, task),
            None => self.first_poll(observer, parent, task),
        }
        // A future without a node leaves its place in the tree to its own children's grandparent.
        let node = if self.node.is_some() { self.handle } else { parent };
        here::enter(InPoll { node, task });
        Inside { seen: self, outer }
    }

    /// Also of each later one while there is no room for a node.
    #[inline(never)]
    fn first_poll(&mut self, observer: &'static Observer, parent: Handle, task: u64) {
        if self.stage != Stage::Made {
            return;
        }
        self.stage = Stage::Polled;
        self.place.first_polled();
        self.node = observer.node();
        if let Some(node) = self.node {
            self.handle = node.begin(self.place.index, parent, task, observer.store.clock.raw());
        }
    }

    #[inline(never)]
    fn complete(&mut self) {
        // Some futures may be polled again after their end.
        if self.stage != Stage::Done {
            self.stage = Stage::Done;
            self.place.count(Count::Completed);
        }
        self.give_node();
    }

    fn give_node(&mut self) {
        if let (Some(node), Some(observer)) = (self.node.take(), observer()) {
            node.end();
            here::give_node(node, &observer.nodes);
        }
    }
}

impl<F> Drop for Observed<F> {
    #[inline]
    fn drop(&mut self) {
        let early = match &mut self.seen {
            Some(seen) if seen.stage != Stage::Done => Early::begin(seen),
            _ => None,
        };
        // SAFETY: this is the only place that drops it, and it is not used after this.
        unsafe { ManuallyDrop::drop(&mut self.future) };
        if let Some(early) = early {
            early.end();
        }
    }
}

/// The drop of a future that is not done, while what is inside it is dropped.
struct Early<'a> {
    seen: &'a mut Seen,
    observer: &'static Observer,
    falling: Falling,
}

impl<'a> Early<'a> {
    #[inline(never)]
    fn begin(seen: &'a mut Seen) -> Option<Self> {
        let observer = observer()?;
        let falling = Falling::begin();
        let this = Self { seen, observer, falling };
        match this.seen.stage {
            Stage::Made => this.unpolled(),
            _ => {
                let first_poll = this.seen.node.map_or(0, |node| node.copy_own().first_poll);
                this.falling.follow(this.seen.place.index, first_poll);
            }
        }
        Some(this)
    }

    fn unpolled(&self) {
        let place = self.seen.place;
        if panicking() || !self.falling.is_outermost() {
            place.count(Count::Unpolled);
            place.count(Count::Excused);
        } else if place.dropped_unpolled(self.observer.store.clock.raw(), self.observer.task()) {
            self.observer.sample(place, None, 1);
        }
    }

    /// What was inside is dropped.
    fn end(self) {
        drop(self);
    }

    /// The outermost of what falls was polled: either its task goes on, or this is what it was doing.
    fn half_way(&self, node: &Copied) {
        let (place, observer) = (self.seen.place, self.observer);
        let fallen = self.falling.fallen();
        let innermost = fallen.iter().max_by_key(|fallen| fallen.depth).filter(|fallen| fallen.depth > 0);
        let at = observer.store.clock.raw();
        let waiting = innermost.map(|fallen| fallen.place);
        let drop = HalfWayDrop { at, task: node.task, first_poll: node.first_poll, waiting };
        let mut stack = None;
        if !panicking() && self.seen.stage == Stage::Polled {
            let around = here::current();
            if around.node != Handle::NONE && around.task == observer.task() {
                return place.dropped_half_way(drop);
            }
            // A drop whose stack is not taken is one of many: were these the end of tasks, others tell of it.
            let span = at >> (observer.store.clock.long_shift() + SPAN);
            let Some(weight) = place.half_way_sample(span) else { return };
            let known = observer.sample(place, Some(drop), weight);
            if known.meaning == Meaning::Yes {
                return;
            }
            stack = Some((place, known.hash));
        }
        if node.task != 0 {
            observer.last.push(LastTree { task: node.task, at, fallen, stack });
        }
    }
}

/// Also when something inside has panicked in its drop.
impl Drop for Early<'_> {
    fn drop(&mut self) {
        if self.falling.is_outermost()
            && let Some(node) = self.seen.node
        {
            self.half_way(&node.copy_own());
        }
        self.seen.give_node();
        self.seen.stage = Stage::Done;
    }
}

const _: () = assert!(size_of::<Seen>() <= 32);
