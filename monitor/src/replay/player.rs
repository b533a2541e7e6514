//! Gives out a recording's Changes when they are due, and goes to any moment of it. Reads no clock: it is told
//! the time.

use super::reading::{Reading, tick};
use super::scan::{Index, Mark, Scan, locked};
use super::{Order, Played, Speed, TimeLine, Way};
use crate::session::Session;
use crate::source::recording;
use crate::source::{AttachError, Heard};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use taskscope_model::At;
use taskscope_model::hello::Hello;

/// Changes that are given out in one turn: an order is never further away than these.
const AT_ONCE: usize = 10_000;
/// Changes that are folded together.
const TOGETHER: usize = 1_000;

/// A recording that is being replayed.
#[derive(Debug)]
pub(super) struct Player {
    hello: Hello,
    reading: Reading,
    index: Arc<Mutex<Index>>,
    /// The moment that has been reached; `None` before the first.
    at: Option<At>,
    /// While it plays: a moment of the recording, and when that was shown.
    since: Option<(At, At)>,
    speed: Speed,
    /// A finding is sought that the scan may still come upon.
    seeking: bool,
    marks: Arc<Vec<Mark>>,
    notice: Option<String>,
    told: Option<TimeLine>,
    out: Vec<Played>,
}

impl Player {
    /// Opens a file; the scan fills the index.
    pub(super) fn open(path: &Path, index: Arc<Mutex<Index>>) -> Result<(Self, Scan), AttachError> {
        let (hello, playback) = recording::open(path)?;
        let (_, to_scan) = recording::open(path)?;
        let scan = Scan::new(&hello, to_scan);
        let reading = Reading::new(playback);
        let player = Self {
            hello,
            reading,
            index,
            at: None,
            since: None,
            speed: Speed::default(),
            seeking: false,
            marks: Arc::default(),
            notice: None,
            told: None,
            out: Vec::new(),
        };
        Ok((player, scan))
    }

    /// What the program said first.
    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Carries out an order.
    pub(super) fn obey(&mut self, order: Order, now: At) -> Result<(), AttachError> {
        let Some(at) = self.at else { return Ok(()) };
        (self.notice, self.seeking) = (None, false);
        match order {
            Order::Toggle if self.since.is_some() => self.since = None,
            Order::Play(true) | Order::Toggle => self.play(now)?,
            Order::Play(false) => self.since = None,
            Order::Faster => self.set_speed(self.speed.faster(), now),
            Order::Slower => self.set_speed(self.speed.slower(), now),
            Order::Speed(speed) => self.set_speed(speed, now),
            Order::Step(Way::On) => self.step()?,
            Order::Step(Way::Back) => {
                self.since = None;
                // The moments are where the Ticks are, and not every nanosecond.
                let shown = self.moment(At(at.0.saturating_sub(1)), now)?;
                self.at = Some(shown);
            }
            Order::Skip(Way::On, span) => self.seek(At(at.0.saturating_add(span.0)), now)?,
            Order::Skip(Way::Back, span) => self.seek(At(at.0.saturating_sub(span.0)), now)?,
            Order::Seek(span) => {
                let start = locked(&self.index).start.unwrap_or_default();
                self.seek(At(start.0.saturating_add(span.0)), now)?;
            }
            Order::Finding(way) => self.find(way, now)?,
            Order::Bound(Way::On) => self.seek(At(u64::MAX), now)?,
            Order::Bound(Way::Back) => self.seek(At(0), now)?,
        }
        Ok(())
    }

    /// From where it is; from the start, if it is at the end.
    fn play(&mut self, now: At) -> Result<(), AttachError> {
        let is_scanned = locked(&self.index).end.is_some();
        if self.reading.is_over() && is_scanned {
            self.seek(At(0), now)?;
        }
        self.since = self.at.map(|at| (at, now));
        Ok(())
    }

    fn set_speed(&mut self, speed: Speed, now: At) {
        self.since = self.due_until(now).map(|at| (at, now));
        self.speed = speed;
    }

    /// To the next finding or the last one; if there may be one that has not been scanned yet, later.
    fn find(&mut self, way: Way, now: At) -> Result<(), AttachError> {
        let at = self.at.unwrap_or_default();
        let (found, is_scanned) = {
            let index = locked(&self.index);
            let found = match way {
                Way::On => index.marks.iter().find(|mark| mark.at > at),
                Way::Back => index.marks.iter().rev().find(|mark| mark.at < at),
            };
            (found.map(|mark| mark.at), index.end.is_some())
        };
        self.seeking = found.is_none() && way == Way::On && !is_scanned;
        self.notice = match (found, way) {
            (Some(_), _) => None,
            (None, Way::On) if !is_scanned => Some("looking for the next finding".to_owned()),
            (None, Way::On) => Some("no further finding at warning or above".to_owned()),
            (None, Way::Back) => Some("no earlier finding at warning or above".to_owned()),
        };
        if let Some(mark) = found {
            self.since = None;
            self.seek(mark, now)?;
        }
        Ok(())
    }

