//! The thread that looks at a program: when it is asked to, and once a second from then on.

use super::super::threaded::{Order, Teller, Unheard};
use super::super::{AttachError, proc};
use super::lent::{Lender, Lent};
use super::translate::Translator;
use crate::clock;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use taskscope_inspect::{Error, Target};
use taskscope_model::change::Complete;
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::request::{Request, Subscribe};
use taskscope_model::{Fact, Nanos, Source};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// Where the agent lends the memory, a look takes at most one part in so many of the time.
const LENT_SHARE: u64 = 20;
/// For the first words of an agent that lends its memory.
const GREETING: Duration = Duration::from_secs(2);
/// Who asks again so soon is told what was seen last.
const FRESH: Nanos = Nanos(500_000_000);
/// Before the second look at what matters only if it lasts, for those who ask but once.
const PAUSE: Duration = Duration::from_millis(50);
/// Between looks at what is wrong only if it lasts.
const AGAIN: Duration = Duration::from_millis(250);

/// By which way the memory may be had.
pub(super) enum Reach {
    /// The system lets it be read, or not.
    System,
    /// If the system does not, the agent lends it.
    Both(Lender),
    /// Only the agent knows the process.
    Agent(Lender),
}

/// The service, before it runs.
pub(super) struct Service {
    pub(super) pid: u32,
    pub(super) reach: Reach,
    pub(super) orders: Receiver<Order>,
}

/// Why there is nothing more to do.
enum Over {
    /// Nobody listens any more.
    Unheard,
    /// The program cannot be read any more.
    Lost(Error),
}

impl From<Error> for Over {
    fn from(error: Error) -> Self {
        Self::Lost(error)
    }
}

impl From<Unheard> for Over {
    fn from(_: Unheard) -> Self {
        Self::Unheard
    }
}

impl Service {
    /// Runs until the program ends, or nobody listens any more. Says first whether it can be read.
    pub(super) fn run(self, teller: Teller) {
        let is_here = !matches!(self.reach, Reach::Agent(_));
        let born = if is_here { proc::birth(self.pid) } else { None };
        let (target, answer) = match self.target() {
            Ok(target) => (Some(target), Ok(hello(self.pid))),
            Err(error) => (None, Err(error)),
        };
        let (Ok(()), Some((target, is_lent))) = (teller.begin(answer), target) else { return };
        let Self { pid, orders, .. } = self;
        let (translator, seen_at, took) = (Translator::default(), None, Nanos(0));
        let mut watch = Watch { pid, born, target, is_lent, translator, teller, seen_at, took };
        if let Err(Over::Lost(error)) = watch.until_the_end(&orders) {
            watch.end(error);
        }
    }

    /// The program, and whether its agent lends the memory.
    fn target(&self) -> Result<(Target, bool), AttachError> {
        let (lender, process) = match &self.reach {
            Reach::System => return Ok((Target::attach(self.pid)?, false)),
            Reach::Both(lender) => match Target::attach(self.pid) {
                Err(Error::NotPermitted { .. }) => (lender, Some(self.pid)),
                other => return Ok((other?, false)),
            },
            Reach::Agent(lender) => (lender, None),
        };
        let lent = Lent::attach(lender, process, GREETING)?;
        Ok((Target::new(Box::new(lent))?, true))
    }
}

/// A program while somebody listens.
struct Watch {
    pid: u32,
    /// When the process began: a later one may be given its number.
    born: Option<u64>,
    target: Target,
    /// It is the program's agent that reads.
    is_lent: bool,
    translator: Translator,
    teller: Teller,
    seen_at: Option<taskscope_model::At>,
    /// By the last look.
    took: Nanos,
}

impl Watch {
    fn until_the_end(&mut self, orders: &Receiver<Order>) -> Result<(), Over> {
        let mut goes_on = false;
        loop {
            let order = match goes_on {
                true => orders.recv_timeout(self.every()),
                false => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(Order::Ask(Request::Subscribe(subscribe))) => {
                    goes_on = !subscribe.once;
                    self.subscribe(&subscribe)?;
                }
                Ok(Order::Ask(request)) => self.deny(&request)?,
                // The roots have numbers in memory.
                #[cfg(feature = "console")]
                Ok(Order::Roots(_)) => {}
                Err(RecvTimeoutError::Timeout) => self.look()?,
                Ok(Order::Close) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn every(&self) -> Duration {
        let rest = if self.is_lent { self.took.0.saturating_mul(LENT_SHARE) } else { 0 };
        EVERY.max(Duration::from_nanos(rest))
    }

    /// Everything is told, whatever is asked for: it is all there after a look.
    fn subscribe(&mut self, wanted: &Subscribe) -> Result<(), Over> {
        let now = clock::monotonic();
        if self.seen_at.is_none_or(|seen| now.since(seen) > FRESH) {
            self.look()?;
        }
        if wanted.once && self.translator.is_unconfirmed() {
            thread::sleep(PAUSE);
            self.look()?;
        }
        // Who asks for all there is, and once, wants to know what is wrong: some of that shows only if it lasts.
        let begun = clock::monotonic();
        while wanted.once && wanted.ended && clock::monotonic().since(begun) < self.translator.suspects() {
            thread::sleep(AGAIN);
            self.look()?;
        }
        self.tell(|_, out| out.push(Complete { subscription: wanted.number }.into()))
    }

    fn look(&mut self) -> Result<(), Over> {
        if self.born.is_some() && proc::birth(self.pid) != self.born {
            return Err(Error::Gone { pid: self.pid }.into());
        }
        let begun = clock::monotonic();
        let snapshot = self.target.snapshot()?;
        self.took = clock::monotonic().since(begun);
        let now = snapshot.at.unwrap_or_else(clock::monotonic);
        self.seen_at = Some(now);
        self.tell(|translator, out| translator.look(&snapshot, now, out))
    }

    fn deny(&self, request: &Request) -> Result<(), Over> {
        let remedy = "put #[taskscope_agent::main] on its main function";
        Ok(self.teller.deny(request, "who only reads a program's memory", remedy)?)
    }

    /// Waits until there is room: who takes slowly is told less often.
    fn tell(&mut self, say: impl FnOnce(&mut Translator, &mut Vec<Fact>)) -> Result<(), Over> {
        let mut facts = Vec::new();
        say(&mut self.translator, &mut facts);
        Ok(self.teller.tell(facts)?)
    }

    /// The program is gone: that is what its goodbye would have said. Or it may no longer be read.
    fn end(&mut self, error: Error) {
        let last = match error {
            Error::Gone { .. } => {
                let address = super::address(self.pid);
                let _ = self.tell(|translator, out| translator.goodbye(clock::monotonic(), out));
                AttachError::Lost { address, goodbye: true }
            }
            other => other.into(),
        };
        self.teller.end(last);
    }
}

fn hello(pid: u32) -> Hello {
    let (now, wall_ns) = (clock::monotonic(), clock::wall());
    Hello {
        pid,
        program: proc::program(pid).unwrap_or_else(|| "?".to_owned()),
        source: Source::OUTSIDE,
        agent: "no agent, read from outside".to_owned(),
        mode: "outside".to_owned(),
        started_at: proc::started(pid).unwrap_or(now),
        clock: ClockPair { monotonic_ns: now.0, wall_ns },
        rights: Rights::READ,
        runtimes: Vec::new(),
        coverage: Vec::new(),
        live_tasks: 0,
        console: None,
    }
}
