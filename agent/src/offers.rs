//! What the program offers to whoever watches it: commands to run, and values to ask for. What is offered stands
//! here; `run` and `reckon` carry it out, each on a thread of its own, for the server never runs the program's code.

#[cfg(unix)]
mod reckon;
mod reply;
#[cfg(unix)]
mod run;

#[cfg(unix)]
pub(crate) use reckon::{Reckoned, reckon};
pub use reply::Reply;
#[cfg(unix)]
pub(crate) use run::{Run, Went, start};

use crate::core::{self, Core};
use crate::runtimes::RuntimeSlot;
use crate::sync::lock;
use crate::task_number::runtime_number;
use std::io::Write;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use taskscope_model::change::Offered;
use taskscope_model::codes::OfferKind;
use taskscope_model::{LocationId, RuntimeId};
use tokio::runtime::Handle;

/// Most offers of a kind.
const MOST: usize = 64;
/// Longest name, bytes; longest help.
const LONGEST_NAME: usize = 32;
const LONGEST_HELP: usize = 200;

/// What was returned, or the error's text.
pub(crate) type Returned = Result<String, String>;
pub(crate) type Command = dyn Fn(Vec<String>) -> Pin<Box<dyn Future<Output = Returned> + Send>> + Send + Sync;
pub(crate) type Value = dyn Fn() -> Returned + Send + Sync;

/// Offers a command to whoever watches this program with the right to control it: `taskscope call PROGRAM flush`.
///
/// It runs as a task of kind `command` on the runtime in which this is called, and what it returns is shown to
/// whoever asked; so are its error or its panic, which harm nothing else. Several calls may run at the same time.
/// It is offered as long as the [`Offer`] lives, and at the longest until that runtime is dropped.
///
/// A name has at most 32 letters, digits, `-`, `_` and `.`; at most 64 commands are offered. One that cannot be
/// offered is named in one line on standard error. Without an agent in the process this does nothing.
///
/// ```
/// # #[taskscope_agent::main]
/// # async fn main() {
/// let _flush = taskscope_agent::command("flush", "write caches", |arguments| async move {
///     // ...
///     Ok::<_, std::io::Error>(format!("{} pages", arguments.len()))
/// });
/// # }
/// ```
#[track_caller]
pub fn command<F, Fut>(name: impl Into<String>, help: impl Into<String>, run: F) -> Offer
where
    F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: Reply> + Send + 'static,
{
    let run = Arc::new(run);
    let what = move |on| {
        let command: Arc<Command> = Arc::new(move |arguments| {
            let run = Arc::clone(&run);
            // The program's function is called in the task too: it may block or panic before there is a future.
            Box::pin(async move { run(arguments).await.reply() })
        });
        What::Command { command, on }
    };
    offer(OfferKind::COMMAND, name.into(), help.into(), Location::caller(), what)
}

/// Offers a value to whoever watches this program with the right to control it: `taskscope values PROGRAM`.
///
/// It is reckoned only when somebody asks, on a thread of its own, in the context of the runtime in which this is
/// called, if it is called in one. One that takes more than a second is not waited for. It is offered as a
/// [`command`] is.
///
/// ```
/// # #[taskscope_agent::main]
/// # async fn main() {
/// # let pool = std::sync::Arc::new(tokio::sync::Semaphore::new(16));
/// let _pool = taskscope_agent::value("pool", move || format!("{} connections free", pool.available_permits()));
/// # }
/// ```
#[track_caller]
pub fn value<F, R>(name: impl Into<String>, reckon: F) -> Offer
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Reply,
{
    let what = move |on| {
        let value: Arc<Value> = Arc::new(move || reckon().reply());
        What::Value { value, on, busy: Arc::default() }
    };
    offer(OfferKind::VALUE, name.into(), String::new(), Location::caller(), what)
}

/// Something that the program offers. It ends with this.
#[derive(Debug)]
#[must_use = "what is offered ends when this is dropped; `keep` lets it last as long as its runtime"]
pub struct Offer {
    /// `None` if nothing is offered.
    number: Option<u64>,
}

