//! What goes with a wrapped task from its spawn to its drop, wherever tokio keeps it.

use super::asked::CountingWaker;
use crate::core::{self, Core};
use crate::extensions::{Extension, Pending, PutAside, Said, mark};
use crate::panics::{self, Panic};
use std::any::Any;
use std::sync::atomic::Ordering;
use std::task::Waker;
use taskscope_model::codes::Outcome;

/// The agent's part of a wrapped task.
pub(super) struct Tail {
    /// The task's own until `ends`.
    extension: &'static Extension,
    /// While wakes are counted.
    pub(super) counting: Option<Box<CountingWaker>>,
    pub(super) way: Way,
    pub(super) has_left_waker: bool,
}

/// Who begins and ends the polls of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It was not polled yet.
    Unknown,
    /// The hooks.
    Hooked,
    /// The wrapper.
    Kept,
}

impl Tail {
    pub(super) fn new(pending: Pending) -> Self {
        let extension = pending.grip.extension;
        Self { extension, counting: None, way: Way::Unknown, has_left_waker: false }
    }

    /// The agent, which made this.
    pub(super) fn core(&self) -> &'static Core {
        match core::get() {
            Some(core) => core,
            None => unreachable!("the agent stays once it is made"),
        }
    }

    pub(super) fn extension(&self) -> &'static Extension {
        self.extension
    }

    /// The record and the extension.
    pub(super) fn pending(&self) -> Option<Pending> {
        let record = self.core().store.slab.get(self.extension.record())?;
        Some(Pending { record, grip: self.extension.grip() })
    }

    /// At the first poll it is known whether a hook has taken the task.
    #[inline]
    pub(super) fn learn_way(&mut self) -> Way {
        if self.way == Way::Unknown {
            if self.extension.is_marked(mark::HOOKED) {
                self.way = Way::Hooked;
            } else {
                self.is_kept();
            }
        }
        self.way
    }

    #[cold]
    fn is_kept(&mut self) {
        self.way = Way::Kept;
        if let (Some(id), Some(pending)) = (tokio::task::try_id(), self.pending()) {
            // The spawner writes the same; whoever is first.
            let id = crate::task_number::task_number(id);
            self.extension.id.store(id, Ordering::Relaxed);
            pending.record.id.store(id, Ordering::Release);
        }
    }

    /// The task waits for the first time: the server may wake it to ask where.
    #[cold]
    pub(super) fn leave_waker(&mut self, waker: &Waker) {
        self.has_left_waker = true;
        // If somebody has looked for it, he was told that there is none.
        _ = self.extension.waker.leave(waker.clone());
    }

    /// The task has returned; `failure` is what it says if that was a failure.
    #[inline]
    pub(super) fn returned(&self, failure: Option<String>) {
        match failure {
            None => self.extension.set_outcome(Outcome::COMPLETED),
            Some(message) => self.failed(message),
        }
    }

    #[cold]
    fn failed(&self, message: String) {
        self.extension.set_outcome(Outcome::FAILED);
        self.say(message, None);
    }

    /// The task has panicked.
    #[cold]
    pub(super) fn panicked(&self, payload: &(dyn Any + Send)) {
        self.note_panic(panics::caught(payload));
    }

    fn note_panic(&self, panic: Panic) {
        let places = &self.core().store.places;
        let place = panic.place.map(|at| places.place(&at.file, at.line, at.column));
        self.extension.set_outcome(Outcome::PANICKED);
        self.say(panic.message, place);
    }

    fn say(&self, message: String, place: Option<u32>) {
        let store = &self.core().store;
        let said = Said { at: store.clock.raw(), message, place };
        store.sides.alter(self.extension, |side| side.said = Some(said));
    }

    /// Before the future or function is dropped, which is code of the program's that may panic and spawn. The task
    /// ends with the guards, whatever that code does; they are let go of in their order.
    #[inline]
    pub(super) fn ending(&mut self) -> (Option<PutAside>, Ending<'_>) {
        let aside = if self.way == Way::Unknown { Some(PutAside::now()) } else { None };
        (aside, Ending { tail: self, was_panicking: std::thread::panicking() })
    }

    #[inline]
    fn ends(&self) {
        // The terminate hook ends it, on this thread and in a moment.
        if self.way == Way::Hooked {
            return;
        }
        let pending = self.pending();
        let before = self.extension.mark(mark::DROPPED);
        if before & mark::HOOKED == 0
            && before & mark::KEPT != 0
            && let Some(pending) = pending
        {
            self.core().store.end_kept(pending);
        }
    }
}

/// Ends the task.
pub(super) struct Ending<'a> {
    tail: &'a mut Tail,
    was_panicking: bool,
}

impl Drop for Ending<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.was_panicking && std::thread::panicking() {
            let panic = panics::last().unwrap_or(Panic { message: String::new(), place: None });
            self.tail.note_panic(panic);
        }
        self.tail.ends();
    }
}
