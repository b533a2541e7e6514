//! A waker that tells somebody what happens to it, and passes wakes on to the one it stands for.

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// Who is told.
pub(super) trait Watching: Send + Sync + 'static {
    /// The waker that this one stands for.
    fn real(&self) -> &Waker;
    /// There is one more of this waker.
    fn cloned(&self) {}
    /// There is one less.
    fn dropped(&self) {}
    /// It is used.
    fn woken(&self) {}
}

/// A waker for `watching`, which is not told of this first one, only of its drop.
pub(super) fn waker<W: Watching>(watching: Arc<W>) -> Waker {
    let data = Arc::into_raw(watching).cast();
    // SAFETY: the functions below take `data` for what it is, a pointer from `Arc::into_raw`, each waker one count of
    // it; `W` is Send and Sync.
    unsafe { Waker::from_raw(RawWaker::new(data, vtable::<W>())) }
}

fn vtable<W: Watching>() -> &'static RawWakerVTable {
    &const { RawWakerVTable::new(clone::<W>, wake::<W>, wake_by_ref::<W>, drop_waker::<W>) }
}

unsafe fn clone<W: Watching>(data: *const ()) -> RawWaker {
    // SAFETY: of the waker that is cloned, which has a count.
    unsafe { Arc::increment_strong_count(data.cast::<W>()) };
    // SAFETY: as above.
    let watching = unsafe { &*data.cast::<W>() };
    watching.cloned();
    RawWaker::new(data, vtable::<W>())
}

unsafe fn wake<W: Watching>(data: *const ()) {
    // SAFETY: the waker is used up after this, in `drop_waker`.
    unsafe { wake_by_ref::<W>(data) };
    // SAFETY: its count is given back once, here.
    unsafe { drop_waker::<W>(data) };
}

unsafe fn wake_by_ref<W: Watching>(data: *const ()) {
    // SAFETY: of a waker, which has a count.
    let watching = unsafe { &*data.cast::<W>() };
    watching.woken();
    watching.real().wake_by_ref();
}

unsafe fn drop_waker<W: Watching>(data: *const ()) {
    // SAFETY: the waker's own count, which it has no more after this.
    let watching = unsafe { Arc::from_raw(data.cast::<W>()) };
    watching.dropped();
}
