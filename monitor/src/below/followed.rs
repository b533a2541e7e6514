//! A program that is listened to until it ends, on a thread of its own.

use crate::clock::Deadline;
use crate::session::Session;
use crate::source::{Address, Asker, AttachError, Live};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use taskscope_model::request::Subscribe;

/// How long a program may take for its first words.
const WITHIN: Duration = Duration::from_secs(2);
/// Attempts to attach: a socket that is just being made refuses.
const ATTEMPTS: u32 = 20;
/// Between two of them, and between two looks whether all have ended.
const PAUSE: Duration = Duration::from_millis(10);

/// What is known of a program, or why nothing is.
pub(crate) type Program = Result<Session, AttachError>;

/// One that is listened to.
pub(super) struct Followed {
    address: Address,
    asker: Arc<Mutex<Option<Asker>>>,
    thread: JoinHandle<Program>,
}

impl Followed {
    /// Listens from now on.
    pub(super) fn start(address: Address) -> io::Result<Self> {
        let asker = Arc::new(Mutex::new(None));
        let (to, share) = (address.clone(), Arc::clone(&asker));
        let thread = thread::Builder::new().name("taskscope-below".to_owned());
        Ok(Self { address, asker, thread: thread.spawn(move || listen(&to, &share))? })
    }

    /// Whether it has answered.
    pub(super) fn answers(&self) -> bool {
        locked(&self.asker).is_some()
    }

    /// Where it is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}

fn locked(asker: &Mutex<Option<Asker>>) -> MutexGuard<'_, Option<Asker>> {
    asker.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What they have told to their end. One that lives on is let go of after that time.
pub(super) fn ended(followed: Vec<Followed>, within: Duration) -> Vec<Program> {
    let deadline = Deadline::after(Some(within));
    while deadline.left().is_ok() && !followed.iter().all(|it| it.thread.is_finished()) {
        thread::sleep(PAUSE);
    }
    for one in &followed {
        if let Some(asker) = &*locked(&one.asker) {
            asker.close();
        }
    }
    followed.into_iter().filter_map(|one| one.thread.join().ok()).collect()
}

fn listen(address: &Address, share: &Mutex<Option<Asker>>) -> Program {
    let mut live = open(address)?;
    let mut session = Session::new(live.hello());
    let subscribe = Subscribe { ended: true, totals: true, ..Subscribe::default() };
    let asker = live.asker();
    // A program that has gone has said so, or is found to be gone below.
    let _ = asker.ask(&session.subscribe(subscribe));
    *locked(share) = Some(asker);
    while let Ok(heard) = live.next(None) {
        heard.map(|heard| session.take(heard));
    }
    session.settle();
    Ok(session)
}

fn open(address: &Address) -> Result<Live, AttachError> {
    let mut attempt = 1;
    loop {
        match Live::open(address, WITHIN) {
            Err(AttachError::Refused(_) | AttachError::Closed(_)) if attempt < ATTEMPTS => {
                attempt += 1;
                thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}
