//! A program that runs console-subscriber. Its service is asked on a thread of its own; what it says becomes
//! Changes like those of an agent.
//!
//! A task has the number that tokio gives it (the field `task.id` of its span), the root of a `block_on` too. A
//! task of a tokio that notes none has the number of its span, in a range of its own (`span-4711`); that is all
//! that is known of tasks of which console-subscriber tells no more than figures.
//!
//! console-subscriber gives times of a wall clock that began with the program. They are turned into
//! CLOCK_MONOTONIC by the first message: what was now then is the moment at which it came.

mod coverage;
mod fields;
mod histogram;
mod history;
mod moments;
mod operations;
mod owner;
mod places;
mod service;
mod tasks;
#[cfg(test)]
mod tests;
mod translate;
mod waits;

use super::{AttachError, Heard};
use service::{Order, Told};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use taskscope_model::hello::Hello;
use taskscope_model::request::Request;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub(crate) use owner::listener as owner_of;

/// Pieces of what it says that wait to be taken. Who takes too slowly makes the program's server wait, and then
/// leave this client out; the program itself never waits.
const WAITING: usize = 8;
/// Added to the time that the service is given, so that its own word comes first.
const GRACE: Duration = Duration::from_millis(500);

/// Where a console-subscriber listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `host:port`.
    Tcp(String),
    /// A Unix socket.
    Unix(PathBuf),
}

/// As it is given on the command line.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Tcp(at) => write!(f, "http://{at}"),
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The reading half of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    address: String,
    told: Receiver<Told>,
    asker: Asker,
}

/// The asking half of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Asker(UnboundedSender<Order>);

/// Connects, and has the service tell.
pub(crate) fn attach(place: &Place, within: Duration) -> Result<(Hello, Connection), AttachError> {
    let address = place.to_string();
    let (first, begun) = sync_channel(1);
    let (sender, told) = sync_channel(WAITING);
    let (orders, receiver) = unbounded_channel();
    let service = service::Service { place: place.clone(), within, orders: receiver, told: sender };
    std::thread::Builder::new()
        .name("taskscope-console".to_owned())
        .spawn(move || service.run(&first))
        .map_err(|error| AttachError::Io(address.clone(), error))?;
    let hello = match begun.recv_timeout(within.saturating_add(GRACE)) {
        Ok(begun) => begun?,
        Err(_) => return Err(AttachError::Silent { address, within }),
    };
    Ok((hello, Connection { address, told, asker: Asker(orders) }))
}

/// Whether a console-subscriber listens there.
pub(crate) fn is_there(place: &Place, within: Duration) -> bool {
    service::is_there(place, within)
}

impl Connection {
    pub(crate) fn asker(&self) -> Asker {
        self.asker.clone()
    }

    /// See [`Live::next`](super::Live::next).
    pub(crate) fn next(&mut self, within: Option<Duration>) -> Result<Option<Heard>, AttachError> {
        let told = match within {
            Some(within) => self.told.recv_timeout(within),
            None => self.told.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match told {
            Ok(Told::Heard(heard)) => Ok(Some(heard)),
            Ok(Told::End(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(AttachError::Lost { address: self.address.clone(), goodbye: false })
            }
        }
    }
}

impl Asker {
    /// Hands a request over.
    pub(crate) fn ask(&self, request: &Request) -> io::Result<()> {
        self.0.send(Order::Ask(request.clone())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Ends the connection.
    pub(crate) fn close(&self) {
        // A service that has ended already is what is wanted.
        let _ = self.0.send(Order::Close);
    }
}
