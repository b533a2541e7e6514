//! console-subscriber in the program: the layer for its subscriber, and the service that tells what the layer has
//! seen, to tokio-console and to the monitor alike. It listens on a Unix socket beside the agent's, which the agent's
//! first words name, from a thread of its own.
//!
//! A program has one global subscriber, and which one is the program's choice: a layer is handed out, and a subscriber
//! is set only by who calls [`console_init`].

#[cfg(unix)]
mod doors;
#[cfg(unix)]
mod serve;
mod settings;
mod witness;

use crate::flags::{CFG_REMEDY, HOOKS};
use crate::mode::Mode;
use crate::sync::lock;
use console_subscriber::ConsoleLayer;
use std::sync::Mutex;
use taskscope_model::change::Coverage;
use taskscope_model::codes::Seen;
use tracing::subscriber::{NoSubscriber, set_global_default};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// How the program gets to be seen this way.
const LAYER_REMEDY: &str = "tracing_subscriber::registry().with(taskscope_agent::console_layer())\
                            .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO)).init()";

/// Where the one layer of the process is.
static PLACE: Mutex<Place> = Mutex::new(Place::NotAsked);

/// Where the layer is, and whether what it sees is told.
enum Place {
    /// Nobody has asked for it.
    NotAsked,
    /// It has been handed out, and the service listens on the socket of that name; with what went wrong beside that.
    Serves(String, Option<String>),
    /// There is none: why, and the line that changes that.
    Missing(String, &'static str),
}

/// The program has set a global subscriber before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the program has set a tracing subscriber already: add taskscope_agent::console_layer() to that")]
pub struct SubscriberIsSet;

/// console-subscriber's `ConsoleLayer`, for the program's own subscriber:
///
/// ```no_run
/// use tracing_subscriber::filter::LevelFilter;
/// use tracing_subscriber::prelude::*;
///
/// tracing_subscriber::registry()
///     .with(taskscope_agent::console_layer())
///     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO))
///     .init();
/// ```
///
/// It takes in tokio's spans alone. With it tokio tells all it does at the level TRACE, to the other layers too: one
/// that prints wants a filter of its own, as above, and not one for all layers, which would leave nothing to this one.
/// What it has seen (names, wakes,
/// scheduled times, locks and timers, tasks of a `LocalSet`) is told to whoever attaches to the agent, and to
/// `tokio-console file://localhost/PATH`, where `PATH` is that of the agent's socket with `.console` for `.sock`.
/// `TOKIO_CONSOLE_RETENTION`, `TOKIO_CONSOLE_PUBLISH_INTERVAL` and `TOKIO_CONSOLE_BUFFER_CAPACITY` are read as
/// console-subscriber reads them; ended tasks are kept for 6 s if nobody says otherwise, since the agent has a history
/// of its own. If `TOKIO_CONSOLE_BIND` names a loopback address, the service listens there too.
///
/// It does nothing with `TASKSCOPE=off`, without `--cfg tokio_unstable`, from the second call on, and where nothing
/// can be listened to: the agent's coverage says why.
pub fn console_layer<S>() -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_tokios: fn(&Metadata<'_>) -> bool = is_tokios;
    begin().map(|layer| layer.and_then(witness::Witness).with_filter(FilterFn::new(is_tokios)))
}

/// Sets a global subscriber that has [`console_layer`] and nothing else: for programs that have none of their own.
/// A subscriber that the program sets later with a function that insists (`init`) would panic there: such a program
/// wants [`console_layer`].
///
/// # Errors
/// There is one already. It stays.
pub fn console_init() -> Result<(), SubscriberIsSet> {
    let is_free = tracing::dispatcher::get_default(|current| current.is::<NoSubscriber>());
    let set = is_free && set_global_default(Registry::default().with(console_layer())).is_ok();
    if set {
        return Ok(());
    }
    let why = "the program had set a subscriber before taskscope_agent::console_init() was called";
    *lock(&PLACE) = Place::Missing(why.to_owned(), LAYER_REMEDY);
    Err(SubscriberIsSet)
}

/// The name of the socket on which the service listens, in the folder of the agent's.
pub(crate) fn socket() -> Option<String> {
    match &*lock(&PLACE) {
        Place::Serves(name, _) => Some(name.clone()),
        _ => None,
    }
}

/// Whether tokio's spans are seen.
pub(crate) fn coverage() -> Coverage {
    let of = |seen, why: &str, remedy: &str| {
        let (why, remedy) = (why.to_owned(), remedy.to_owned());
        Coverage { topic: "console".to_owned(), seen, why, remedy }
    };
    match &*lock(&PLACE) {
        Place::NotAsked => of(Seen::NO, "the program's subscriber has no console layer", LAYER_REMEDY),
        Place::Missing(why, remedy) => of(Seen::NO, why, remedy),
        Place::Serves(..) if !witness::has_seen() => {
            let why = "no span of tokio's has reached the console layer: it is in no subscriber in force, or another \
                       layer of that one filters for all of them";
            of(Seen::NO, why, LAYER_REMEDY)
        }
        Place::Serves(_, None) => of(Seen::YES, "", ""),
        Place::Serves(_, Some(why)) => of(Seen::PARTLY, why, ""),
    }
}

/// Makes the layer and starts its service; `None` if that is not wanted or not possible, or has been done before.
fn begin() -> Option<ConsoleLayer> {
    let mut place = lock(&PLACE);
    if matches!(*place, Place::Serves(..)) {
        return None;
    }
    let begun = start();
    let (now, layer) = match begun {
        Ok((layer, name, trouble)) => (Place::Serves(name, trouble), Some(layer)),
        Err((why, remedy)) => (Place::Missing(why, remedy), None),
    };
    *place = now;
    layer
}

/// The layer, the socket's name, and what went wrong beside that.
type Started = (ConsoleLayer, String, Option<String>);

fn start() -> Result<Started, (String, &'static str)> {
    if std::env::var("TASKSCOPE").is_ok_and(|mode| mode.parse() == Ok(Mode::Off)) {
        return Err(("TASKSCOPE=off".to_owned(), "TASKSCOPE=on"));
    }
    // console-subscriber would panic.
    if !HOOKS {
        return Err(("tokio tells of its spans only with --cfg tokio_unstable".to_owned(), CFG_REMEDY));
    }
    serving()
}

#[cfg(unix)]
fn serving() -> Result<Started, (String, &'static str)> {
    let (doors, trouble) = doors::Doors::open().map_err(|why| (why, ""))?;
    let (layer, server) = settings::builder().build();
    let name = doors.name();
    serve::start(doors, server.into_parts())
        .map_err(|error| (format!("its thread cannot be started: {error}"), ""))?;
    Ok((layer, name, trouble))
}

#[cfg(not(unix))]
fn serving() -> Result<Started, (String, &'static str)> {
    Err(("the agent is inert on this platform".to_owned(), ""))
}

/// What console-subscriber's own `spawn` lets through: spans by name, events by target, older tokios' by target.
fn is_tokios(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("tokio")
        || (if metadata.is_event() { target } else { metadata.name() }).starts_with("runtime")
}
