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

use super::AttachError;
use super::threaded::{self, Connection};
use service::Reach;
use std::io;
use std::sync::mpsc::channel;
use std::time::Duration;
use taskscope_model::Source;
use taskscope_model::hello::Hello;

/// Finds the tasks of a process, and has somebody look at them.
pub(crate) fn attach(pid: u32, within: Duration) -> Result<(Hello, Connection), AttachError> {
    let connection = look(pid, Reach::System).map_err(|error| AttachError::Io(address(pid), error))?;
    Ok((connection.hello(within)?, connection))
}

fn address(pid: u32) -> String {
    super::Address::Outside { pid }.to_string()
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
    look(pid, reach)
}

fn look(pid: u32, reach: Reach) -> io::Result<Connection> {
    let (sender, orders) = channel();
    let order = move |order| sender.send(order).is_ok();
    let service = service::Service { pid, reach, orders };
    threaded::start("taskscope-outside", address(pid), Source::OUTSIDE, order, |teller| service.run(teller))
}

/// Whether a process is a tokio program that can be read; `Err` says why not.
pub(crate) fn looks_like_tokio(pid: u32) -> Result<(), AttachError> {
    taskscope_inspect::Target::attach(pid).map(drop).map_err(AttachError::from)
}
