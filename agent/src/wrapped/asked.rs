//! Polls about which somebody asks something: how the task is woken, or where it waits. Wakers are wrapped only then:
//! to count wakes costs a few read-modify-writes each.
//!
//! Where a task waits is asked by one poll more than the program makes. It gets a waker of its own; each leaf
//! that waits has to clone that to be woken by it, and the stack of the clone leads from the task to the leaf. That
//! poll is not counted. It runs the program's code once more, and if that ends the task, so be it: polls that nothing
//! has caused are allowed at any time.

use super::tail::Tail;
use super::waker::{Watching, waker};
use crate::core::Core;
use crate::extensions::{Probe, Wakes};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

/// Whether wakes are counted.
static COUNTED: AtomicBool = AtomicBool::new(false);

/// How often that was switched on.
static ROUND: AtomicU32 = AtomicU32::new(0);

/// From now on wakes are counted, or no longer. Each task is counted from its next poll on; wakers that are around
/// when this is switched off are counted until they are dropped.
pub(crate) fn count_wakes(on: bool) {
    if on && !counts_wakes() {
        ROUND.fetch_add(1, Ordering::Relaxed);
    }
    COUNTED.store(on, Ordering::Relaxed);
}

/// Whether wakes are counted.
pub(crate) fn counts_wakes() -> bool {
    COUNTED.load(Ordering::Relaxed)
}

/// Whether polls have more to do than usual.
#[inline]
pub(super) fn somebody_asks() -> bool {
    COUNTED.load(Ordering::Relaxed) || Probe::any()
}

/// A poll while somebody asks something of some task.
pub(super) fn poll_asked<T>(
    tail: &mut Tail,
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Tail, &mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    if !COUNTED.load(Ordering::Relaxed) {
        return poll_probed(tail, cx.waker(), poll);
    }
    let counting = counting(tail, cx.waker());
    let polled = poll_probed(tail, &counting.waker, poll);
    tail.counting = Some(counting);
    polled
}

/// A waker that counts, kept for all polls of a task: a leaf that is polled with the same one need not clone it anew.
pub(super) struct CountingWaker {
    /// The one it stands for.
    real: Waker,
    waker: Waker,
    wakes: Arc<Wakes>,
}

impl Drop for CountingWaker {
    fn drop(&mut self) {
        // The waker that polls are given was never counted; its drop will be.
        self.wakes.cloned();
    }
}

fn counting(tail: &mut Tail, real: &Waker) -> Box<CountingWaker> {
    let (core, extension) = (tail.core(), tail.extension());
    let kept = tail.counting.take().filter(|kept| kept.real.will_wake(real));
    let kept = kept.unwrap_or_else(|| {
        let wakes = core.store.sides.alter(extension, |side| Arc::clone(side.wakes.get_or_insert_default()));
        let id = extension.id.load(Ordering::Relaxed);
        let counting = Counting { wakes: Arc::clone(&wakes), real: real.clone(), core, id };
        Box::new(CountingWaker { real: real.clone(), waker: waker(Arc::new(counting)), wakes })
    });
    let clock = &core.store.clock;
    kept.wakes.polled(clock.raw(), clock.long_wait_shift(), ROUND.load(Ordering::Relaxed));
    kept
}

/// Counts the wakes of one task.
struct Counting {
    wakes: Arc<Wakes>,
    real: Waker,
    core: &'static Core,
    id: u64,
}

impl Watching for Counting {
    fn real(&self) -> &Waker {
        &self.real
    }

    fn cloned(&self) {
        self.wakes.cloned();
    }

    fn dropped(&self) {
        self.wakes.dropped();
    }

    fn woken(&self) {
        let store = &self.core.store;
        self.wakes.wake(store.clock.raw(), store.polls_now(self.id));
    }
}

/// A poll that answers where the task waits, if that is asked of this task.
fn poll_probed<T>(
    tail: &mut Tail,
    real: &Waker,
    poll: impl FnOnce(&mut Tail, &mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let core = tail.core();
    let asked = core.store.sides.look(tail.extension(), |side| side.probe.clone()).flatten();
    let Some(probe) = asked.filter(|probe| probe.begin()) else {
        return poll(tail, &mut Context::from_waker(real));
    };
    let mut answer = Answers { probe: &probe, ended: true };
    let waker = waker(Arc::new(Probing { probe: Arc::clone(&probe), real: real.clone() }));
    let polled = probe_poll(|| poll(tail, &mut Context::from_waker(&waker)));
    answer.ended = polled.is_ready();
    drop(answer);
    if polled.is_pending()
        && let Some(pending) = tail.pending()
    {
        core.store.poll_does_not_count(pending.record);
    }
    polled
}

/// What a stack is cut at: all above it is the program's.
#[inline(never)]
fn probe_poll<T>(poll: impl FnOnce() -> T) -> T {
    // Something behind the call, so that it is no jump.
    std::hint::black_box(poll())
}

/// Ends the answer, also when the poll panics.
struct Answers<'a> {
    probe: &'a Probe,
    ended: bool,
}

impl Drop for Answers<'_> {
    fn drop(&mut self) {
        self.probe.end(self.ended);
    }
}

/// Asks each leaf that clones it.
struct Probing {
    probe: Arc<Probe>,
    real: Waker,
}

impl Watching for Probing {
    fn real(&self) -> &Waker {
        &self.real
    }

    fn cloned(&self) {
        self.probe.leaf();
    }
}
