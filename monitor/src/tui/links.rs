//! Threads that listen to programs, and look for them. A connection that is lost is sought again until it is
//! back or nobody wants it any more.

use super::health;
use super::input::{Input, News};
use super::outside::Programs;
use crate::clock;
use crate::source::discover::{self, Process};
use crate::source::{Address, Asker, AttachError, Live};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use taskscope_model::request::Request;
use taskscope_model::{At, Nanos};

/// How long a program may take for its first words.
pub(super) const WITHIN: Duration = Duration::from_secs(2);
/// Between two attempts to reach a lost program.
const RETRY: Duration = Duration::from_millis(300);
/// Between two looks at which processes there are.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks at how they do, and how long one program may take to tell.
const JUDGE: Nanos = Nanos(5_000_000_000);
const JUDGED_WITHIN: Duration = Duration::from_secs(1);
/// A program that began so long before its predecessor was lost may still be its successor.
const OVERLAP: Nanos = Nanos(2_000_000_000);

/// The attachment, and the list of processes.
pub(super) struct Links {
    inputs: SyncSender<Input>,
    link: Option<Arc<Link>>,
    number: u32,
    list: Option<Arc<AtomicBool>>,
}

/// One attachment, as its thread and the TUI both see it.
struct Link {
    number: u32,
    unwanted: AtomicBool,
    asker: Mutex<Option<Asker>>,
}

impl Links {
    /// No attachment yet.
    pub(super) fn new(inputs: SyncSender<Input>) -> Self {
        Self { inputs, link: None, number: 0, list: None }
    }

    /// Listens to a program that is attached to already.
    pub(super) fn adopt(&mut self, address: Address, live: Live) -> u32 {
        self.start(move |link, inputs| follow(&link, &inputs, address, live))
    }

    fn start(&mut self, run: impl FnOnce(Arc<Link>, SyncSender<Input>) + Send + 'static) -> u32 {
        self.drop_link();
        self.number += 1;
        let link = Link { number: self.number, unwanted: AtomicBool::new(false), asker: Mutex::default() };
        let (link, inputs) = (Arc::new(link), self.inputs.clone());
        self.link = Some(link.clone());
        spawn("link", move || run(link, inputs));
        self.number
    }

    fn drop_link(&mut self) {
        if let Some(link) = self.link.take() {
            link.unwanted.store(true, Ordering::Release);
            if let Some(asker) = &*link.asker() {
                asker.close();
            }
        }
    }
}

impl Programs for Links {
    fn attach(&mut self, address: Address) -> u32 {
        self.start(move |link, inputs| match Live::open(&address, WITHIN) {
            Ok(live) => follow(&link, &inputs, address, live),
            Err(error) => drop(link.tell(&inputs, News::NotAttached(error.to_string()))),
        })
    }

    fn ask(&mut self, request: &Request) {
        let asker = self.link.as_ref().and_then(|link| link.asker().clone());
        // If it cannot be sent the connection is broken, and its thread finds that out too.
        let _ = asker.map(|asker| asker.ask(request));
    }

    fn list(&mut self, on: bool) {
        if let Some(running) = self.list.take() {
            running.store(false, Ordering::Release);
        }
        if on {
            let running = Arc::new(AtomicBool::new(true));
            self.list = Some(running.clone());
            let inputs = self.inputs.clone();
            spawn("list", move || list(&running, &inputs));
        }
    }
}

impl Link {
    fn asker(&self) -> std::sync::MutexGuard<'_, Option<Asker>> {
        self.asker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_wanted(&self) -> bool {
        !self.unwanted.load(Ordering::Acquire)
    }

    /// Says it to the TUI; `Err` if there is none any more, or it wants another program.
    fn tell(&self, inputs: &SyncSender<Input>, news: News) -> Result<(), Unwanted> {
        if !self.is_wanted() {
            return Err(Unwanted);
        }
        inputs.send(Input::News { from: self.number, news }).map_err(|_| Unwanted)
    }
}

/// Nobody listens any more.
struct Unwanted;

/// A thread that cannot be had is like a program that says nothing; there is no better way to go on.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) {
    let _ = thread::Builder::new().name(format!("taskscope-{name}")).spawn(run);
}

fn follow(link: &Link, inputs: &SyncSender<Input>, address: Address, live: Live) {
    let mut at = (address, live);
    while let Ok(Some(next)) = follow_one(link, inputs, at.0, at.1) {
        at = next;
    }
}

