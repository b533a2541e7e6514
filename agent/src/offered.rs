//! What the program offers: a list of it, and on which runtime each is carried out. Nothing here runs the program's
//! code; `offers` fills the list and carries out what stands in it.

use crate::runtimes::{RuntimeSlot, Runtimes, UNKNOWN_RUNTIME};
use crate::sync::lock;
use crate::task_number::runtime_number;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use taskscope_model::change::Offered;
use taskscope_model::codes::OfferKind;
use tokio::runtime::Handle;

/// Most offers of a kind.
const MOST: usize = 64;

/// What was returned, or the error's text.
pub(crate) type Returned = Result<String, String>;
pub(crate) type Command = dyn Fn(Vec<String>) -> Pin<Box<dyn Future<Output = Returned> + Send>> + Send + Sync;
pub(crate) type Value = dyn Fn() -> Returned + Send + Sync;

/// The runtime of an offer.
#[derive(Clone)]
pub(crate) enum On {
    /// One whose guard is the agent's, which says when it ends.
    Guarded(Arc<RuntimeSlot>),
    /// Another one. It is not gone as long as this is there.
    Held(Handle),
    /// None.
    Nowhere,
}

impl On {
    /// That of this thread.
    pub(crate) fn current(runtimes: &Runtimes) -> Self {
        let Ok(handle) = Handle::try_current() else { return Self::Nowhere };
        let number = runtimes.number_of(runtime_number(&handle));
        let slot = runtimes.all().into_iter().find(|slot| slot.number == number && slot.is_guarded());
        slot.map_or(Self::Held(handle), Self::Guarded)
    }

    #[cfg(unix)]
    /// The way to it, while it is there.
    pub(crate) fn handle(&self) -> Option<Handle> {
        match self {
            Self::Guarded(slot) => slot.handle(),
            Self::Held(handle) => Some(handle.clone()),
            Self::Nowhere => None,
        }
    }

    /// Its number, if it is seen.
    pub(crate) fn number(&self, runtimes: &Runtimes) -> Option<u16> {
        match self {
            Self::Guarded(slot) => Some(slot.number),
            Self::Held(handle) => {
                let number = runtimes.number_of(runtime_number(handle));
                Some(number).filter(|number| *number != UNKNOWN_RUNTIME)
            }
            Self::Nowhere => None,
        }
    }
}

/// What is carried out.
#[derive(Clone)]
pub(crate) enum What {
    Command { command: Arc<Command>, on: On },
    Value { value: Arc<Value>, on: On, busy: Arc<AtomicBool> },
}

/// One offer.
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) fact: Offered,
    pub(crate) location: &'static Location<'static>,
    pub(crate) what: What,
}

/// All that is offered.
#[derive(Default)]
pub(crate) struct Offers {
    entries: Mutex<Vec<Entry>>,
    next: AtomicU64,
    /// Goes up with every change.
    version: AtomicU64,
}

impl Offers {
    /// What is offered now, and the version of that; of several by one name the newest.
    #[cfg(unix)]
    pub(crate) fn all(&self) -> (u64, Vec<Offered>) {
        let entries = lock(&self.entries);
        let is_newest = |at: usize| {
            let fact = &entries[at].fact;
            !entries[at + 1..]
                .iter()
                .any(|entry| (entry.fact.kind, &entry.fact.name) == (fact.kind, &fact.name))
        };
        let newest = (0..entries.len()).filter(|at| is_newest(*at)).map(|at| entries[at].fact.clone());
        (self.version(), newest.collect())
    }

    /// The version of what is offered now.
    #[cfg(unix)]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The number of the newest of that kind and name.
    #[cfg(unix)]
    pub(crate) fn find(&self, kind: OfferKind, name: &str) -> Option<u64> {
        let entries = lock(&self.entries);
        let found = entries.iter().rev().find(|entry| entry.fact.kind == kind && entry.fact.name == name);
        found.map(|entry| entry.number)
    }

    /// What is offered by that number. Whoever has it may be the last: not for the server's thread.
    #[cfg(unix)]
    pub(crate) fn what(&self, number: u64) -> Option<(What, Offered, &'static Location<'static>)> {
        let entries = lock(&self.entries);
        let found = entries.iter().find(|entry| entry.number == number);
        found.map(|entry| (entry.what.clone(), entry.fact.clone(), entry.location))
    }

    /// A runtime is about to be dropped by its guard.
    pub(crate) fn runtime_ends(&self, slot: &RuntimeSlot) {
        self.withdraw(|entry| match &entry.what {
            What::Command { on: On::Guarded(on), .. } | What::Value { on: On::Guarded(on), .. } => {
                on.number == slot.number
            }
            _ => false,
        });
    }

    /// Ends the offers that are meant.
    pub(crate) fn withdraw(&self, which: impl Fn(&Entry) -> bool) {
        let mut entries = lock(&self.entries);
        let (gone, left): (Vec<_>, Vec<_>) = std::mem::take(&mut *entries).into_iter().partition(which);
        *entries = left;
        if !gone.is_empty() {
            self.version.fetch_add(1, Ordering::Release);
        }
        drop(entries);
        // Outside the lock: what hangs on it is the program's.
        drop(gone);
    }

    /// The number of the next one.
    pub(crate) fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Offers it; or why not.
    pub(crate) fn add(&self, entry: Entry) -> Result<(), &'static str> {
        let mut entries = lock(&self.entries);
        if entries.iter().filter(|other| other.fact.kind == entry.fact.kind).count() >= MOST {
            return Err("64 of that kind are offered already");
        }
        entries.push(entry);
        self.version.fetch_add(1, Ordering::Release);
        Ok(())
    }
}
