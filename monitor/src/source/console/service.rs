//! The thread that talks with a console-subscriber, from its first word to its last.

use super::connect::begin;
use super::talk::Talk;
use super::{Place, moments, owner};
use crate::clock;
use crate::source::AttachError;
use crate::source::threaded::{Order, Teller};
use std::io;
use std::time::Duration;
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::{At, Source};
use tokio::sync::mpsc::UnboundedReceiver;

/// The service, before it runs.
pub(super) struct Service {
    pub(super) place: Place,
    pub(super) within: Duration,
    /// It tells beside an agent of the same program, so of this host.
    pub(super) beside_agent: bool,
    pub(super) orders: UnboundedReceiver<Order>,
}

impl Service {
    /// Runs until the connection ends, or nobody listens any more. Says first what came of connecting.
    pub(super) fn run(self, teller: Teller) {
        let Self { place, within, beside_agent, orders } = self;
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return drop(teller.begin(Err(AttachError::Io(place.to_string(), error)))),
        };
        runtime.block_on(async move {
            match begin(&place, within).await {
                Err(error) => drop(teller.begin(Err(error))),
                Ok(connected) => {
                    let hello = hello(&place);
                    let elsewhere = hello.pid == 0 && !beside_agent;
                    if teller.begin(Ok(hello)).is_ok() {
                        let talk = Talk::new(place.to_string(), connected.client.clone(), teller, elsewhere);
                        talk.until_the_end(connected, orders).await;
                    }
                }
            }
        });
    }
}

#[cfg(not(feature = "watched"))]
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

#[cfg(feature = "watched")]
pub(super) fn runtime() -> io::Result<taskscope_agent::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    taskscope_agent::Builder::from_env().build_from(builder.enable_all())
}

fn hello(place: &Place) -> Hello {
    let owner = owner::listener(place);
    let wall_ns = clock::wall();
    let (now, started_at) = match &owner {
        Some(owner) => (clock::monotonic(), owner.started),
        None => (At(clock::monotonic().0.saturating_add(moments::ELSEWHERE.0)), None),
    };
    Hello {
        pid: owner.as_ref().map_or(0, |owner| owner.pid),
        program: owner.map_or_else(|| place.to_string(), |owner| owner.program),
        source: Source::CONSOLE,
        agent: "console-subscriber".to_owned(),
        mode: "on".to_owned(),
        started_at: started_at.unwrap_or(now),
        clock: ClockPair { monotonic_ns: now.0, wall_ns },
        rights: Rights::READ,
        runtimes: Vec::new(),
        coverage: Vec::new(),
        live_tasks: 0,
        console: None,
    }
}
