//! Threads that listen to programs, and look for them. A connection that is lost is sought again until it is
//! back or nobody wants it any more.

use super::health;
use super::input::{Input, News};
use super::outside::Programs;
use crate::clock;
use crate::print::words;
use crate::record::{self, Recorder};
use crate::replay::{self, Order, Played};
use crate::source::discover::{self, Process};
use crate::source::{Address, Asker, AttachError, Heard, Live};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use taskscope_model::hello::Hello;
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
/// It is said this often how far a recording is.
const SAY: Nanos = Nanos(300_000_000);
/// A program that began so long before its predecessor was lost may still be its successor.
const OVERLAP: Nanos = Nanos(2_000_000_000);

/// The attachment, and the list of processes.
pub(super) struct Links {
    inputs: SyncSender<Input>,
    link: Option<Arc<Link>>,
    number: u32,
    list: Option<Arc<AtomicBool>>,
    /// Where the present program is.
    address: Option<Address>,
    recording: Option<Arc<AtomicBool>>,
}

/// One attachment, as its thread and the TUI both see it.
struct Link {
    number: u32,
    unwanted: AtomicBool,
    asker: Mutex<Option<Asker>>,
    /// Where orders go, if it is a recording.
    player: Mutex<Option<Sender<Order>>>,
}

impl Links {
    /// No attachment yet.
    pub(super) fn new(inputs: SyncSender<Input>) -> Self {
        let (link, list, address, recording) = (None, None, None, None);
        Self { inputs, link, number: 0, list, address, recording }
    }

    /// Listens to a program that is attached to already.
    pub(super) fn adopt(&mut self, address: Address, live: Live) -> u32 {
        self.address = Some(address.clone());
        self.start(move |link, inputs| match &address {
            Address::Recording(path) => replay(&link, &inputs, path),
            _ => follow(&link, &inputs, address, live),
        })
    }

    fn start(&mut self, run: impl FnOnce(Arc<Link>, SyncSender<Input>) + Send + 'static) -> u32 {
        self.drop_link();
        self.number += 1;
        let link = Link {
            number: self.number,
            unwanted: AtomicBool::new(false),
            asker: Mutex::default(),
            player: Mutex::default(),
        };
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
            *link.player() = None;
        }
    }
}

impl Programs for Links {
    fn attach(&mut self, address: Address) -> u32 {
        self.address = Some(address.clone());
        self.start(move |link, inputs| match Live::open(&address, WITHIN) {
            Ok(_) if !address.is_live() => {
                if let Address::Recording(path) = &address {
                    replay(&link, &inputs, path);
                }
            }
            Ok(live) => follow(&link, &inputs, address, live),
            Err(error) => drop(link.tell(&inputs, News::NotAttached(error.to_string()))),
        })
    }

    fn ask(&mut self, request: &Request) {
        let asker = self.link.as_ref().and_then(|link| link.asker().clone());
        // If it cannot be sent the connection is broken, and its thread finds that out too.
        let _ = asker.map(|asker| asker.ask(request));
    }

    fn replay(&mut self, order: Order) {
        let player = self.link.as_ref().and_then(|link| link.player().clone());
        // If it is gone its thread has said why.
        let _ = player.map(|player| player.send(order));
    }

    fn record(&mut self, path: Option<&Path>) {
        if let Some(stop) = self.recording.take() {
            stop.store(true, Ordering::Release);
        }
        if let (Some(path), Some(address)) = (path, self.address.clone()) {
            let stop = Arc::new(AtomicBool::new(false));
            self.recording = Some(Arc::clone(&stop));
            let (inputs, path) = (self.inputs.clone(), path.to_owned());
            spawn("record", move || record_to(&address, &path, &stop, &inputs));
        }
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

    fn player(&self) -> std::sync::MutexGuard<'_, Option<Sender<Order>>> {
        self.player.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Plays a recording until nobody wants it any more.
fn replay(link: &Link, inputs: &SyncSender<Input>, path: &Path) {
    let (sender, orders) = channel();
    *link.player() = Some(sender);
    let attached = |hello: &Hello| {
        link.tell(inputs, News::Attached(Box::new(hello.clone()))).map_err(|_| replay::Unwanted)
    };
    let tell = |played| {
        let news = match played {
            Played::Changes(changes) => News::Heard(Heard::Changes(changes)),
            Played::Moment(session) => News::Moment(session),
            Played::Line(line) => News::Replayed(Box::new(line)),
        };
        link.tell(inputs, news).map_err(|_| replay::Unwanted)
    };
    if let Err(error) = replay::run(path, &orders, attached, tell) {
        // Nobody may want it any more.
        let _ = link.tell(inputs, News::Lost { error: Some(error.to_string()), played: true });
    }
}

/// Records a program beside whatever is shown of it.
fn record_to(address: &Address, path: &Path, stop: &AtomicBool, inputs: &SyncSender<Input>) {
    let said = recorded(address, path, stop, inputs).unwrap_or_else(|failed| failed.to_string());
    // Nobody may be there any more.
    let _ = inputs.send(Input::Recorded(said));
}

fn recorded(
    address: &Address,
    path: &Path,
    stop: &AtomicBool,
    inputs: &SyncSender<Input>,
) -> Result<String, record::Failed> {
    let mut live = Live::open(address, WITHIN)?;
    let mut recorder = Recorder::create(path, false, live.hello())?;
    let mut said = At::default();
    record::record(&mut live, &mut recorder, None, stop, |written| {
        let now = clock::monotonic();
        if now.since(said) >= SAY {
            said = now;
            let _ = inputs.try_send(Input::Recording(written.clone()));
        }
    })?;
    let written = recorder.finish()?;
    let (span, bytes) = (written.span(), words::bytes(written.bytes));
    Ok(format!("recorded {span} to {}, {bytes}; `taskscope replay` shows it", path.display()))
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
            Err(AttachError::Lost { .. }) => {}
            Err(error) if error.is_absence() => {}
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
        if self.is_of_this_host() {
            let successor = discover::processes().into_iter().filter(|process| self.is_succeeded_by(process));
            if let Some(address) = successor.min_by_key(|process| process.uptime).and_then(|it| it.address) {
                return Live::open(&address, WITHIN).map(|live| (address, live));
            }
        }
        Err(error)
    }

    /// Whether a successor may have another address than it had.
    fn is_of_this_host(&self) -> bool {
        match &self.address {
            Address::Unix { .. } => true,
            #[cfg(target_os = "linux")]
            Address::Outside { .. } => true,
            _ => false,
        }
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