/// Listens to a program until it is lost, and looks for it then. `Ok(None)`: it cannot come back.
fn follow_one(
    link: &Link,
    inputs: &SyncSender<Input>,
    address: Address,
    mut live: Live,
) -> Result<Option<(Address, Live)>, Unwanted> {
    *link.asker() = Some(live.asker());
    // It may have become unwanted before there was anything to close.
    let hello = Box::new(live.hello().clone());
    link.tell(inputs, News::Attached(hello.clone()))?;
    let error = loop {
        match live.next(None) {
            Ok(Some(heard)) => link.tell(inputs, News::Heard(heard))?,
            Ok(None) => {}
            Err(error) => break error,
        }
    };
    let lost_at = clock::monotonic();
    let played = !address.is_live();
    let error = if error.is_end() { None } else { Some(error.to_string()) };
    link.tell(inputs, News::Lost { error, played })?;
    if played {
        return Ok(None);
    }
    *link.asker() = None;
    drop(live);
    let lost = LostProgram { address, program: hello.program, pid: hello.pid, at: lost_at };
    seek(link, inputs, &lost).map(Some)
}

/// What is sought.
struct LostProgram {
    address: Address,
    program: String,
    pid: u32,
    at: At,
}

fn seek(link: &Link, inputs: &SyncSender<Input>, lost: &LostProgram) -> Result<(Address, Live), Unwanted> {
    let mut said = String::new();
    loop {
        thread::sleep(RETRY);
        if !link.is_wanted() {
            return Err(Unwanted);
        }
        match lost.again() {
            Ok(found) => return Ok(found),
            // That nobody is there is what waiting means: only what a person might want to mend is said.
            Err(AttachError::Absent(_) | AttachError::Refused(_) | AttachError::Lost { .. }) => {}
            Err(error) if error.to_string() == said => {}
            Err(error) => {
                said = error.to_string();
                link.tell(inputs, News::StillLost(said.clone()))?;
            }
        }
    }
}

impl LostProgram {
    /// At its old address, or wherever its successor listens.
    fn again(&self) -> Result<(Address, Live), AttachError> {
        let error = match Live::open(&self.address, WITHIN) {
            Ok(live) if self.is_same(&live) => return Ok((self.address.clone(), live)),
            Ok(_) => AttachError::Refused(self.address.to_string()),
            Err(error) => error,
        };
        if matches!(self.address, Address::Unix { .. }) {
            let successor = discover::processes().into_iter().filter(|process| self.is_succeeded_by(process));
            if let Some(address) = successor.min_by_key(|process| process.uptime).and_then(|it| it.address) {
                return Live::open(&address, WITHIN).map(|live| (address, live));
            }
        }
        Err(error)
    }

    /// An address on TCP is what the person chose, whoever answers there.
    fn is_same(&self, live: &Live) -> bool {
        let chosen = match &self.address {
            Address::Tcp { .. } => true,
            #[cfg(feature = "console")]
            Address::Console(_) => true,
            _ => false,
        };
        chosen || live.hello().program == self.program
    }

    /// Whether it is the same program, started again: not one that has been running beside it.
    fn is_succeeded_by(&self, process: &Process) -> bool {
        let since = clock::monotonic().since(self.at) + OVERLAP;
        process.program == self.program
            && process.pid != self.pid
            && process.trouble.is_none()
            && process.uptime.is_some_and(|uptime| uptime <= since)
    }
}

fn list(running: &AtomicBool, inputs: &SyncSender<Input>) {
    let mut judged = None;
    while running.load(Ordering::Acquire) {
        let processes = discover::processes();
        let answering = processes.iter().filter(|it| it.trouble.is_none());
        let answering: Vec<_> =
            answering.filter_map(|process| Some((process.pid, process.address.clone()?))).collect();
        if inputs.send(Input::Processes(processes)).is_err() {
            return;
        }
        let now = clock::monotonic();
        // Judging costs a program more than answering that it is there.
        if judged.is_none_or(|at| now.since(at) >= JUDGE) {
            judged = Some(now);
            for (pid, address) in answering {
                let health = health::of(&address, JUDGED_WITHIN);
                let told =
                    health.is_none_or(|health| inputs.send(Input::Judged(vec![(pid, health)])).is_ok());
                if !told || !running.load(Ordering::Acquire) {
                    return;
                }
            }
        }
        thread::sleep(LOOK);
    }
}
