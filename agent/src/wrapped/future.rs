//! A wrapped future.

use super::judge::Judge;
use super::tail::{Tail, Way};
use super::asked;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future on its way through tokio, with the agent's part of the task behind it. Without an agent it only passes
/// polls on.
pub(crate) struct Wrapped<F, J> {
    future: ManuallyDrop<F>,
    tail: Option<Tail>,
    judge: PhantomData<fn(J)>,
}

impl<F, J> Wrapped<F, J> {
    pub(super) fn new(future: F, tail: Option<Tail>) -> Self {
        Self { future: ManuallyDrop::new(future), tail, judge: PhantomData }
    }
}

impl<F: Future, J: Judge<F::Output>> Future for Wrapped<F, J> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with its holder and never moved out of it; the rest is not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut *this.future) };
        let Some(tail) = &mut this.tail else { return future.poll(cx) };
        if tail.way == Way::Hooked && tail.has_left_waker && !asked::somebody_asks() {
            return judged::<F, J>(tail, future, cx);
        }
        poll_otherwise::<F, J>(tail, future, cx)
    }
}

/// A poll whose result is looked at.
#[inline]
fn judged<F: Future, J: Judge<F::Output>>(
    tail: &mut Tail,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    // Nothing is looked at after a panic but the payload, which goes on: it is as if nobody had caught it.
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => {
            tail.returned(J::failure(&output));
            Poll::Ready(output)
        }
        Err(payload) => {
            tail.panicked(&*payload);
            resume_unwind(payload)
        }
    }
}

/// The first poll, one that the wrapper itself has to tell of, or one about which somebody asks.
#[inline(never)]
fn poll_otherwise<F: Future, J: Judge<F::Output>>(
    tail: &mut Tail,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let _in_poll = if tail.learn_way() == Way::Kept { InPoll::begin(tail) } else { None };
    let polled = if asked::somebody_asks() {
        asked::poll_asked(tail, cx, |tail, cx| judged::<F, J>(tail, future, cx))
    } else {
        judged::<F, J>(tail, future, cx)
    };
    if polled.is_pending() && !tail.has_left_waker {
        tail.leave_waker(cx.waker());
    }
    polled
}

/// A poll that the wrapper tells of; it ends with this, also when it panics.
pub(super) struct InPoll {
    core: &'static crate::core::Core,
    id: u64,
}

impl InPoll {
    pub(super) fn begin(tail: &Tail) -> Option<Self> {
        let (core, record) = (tail.core(), tail.pending()?.record);
        core.store.root_poll_starts(record);
        Some(Self { core, id: record.id.load(std::sync::atomic::Ordering::Relaxed) })
    }
}

impl Drop for InPoll {
    fn drop(&mut self) {
        self.core.store.root_poll_ends(self.id);
    }
}

impl<F, J> Drop for Wrapped<F, J> {
    #[inline]
    fn drop(&mut self) {
        let _ending = self.tail.as_mut().map(Tail::ending);
        // SAFETY: it is dropped once, here, where it is.
        unsafe { ManuallyDrop::drop(&mut self.future) };
    }
}
