//! What the program offers to whoever watches it: commands to run, and values to ask for. What is offered stands in
//! `offered`; `run` and `reckon` carry it out, each on a thread of its own, for the server never runs the program's code.

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

use crate::core;
use crate::offered::{Command, Entry, On, Value, What};
use std::io::Write;
use std::panic::Location;
use std::sync::Arc;
use taskscope_model::change::Offered;
use taskscope_model::codes::OfferKind;
use taskscope_model::{LocationId, RuntimeId};

/// Longest name, bytes; longest help.
const LONGEST_NAME: usize = 32;
const LONGEST_HELP: usize = 200;

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

fn offer(
    kind: OfferKind,
    name: String,
    help: String,
    location: &'static Location<'static>,
    what: impl FnOnce(On) -> What,
) -> Offer {
    let Some(core) = core::get() else { return Offer { number: None } };
    let on = On::current(&core.runtimes);
    let offered = match wrong(kind, &name, &on) {
        Some(why) => Err(why),
        None => {
            let number = core.offers.next();
            let fact = Offered {
                kind,
                name: name.clone(),
                help: crate::panics::begin(&help, LONGEST_HELP).to_owned(),
                runtime: on.number(&core.runtimes).map(|number| RuntimeId(number.into())),
                location: Some(LocationId(core.store.places.location(location))),
                at: core.store.clock.now(),
            };
            core.offers.add(Entry { number, fact, location, what: what(on) }).map(|()| number)
        }
    };
    if let Err(why) = offered {
        let name = crate::panics::begin(&name, 2 * LONGEST_NAME);
        // Nobody may read standard error; that must not stop the program.
        let _ =
            writeln!(std::io::stderr(), "taskscope: the {kind} {name:?} is not offered: {why} ({location})");
    }
    Offer { number: offered.ok() }
}

/// What keeps something from being offered.
fn wrong(kind: OfferKind, name: &str, on: &On) -> Option<&'static str> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty()
        || name.len() > LONGEST_NAME
        || !name.chars().all(is_fine)
        || name.starts_with(['-', '.'])
    {
        return Some(
            "a name has 1 to 32 letters, digits, `-`, `_` and `.`, and begins with a letter or digit",
        );
    }
    (kind == OfferKind::COMMAND && matches!(on, On::Nowhere))
        .then_some("a command is offered within a runtime")
}
