//! The wrapped task that this thread is about to give to tokio: the spawn hook, which runs inside of that call, finds
//! it here.

use super::extension::Grip;
use crate::records::Record;
use std::cell::Cell;

/// A task that has a record and an extension, and no number yet.
#[derive(Clone, Copy)]
pub(crate) struct Pending {
    pub(crate) record: &'static Record,
    pub(crate) grip: Grip,
}

thread_local! {
    static PENDING: Cell<Option<Pending>> = const { Cell::new(None) };
}

impl Pending {
    /// Leaves it for the hook.
    #[inline]
    pub(crate) fn leave(self) {
        // A thread that is ending has no place for it: then no hook takes it, and the wrapper keeps the record.
        let _ = PENDING.try_with(|pending| pending.set(Some(self)));
    }

    /// Takes what was left, if anything.
    #[inline]
    pub(crate) fn take() -> Option<Pending> {
        PENDING.try_with(Cell::take).ok().flatten()
    }
}

/// What is pending is put aside as long as this lives: code of the program's runs that may spawn.
pub(crate) struct PutAside(Option<Pending>);

impl PutAside {
    pub(crate) fn now() -> Self {
        Self(Pending::take())
    }
}

impl Drop for PutAside {
    fn drop(&mut self) {
        if let Some(pending) = self.0 {
            pending.leave();
        }
    }
}
