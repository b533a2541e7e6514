//! A program that is looked at from outside: its memory is read now and then, and nothing in it knows of that. It
//! is neither stopped nor written to. A thread of its own looks; what it sees becomes Changes like those of an agent.
//!
//! Between two looks tasks may have come and gone unseen, so nothing is said of tasks that are gone but that they
//! are: they are forgotten.

mod coverage;
mod lent;
mod places;
mod service;
mod translate;
mod waits;

pub(super) use lent::Lender;

use super::{AttachError, Heard};
use service::{Order, Reach, Told};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::time::Duration;
use taskscope_model::hello::Hello;
use taskscope_model::request::Request;

/// Pieces of what was seen that wait to be taken. While they are not, nobody looks.
const WAITING: usize = 8;

/// The reading half of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    address: String,
    told: Receiver<Told>,
    asker: Asker,
}

/// The asking half of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Asker(Sender<Order>);

/// Finds the tasks of a process, and has somebody look at them.
pub(crate) fn attach(pid: u32, within: Duration) -> Result<(Hello, Connection), AttachError> {
    let address = super::Address::Outside { pid }.to_string();
    let (first, begun) = sync_channel(1);
    let (sender, told) = sync_channel(WAITING);
    let (orders, receiver) = channel();
    let service = service::Service { pid, reach: Reach::System, orders: receiver, told: sender };
    std::thread::Builder::new()
        .name("taskscope-outside".to_owned())
        .spawn(move || service.run(&first))
        .map_err(|error| AttachError::Io(address.clone(), error))?;
    let hello = match begun.recv_timeout(within) {
        Ok(begun) => begun?,
        Err(_) => return Err(AttachError::Silent { address, within }),
    };
    Ok((hello, Connection { address, told, asker: Asker(orders) }))
}

/// The variable that keeps us from looking into programs unasked, by the value `off`.
const VARIABLE: &str = "TASKSCOPE_OUTSIDE";

/// Whether nobody is to look into programs unasked.
pub(crate) fn is_off() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| value == "off")
}

/// Has somebody look at a process with an agent, whatever comes of it: a connection that ends at once if it cannot be
/// read. The agent lends its memory where the system does not let it be read; `is_here`: the system knows it by `pid`.
pub(crate) fn begin(pid: u32, is_here: bool, lender: Option<Lender>) -> io::Result<Connection> {
    let reach = match (is_here, lender) {
        (true, None) => Reach::System,
        (true, Some(lender)) => Reach::Both(lender),
        (false, Some(lender)) => Reach::Agent(lender),
        (false, None) => return Err(io::ErrorKind::NotFound.into()),
    };
    let address = super::Address::Outside { pid }.to_string();
    let (sender, told) = sync_channel(WAITING);
    let (orders, receiver) = channel();
    let service = service::Service { pid, reach, orders: receiver, told: sender };
    std::thread::Builder::new().name("taskscope-outside".to_owned()).spawn(move || {
        // Nobody waits for the first words: there is room for them.
        let (first, _begun) = sync_channel(1);
        service.run(&first);
    })?;
    Ok(Connection { address, told, asker: Asker(orders) })
}

/// Whether a process is a tokio program that can be read; `Err` says why not.
pub(crate) fn looks_like_tokio(pid: u32) -> Result<(), AttachError> {
    taskscope_inspect::Target::attach(pid).map(drop).map_err(AttachError::from)
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
