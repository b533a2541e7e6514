//! Replaying a recording: playing it in its own time or another, stepping, and going to any moment of it.
//!
//! Two threads read the file. One [scans](scan) it once from start to end, as fast as it can, and leaves
//! [snapshots] of what was believed on the way, and [marks](Mark) where something was found. The other
//! is the [player]: it gives out Changes when they are due, and folds again from the last snapshot before a
//! moment to go there. Findings are judged at the recording's time, as everywhere: time is a Change too.

mod player;
mod reading;
mod scan;
mod snapshots;
mod speed;
#[cfg(test)]
mod tests;

pub(crate) use scan::{End, Mark};
pub(crate) use speed::Speed;

use crate::clock;
use crate::session::Session;
use crate::source::AttachError;
use player::Player;
use scan::Index;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskscope_model::hello::{ClockPair, Hello};
use taskscope_model::{At, Change, Nanos};

/// What a person wants of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// To play, or to stand still.
    Play(bool),
    /// To play if it stands still, and the other way round.
    Toggle,
    /// The next speed of the list.
    Faster,
    /// The one before it.
    Slower,
    /// This speed.
    Speed(Speed),
    /// One moment on or back, standing still.
    Step(Way),
    /// So much on or back.
    Skip(Way, Nanos),
    /// So far behind the start.
    Seek(Nanos),
    /// To where something was found at warning or above.
    Finding(Way),
    /// To the start or the end.
    Bound(Way),
}

/// Which way in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To what came later.
    On,
    /// To what came before.
    Back,
}

/// Something of the recording.
#[derive(Debug)]
pub(crate) enum Played {
    /// What is told next.
    Changes(Vec<Change>),
    /// Another moment, and what was believed then.
    Moment(Box<Session>),
    /// How far it is.
    Line(TimeLine),
}

/// How far a replay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeLine {
    /// The moment that is shown.
    pub(crate) at: At,
    /// The first moment of which everything is known.
    pub(crate) start: At,
    /// The last moment that has been scanned by now.
    pub(crate) known_to: At,
    /// How the recording ends; `None` while it is being scanned.
    pub(crate) end: Option<End>,
    /// How much of it has been scanned, percent.
    pub(crate) scanned: u8,
    /// Whether it plays.
    pub(crate) playing: bool,
    /// How fast.
    pub(crate) speed: Speed,
    /// Where something was found, in order of time.
    pub(crate) marks: Arc<Vec<Mark>>,
    /// The program's clocks.
    pub(crate) clock: ClockPair,
    /// Why an order was not carried out as it was given, or not yet.
    pub(crate) notice: Option<String>,
}

impl TimeLine {
    /// How far behind the start.
    pub(crate) fn elapsed(&self) -> Nanos {
        self.at.since(self.start)
    }

    /// How long the recording is, as far as it has been scanned.
    pub(crate) fn length(&self) -> Nanos {
        self.known_to.since(self.start)
    }

    /// Nanoseconds since 1970-01-01 UTC at the moment that is shown.
    pub(crate) fn wall(&self) -> u64 {
        let ClockPair { monotonic_ns, wall_ns } = self.clock;
        wall_ns.saturating_add(self.at.0).saturating_sub(monotonic_ns)
    }

    /// Whether there is nothing after the moment that is shown.
    pub(crate) fn is_at_end(&self) -> bool {
        self.end.is_some() && self.at >= self.known_to
    }
}

/// Nobody listens any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unwanted;

/// The longest time in which nobody looks for what the scan has found.
const LOOK: Duration = Duration::from_millis(100);

/// Replays a recording, playing from the start, until nobody listens any more.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn run(
    path: &Path,
    orders: &Receiver<Order>,
    mut attached: impl FnMut(&Hello) -> Result<(), Unwanted>,
    mut tell: impl FnMut(Played) -> Result<(), Unwanted>,
) -> Result<(), AttachError> {
    let index = Arc::new(Mutex::new(Index::default()));
    let (mut player, scan) = Player::open(path, Arc::clone(&index))?;
    let unwanted = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Without the thread there would be nothing to show; it cannot be had where nothing else can be either.
        let scanning = std::thread::Builder::new().name("taskscope-scan".to_owned());
        let scanning = scanning.spawn_scoped(scope, || scan.run(&index, &unwanted));
        let result = scanning.map_err(|error| AttachError::Io(path.display().to_string(), error));
        let result = result.and_then(|_| match attached(player.hello()) {
            Ok(()) => play(&mut player, orders, &mut tell),
            Err(Unwanted) => Ok(()),
        });
        unwanted.store(true, Ordering::Release);
        result
    })
}

fn play(
    player: &mut Player,
    orders: &Receiver<Order>,
    tell: &mut impl FnMut(Played) -> Result<(), Unwanted>,
) -> Result<(), AttachError> {
    loop {
        for played in player.turn(clock::monotonic())? {
            if tell(played).is_err() {
                return Ok(());
            }
        }
        let wait = player.wait(clock::monotonic()).map_or(LOOK, |wait| wait.min(LOOK));
        match orders.recv_timeout(wait) {
            Ok(order) => player.obey(order, clock::monotonic())?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}
