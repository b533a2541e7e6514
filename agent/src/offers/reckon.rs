//! Reckoning a value of the program's, on a thread of its own: nobody but whoever asked waits for it.

use super::run::{Went, words};
use crate::core::{self, Core};
use crate::offered::What;
use crate::signals;
use crate::sync::lock;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use taskscope_model::codes::CallOutcome;

/// Longest text of a value, bytes.
const MOST_TEXT: usize = 8_192;

/// A value that is being reckoned.
#[derive(Default)]
pub(crate) struct Reckoned(Mutex<Option<Went>>);

impl Reckoned {
    /// How it went, when it is there.
    pub(crate) fn went(&self) -> Option<Went> {
        lock(&self.0).clone()
    }

    fn is(&self, went: Went) {
        *lock(&self.0) = Some(went);
        core::wake_server();
    }
}

/// Begins to reckon the value that is offered by that number.
pub(crate) fn reckon(core: &'static Core, number: u64) -> io::Result<Arc<Reckoned>> {
    let reckoned = Arc::new(Reckoned::default());
    let given = Arc::clone(&reckoned);
    let thread = std::thread::Builder::new().name("taskscope-value".to_owned());
    thread.spawn(move || {
        signals::leave_to_the_program();
        given.is(reckon_here(core, number));
    })?;
    Ok(reckoned)
}

fn reckon_here(core: &Core, number: u64) -> Went {
    let Some((What::Value { value, on, busy }, ..)) = core.offers.what(number) else {
        return Went::new(CallOutcome::CANCELLED, "it is not offered any more", MOST_TEXT);
    };
    // One thread that hangs in it is enough.
    if busy.swap(true, Ordering::AcqRel) {
        let why = "it is still being reckoned, as it was when it was asked for before";
        return Went::new(CallOutcome::RUNNING, why, MOST_TEXT);
    }
    let handle = on.handle();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _context = handle.as_ref().map(tokio::runtime::Handle::enter);
        value()
    }));
    busy.store(false, Ordering::Release);
    Went::of(result.map_err(|payload| words(&*payload)), MOST_TEXT)
}
