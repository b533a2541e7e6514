//! A program that runs console-subscriber. Its service is asked on a thread of its own; what it says becomes
//! Changes like those of an agent.
//!
//! A task has the number that tokio gives it (the field `task.id` of its span), the root of a `block_on` too. A
//! task of a tokio that notes none has the number of its span, in a range of its own (`span-4711`); that is all
//! that is known of tasks of which console-subscriber tells no more than figures.
//!
//! console-subscriber gives times of a wall clock that began with the program. They are turned into
//! CLOCK_MONOTONIC by the first message: what was now then is the moment at which it came.

mod connect;
mod coverage;
mod fields;
#[cfg(test)]
pub(crate) mod growing;
mod histogram;
mod history;
mod moments;
mod operations;
mod owner;
mod places;
mod service;
mod span;
mod talk;
mod tasks;
#[cfg(test)]
mod tests;
mod translate;
mod vsock;
mod waits;
mod watches;

use super::AttachError;
use super::threaded::{self, Connection};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use taskscope_model::Source;
use taskscope_model::hello::Hello;
use tokio::sync::mpsc::unbounded_channel;

pub(crate) use owner::listener as owner_of;
pub(crate) use vsock::At;

/// Added to the time that the service is given, so that its own word comes first.
const GRACE: Duration = Duration::from_millis(500);

/// Where a console-subscriber listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `host:port`.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
    /// A port of a virtual machine, of the host of one, or of this machine.
    Vsock(At),
}

/// As it is given on the command line.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Tcp(at) => write!(f, "http://{at}"),
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Vsock(at) => write!(f, "{at}"),
        }
    }
}

/// How long one beside an agent may take to answer. Nobody waits for it.
const BESIDE_WITHIN: Duration = Duration::from_secs(2);

/// Connects, and has the service tell. Who takes too slowly makes the program's server wait, and then leave this
/// client out; the program itself never waits.
pub(crate) fn attach(place: &Place, within: Duration) -> Result<(Hello, Connection), AttachError> {
    let connection = begin(place.clone(), within, false);
    let connection = connection.map_err(|error| AttachError::Io(place.to_string(), error))?;
    Ok((connection.hello(within.saturating_add(GRACE))?, connection))
}

/// The one in a program whose agent has named this socket, whatever comes of it: a connection that ends at once if
/// nobody is there.
pub(super) fn beside(path: PathBuf) -> io::Result<Connection> {
    begin(Place::Unix(path), BESIDE_WITHIN, true)
}

fn begin(place: Place, within: Duration, beside_agent: bool) -> io::Result<Connection> {
    let address = place.to_string();
    let (sender, orders) = unbounded_channel();
    let order = move |order| sender.send(order).is_ok();
    let service = service::Service { place, within, beside_agent, orders };
    threaded::start("taskscope-console", address, Source::CONSOLE, order, |teller| service.run(teller))
}

/// Whether a console-subscriber listens there.
pub(crate) fn is_there(place: &Place, within: Duration) -> bool {
    connect::is_there(place, within)
}