impl Offer {
    /// It lasts as long as the runtime in which it was offered.
    pub fn keep(mut self) {
        self.number = None;
    }

    /// Whether it is offered: there is an agent, and nothing was wrong with it.
    pub fn is_offered(&self) -> bool {
        self.number.is_some()
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let (Some(number), Some(core)) = (self.number, core::get()) {
            core.offers.withdraw(|entry| entry.number == number);
        }
    }
}

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
    fn current(core: &Core) -> Self {
        let Ok(handle) = Handle::try_current() else { return Self::Nowhere };
        let number = core.runtimes.number_of(runtime_number(&handle));
        let slot = core.runtimes.all().into_iter().find(|slot| slot.number == number && slot.is_guarded());
        slot.map_or(Self::Held(handle), Self::Guarded)
    }

    #[cfg(unix)]
    fn handle(&self) -> Option<Handle> {
        match self {
            Self::Guarded(slot) => slot.handle(),
            Self::Held(handle) => Some(handle.clone()),
            Self::Nowhere => None,
        }
    }

    fn number(&self, core: &Core) -> Option<u16> {
        match self {
            Self::Guarded(slot) => Some(slot.number),
            Self::Held(handle) => {
                let number = core.runtimes.number_of(runtime_number(handle));
                Some(number).filter(|number| *number != crate::runtimes::UNKNOWN_RUNTIME)
            }
            Self::Nowhere => None,
        }
    }
}

#[derive(Clone)]
enum What {
    Command { command: Arc<Command>, on: On },
    Value { value: Arc<Value>, on: On, busy: Arc<AtomicBool> },
}

struct Entry {
    number: u64,
    fact: Offered,
    location: &'static Location<'static>,
    what: What,
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
            !entries[at + 1..].iter().any(|entry| (entry.fact.kind, &entry.fact.name) == (fact.kind, &fact.name))
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
    fn what(&self, number: u64) -> Option<(What, Offered, &'static Location<'static>)> {
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

    fn withdraw(&self, which: impl Fn(&Entry) -> bool) {
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

    fn add(&self, entry: Entry) -> Result<(), &'static str> {
        let mut entries = lock(&self.entries);
        if entries.iter().filter(|other| other.fact.kind == entry.fact.kind).count() >= MOST {
            return Err("64 of that kind are offered already");
        }
        entries.push(entry);
        self.version.fetch_add(1, Ordering::Release);
        Ok(())
    }
}

fn offer(
    kind: OfferKind,
    name: String,
    help: String,
    location: &'static Location<'static>,
    what: impl FnOnce(On) -> What,
) -> Offer {
    let Some(core) = core::get() else { return Offer { number: None } };
    let on = On::current(core);
    let offered = match wrong(kind, &name, &on) {
        Some(why) => Err(why),
        None => {
            let number = core.offers.next.fetch_add(1, Ordering::Relaxed);
            let fact = Offered {
                kind,
                name: name.clone(),
                help: crate::panics::begin(&help, LONGEST_HELP).to_owned(),
                runtime: on.number(core).map(|number| RuntimeId(number.into())),
                location: Some(LocationId(core.store.places.location(location))),
                at: core.store.clock.now(),
            };
            core.offers.add(Entry { number, fact, location, what: what(on) }).map(|()| number)
        }
    };
    if let Err(why) = offered {
        let name = crate::panics::begin(&name, 2 * LONGEST_NAME);
        // Nobody may read standard error; that must not stop the program.
        let _ = writeln!(std::io::stderr(), "taskscope: the {kind} {name:?} is not offered: {why} ({location})");
    }
    Offer { number: offered.ok() }
}

/// What keeps something from being offered.
fn wrong(kind: OfferKind, name: &str, on: &On) -> Option<&'static str> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_fine) || name.starts_with(['-', '.']) {
        return Some("a name has 1 to 32 letters, digits, `-`, `_` and `.`, and begins with a letter or digit");
    }
    (kind == OfferKind::COMMAND && matches!(on, On::Nowhere)).then_some("a command is offered within a runtime")
}
