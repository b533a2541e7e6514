//! How the program's threads reach the server's: to wake it, and to have it deliver what is new or say goodbye.

use crate::mode::Mode;
use crate::sync::lock;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long the end of a runtime or of `main` waits for the last Changes to be delivered.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long the end of `main` waits in the modes that say what was found, for that may take reading the program's
/// debug information, and where there is a black box to be written.
const PATIENCE_TO_SAY: Duration = Duration::from_secs(3);

/// What the server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// To tell everybody attached what is new.
    Deliver,
    /// To say goodbye, for this reason, after that.
    Goodbye(&'static str),
}

/// The way to the server's thread.
#[derive(Default)]
pub(crate) struct Farewell {
    state: Mutex<State>,
    said: Condvar,
}

#[derive(Default)]
struct State {
    #[cfg(unix)]
    waker: Option<mio::Waker>,
    asked: Option<Ask>,
    welcome: bool,
}

impl Farewell {
    /// The server is there.
    #[cfg(unix)]
    pub(crate) fn serve_with(&self, waker: mio::Waker) {
        lock(&self.state).waker = Some(waker);
    }

    /// Wakes the server.
    pub(crate) fn wake(&self) {
        #[cfg(unix)]
        if let Some(waker) = &lock(&self.state).waker {
            // It fails only if the poll is gone, and then nobody waits.
            let _ = waker.wake();
        }
    }

    /// A runtime was made: if the program has said goodbye before, it is back.
    pub(crate) fn welcome(&self) {
        lock(&self.state).welcome = true;
        self.wake();
    }

    /// Whether a runtime was made since this was asked.
    #[cfg(unix)]
    pub(crate) fn take_welcome(&self) -> bool {
        std::mem::take(&mut lock(&self.state).welcome)
    }

    /// Has the server say goodbye to everyone attached, and waits a moment for that.
    pub(crate) fn say(&self, reason: &'static str, mode: Mode) {
        #[cfg(unix)]
        let writes = crate::black_box::panicked::is_kept();
        #[cfg(not(unix))]
        let writes = false;
        let patience = if mode < Mode::Log && !writes { PATIENCE } else { PATIENCE_TO_SAY };
        self.ask(Ask::Goodbye(reason), patience);
    }

    /// Has the server tell everyone attached what is new, and waits a moment for that.
    pub(crate) fn deliver(&self) {
        self.ask(Ask::Deliver, PATIENCE);
    }

    fn ask(&self, ask: Ask, patience: Duration) {
        let mut state = lock(&self.state);
        // Who delivers does not take a goodbye back.
        if !matches!(state.asked, Some(Ask::Goodbye(_))) {
            state.asked = Some(ask);
        }
        drop(state);
        self.wake();
        state = lock(&self.state);
        #[cfg(unix)]
        let served = state.waker.is_some();
        #[cfg(not(unix))]
        let served = false;
        if served {
            let waited = self.said.wait_timeout_while(state, patience, |state| state.asked.is_some());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// What is asked for.
    #[cfg(unix)]
    pub(crate) fn asked(&self) -> Option<Ask> {
        lock(&self.state).asked
    }

    /// This is done. If something else has been asked for since, that stays.
    #[cfg(unix)]
    pub(crate) fn done(&self, ask: Ask) {
        lock(&self.state).asked.take_if(|asked| *asked == ask);
        self.said.notify_all();
    }
}
