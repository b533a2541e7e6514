//! Sources that are threads of this process: what talks with a console-subscriber, and what looks into a process's
//! memory. Here is what passes between such a thread and whoever listens to it.

use super::{AttachError, Heard};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
#[cfg(feature = "console")]
use taskscope_model::TaskId;
use taskscope_model::hello::Hello;
use taskscope_model::request::{Answer, Denied, Reason, Request};
use taskscope_model::{Change, Fact, Source};

/// Changes handed over at a time.
const PIECE: usize = 2_000;
/// Pieces that wait to be taken. While they are not, the thread waits.
const WAITING: usize = 8;

const MEMORY: &str = "read the program's memory";

/// What is asked of such a thread.
#[derive(Debug)]
pub(super) enum Order {
    /// A request of the client's.
    Ask(Request),
    /// Which roots an agent beside it shows: those are the same tasks.
    #[cfg(feature = "console")]
    Roots(Vec<Root>),
    /// Nobody listens any more.
    Close,
}

/// A root that an agent shows, and where its `block_on` stands.
#[cfg(feature = "console")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) task: TaskId,
    pub(super) file: String,
    pub(super) line: u32,
}

/// What it hands over.
#[derive(Debug)]
enum Told {
    Heard(Heard),
    /// The last word.
    End(AttachError),
}

/// What comes first: who is there, or why nobody is.
type First = Result<Hello, AttachError>;

/// The reading half of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    address: String,
    first: Receiver<First>,
    told: Receiver<Told>,
    asker: Asker,
}

/// The asking half of a connection.
#[derive(Clone)]
pub(crate) struct Asker(Arc<dyn Fn(Order) -> bool + Send + Sync>);

/// The thread's own end.
pub(super) struct Teller {
    source: Source,
    first: SyncSender<First>,
    told: SyncSender<Told>,
}

/// Nobody listens any more.
pub(super) struct Unheard;

/// Starts a thread that tells. `order` hands an order over to it, and says whether it could.
pub(super) fn start(
    name: &str,
    address: String,
    source: Source,
    order: impl Fn(Order) -> bool + Send + Sync + 'static,
    run: impl FnOnce(Teller) + Send + 'static,
) -> io::Result<Connection> {
    // Where nobody waits for the first words there is room for them.
    let (begins, first) = sync_channel(1);
    let (sender, told) = sync_channel(WAITING);
    let teller = Teller { source, first: begins, told: sender };
    thread::Builder::new().name(name.to_owned()).spawn(move || run(teller))?;
    Ok(Connection { address, first, told, asker: Asker(Arc::new(order)) })
}

impl Connection {
    /// The first words. Whoever attaches waits for them before anything else.
    pub(super) fn hello(&self, within: Duration) -> First {
        let silent = || AttachError::Silent { address: self.address.clone(), within };
        self.first.recv_timeout(within).unwrap_or_else(|_| Err(silent()))
    }

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
        let asked = self.order(Order::Ask(request.clone()));
        if asked { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    }

    /// Ends the connection.
    pub(crate) fn close(&self) {
        // A thread that has ended already is what is wanted.
        self.order(Order::Close);
    }

    /// Hands an order over; says whether anybody takes it.
    pub(super) fn order(&self, order: Order) -> bool {
        (self.0)(order)
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}

impl Teller {
    /// Says who is there, or why nobody is.
    pub(super) fn begin(&self, first: First) -> Result<(), Unheard> {
        self.first.send(first).map_err(|_| Unheard)
    }

    /// Tells facts, and waits until there is room for them.
    pub(super) fn tell(&self, facts: Vec<Fact>) -> Result<(), Unheard> {
        let source = self.source;
        let mut changes = facts.into_iter().map(|fact| Change { source, fact }).peekable();
        while changes.peek().is_some() {
            self.hand_over(Heard::Changes(changes.by_ref().take(PIECE).collect()))?;
        }
        Ok(())
    }

    /// Says that what is asked for cannot be had this way: who this is, and what would help.
    pub(super) fn deny(&self, request: &Request, who: &str, remedy: &str) -> Result<(), Unheard> {
        let (number, what) = match request {
            Request::Subscribe(subscribe) => (subscribe.number, "tell more"),
            Request::Cancel(cancel) => (cancel.number, "cancel tasks"),
            Request::Trace(trace) => (trace.number, "take the stack of a task"),
            Request::Switch(switch) => (switch.number, "switch modes"),
            Request::Stacks(stacks) => (stacks.number, "take stacks"),
            Request::SetLimit(limit) => (limit.number, "watch for slow polls"),
            Request::Execute(execute) => (execute.number, "run commands of the program's"),
            Request::Evaluate(evaluate) => (evaluate.number, "reckon values of the program's"),
            Request::Raise(raise) => (raise.number, "send signals"),
            Request::Layout(layout) => (layout.number, MEMORY),
            Request::ReadMemory(read) => (read.number, MEMORY),
            Request::SearchMemory(search) => (search.number, MEMORY),
        };
        let message = format!("{who} cannot {what}; {remedy}");
        let denied = Denied { number, reason: Reason::IMPOSSIBLE, message };
        self.hand_over(Heard::Answer(Answer::Denied(denied)))
    }

    /// The last word.
    pub(super) fn end(&self, error: AttachError) {
        // Who closes the connection does not wait for its end.
        let _ = self.told.send(Told::End(error));
    }

    fn hand_over(&self, heard: Heard) -> Result<(), Unheard> {
        self.told.send(Told::Heard(heard)).map_err(|_| Unheard)
    }
}