    fn seek(&mut self, wanted: At, now: At) -> Result<(), AttachError> {
        self.moment(wanted, now).map(drop)
    }

    /// Goes to a moment, or as near to it as the scan has come. Gives the last Tick until then.
    fn moment(&mut self, wanted: At, now: At) -> Result<At, AttachError> {
        let (target, snapshot) = {
            let index = locked(&self.index);
            let start = index.start.unwrap_or_default();
            if wanted > index.known_to && index.end.is_none() {
                self.notice = Some(format!("{}% of the recording are read so far", index.scanned));
            }
            let target = wanted.max(start).min(index.known_to.max(start));
            (target, index.snapshots.before(target))
        };
        let mut session = Session::replayed(&self.hello);
        let place = snapshot.as_ref().map(|snapshot| snapshot.place);
        snapshot.map(|snapshot| session.take(Heard::Changes(snapshot.changes())));
        self.reading.go_to(place)?;
        while let Some(changes) = self.reading.due(target, TOGETHER)? {
            session.take(Heard::Changes(changes));
        }
        session.settle();
        session.take_events();
        self.at = Some(target);
        self.since = self.since.map(|_| (target, now));
        let shown = session.world().now();
        self.out.push(Played::Moment(Box::new(session)));
        Ok(shown)
    }

    /// All that is told up to the next moment, that one's included.
    fn step(&mut self) -> Result<(), AttachError> {
        self.since = None;
        let Some(next) = self.reading.next_tick()? else { return Ok(()) };
        // Each of several sources may tell the time, and one of them may be behind.
        let next = self.at.map_or(next, |at| at.max(next));
        while let Some(changes) = self.reading.due(next, TOGETHER)? {
            self.out.push(Played::Changes(changes));
        }
        self.at = Some(next);
        Ok(())
    }

    /// Until when everything is due now, if it plays.
    fn due_until(&self, now: At) -> Option<At> {
        let (at, since) = self.since?;
        Some(At(at.0.saturating_add(self.speed.of(now.since(since)).0)))
    }

    /// What there is to show now.
    pub(super) fn turn(&mut self, now: At) -> Result<Vec<Played>, AttachError> {
        if self.at.is_none() {
            let start = locked(&self.index).start;
            if let Some(start) = start {
                self.seek(start, now)?;
                self.since = Some((start, now));
            }
        }
        if self.seeking {
            self.find(Way::On, now)?;
        }
        if let Some(until) = self.due_until(now) {
            self.play_until(until, now)?;
        }
        if let Some(line) = self.line().filter(|line| self.told.as_ref() != Some(line)) {
            self.told = Some(line.clone());
            self.out.push(Played::Line(line));
        }
        Ok(std::mem::take(&mut self.out))
    }

    fn play_until(&mut self, until: At, now: At) -> Result<(), AttachError> {
        let mut given = 0;
        while let Some(changes) = self.reading.due(until, TOGETHER)? {
            given += changes.len();
            self.at = self.at.max(changes.iter().filter_map(tick).max());
            self.out.push(Played::Changes(changes));
            if given >= AT_ONCE {
                // It cannot be played so fast: the rest is late, not lost.
                self.since = self.at.map(|at| (at, now));
                return Ok(());
            }
        }
        let known_to = locked(&self.index).known_to;
        self.at = self.at.max(Some(until.min(known_to)));
        if self.reading.is_over() {
            self.since = None;
        }
        Ok(())
    }

    /// How long nothing happens by itself; `None`: for ever.
    pub(super) fn wait(&self, now: At) -> Option<Duration> {
        let (at, since) = self.since?;
        let ahead = self.reading.held()?.since(at);
        let due = At(since.0.saturating_add(self.speed.time_for(ahead).0));
        Some(Duration::from_nanos(due.since(now).0))
    }

    fn line(&mut self) -> Option<TimeLine> {
        let at = self.at?;
        let index = locked(&self.index);
        if self.marks.len() != index.marks.len() {
            self.marks = Arc::new(index.marks.clone());
        }
        Some(TimeLine {
            at,
            start: index.start.unwrap_or_default(),
            known_to: index.known_to,
            end: index.end.clone(),
            scanned: index.scanned,
            playing: self.since.is_some(),
            speed: self.speed,
            marks: Arc::clone(&self.marks),
            clock: self.hello.clock,
            notice: self.notice.clone(),
        })
    }
}
