//! What goes with a wrapped task from its spawn to its drop, wherever tokio keeps it.

use crate::core::Core;
use crate::extensions::{Extension, Pending, PutAside, Said, mark};
use crate::panics::{self, Panic};
use std::any::Any;
use std::task::Waker;
use taskscope_model::codes::Outcome;

/// The agent's part of a wrapped task. Its drop is the task's end: it comes behind the future or function, so that
/// a panic in a drop of the program's is seen.
pub(super) struct Tail {
    core: &'static Core,
    pending: Pending,
    pub(super) way: Way,
    pub(super) has_left_waker: bool,
    was_panicking: bool,
    aside: Option<PutAside>,
    /// While wakes are counted: the task's waker, and the one that counts.
    pub(super) counting: Option<Box<(Waker, Waker)>>,
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
    pub(super) fn new(core: &'static Core, pending: Pending) -> Self {
        Self {
            core,
            pending,
            way: Way::Unknown,
            has_left_waker: false,
            was_panicking: false,
            aside: None,
            counting: None,
        }
    }

    pub(super) fn core(&self) -> &'static Core {
        self.core
    }

    pub(super) fn pending(&self) -> Pending {
        self.pending
    }

    pub(super) fn extension(&self) -> &'static Extension {
        self.pending.grip.extension
    }

    /// The first poll: by now it is known whether a hook has taken the task.
    #[cold]
    pub(super) fn learn_way(&mut self) {
        let hooked = self.extension().is_marked(mark::HOOKED);
        self.way = if hooked { Way::Hooked } else { Way::Kept };
        if let (Way::Kept, Some(id)) = (self.way, tokio::task::try_id()) {
            // The spawner writes the same; whoever is first.
            let id = crate::task_number::task_number(id);
            self.extension().id.store(id, std::sync::atomic::Ordering::Relaxed);
            self.pending.record.id.store(id, std::sync::atomic::Ordering::Release);
        }
    }

    /// The task waits for the first time: the server may wake it to ask where.
    #[cold]
    pub(super) fn leave_waker(&mut self, waker: &Waker) {
        self.has_left_waker = true;
        self.extension().waker.leave(waker.clone());
    }

    /// The task has returned; `failure` is what it says if that was a failure.
    #[inline]
    pub(super) fn returned(&self, failure: Option<String>) {
        match failure {
            None => self.extension().set_outcome(Outcome::COMPLETED),
            Some(message) => self.failed(message),
        }
    }

    #[cold]
    fn failed(&self, message: String) {
        self.extension().set_outcome(Outcome::FAILED);
        self.say(message, None);
    }

    /// The task has panicked.
    #[cold]
    pub(super) fn panicked(&self, payload: &(dyn Any + Send)) {
        self.note_panic(panics::caught(payload));
    }

    fn note_panic(&self, panic: Panic) {
        let places = &self.core.store.places;
        let place = panic.place.map(|at| places.place(&at.file, at.line, at.column));
        self.extension().set_outcome(Outcome::PANICKED);
        self.say(panic.message, place);
    }

    fn say(&self, message: String, place: Option<u32>) {
        let store = &self.core.store;
        let said = Said { at: store.clock.raw(), message, place };
        store.sides.alter(self.extension(), |side| side.said = Some(said));
    }

    /// The future or function is about to be dropped: code of the program's that may panic and spawn.
    #[inline]
    pub(super) fn before_drop(&mut self) {
        self.was_panicking = std::thread::panicking();
        if self.way == Way::Unknown {
            self.aside = Some(PutAside::now());
        }
    }
}

impl Drop for Tail {
    #[inline]
    fn drop(&mut self) {
        self.aside = None;
        if !self.was_panicking && std::thread::panicking() {
            let panic = panics::last().unwrap_or(Panic { message: String::new(), place: None });
            self.note_panic(panic);
        }
        // The terminate hook ends it, on this thread and in a moment.
        if self.way == Way::Hooked {
            return;
        }
        let before = self.extension().mark(mark::DROPPED);
        if before & mark::HOOKED == 0 && before & mark::KEPT != 0 {
            self.core.store.end_kept(self.pending);
        }
    }
}
