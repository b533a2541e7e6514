//! The loop: takes inputs one by one, keeps the World, and draws when something has changed.

mod effects;
mod news;

use super::action::{Action, Effect};
use super::draw::draw;
use super::events::Entry;
use super::input::Input;
use super::keys;
use super::outside::Outside;
use super::ui::Ui;
use super::update::update;
use crate::rows::findings::FindingRow;
use crate::session::Session;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::backend::Backend;
use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;
use taskscope_model::{At, Nanos, World};

/// Least time between two frames: about 30 a second.
const FRAME: Nanos = Nanos(33_000_000);
/// So many frames are remembered by how long they took: two minutes of a busy program.
const MOST_FRAMES: usize = 4_096;
/// How often we look whether the terminal is still there.
const BEAT: Nanos = Nanos(500_000_000);

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The person left.
    Quit,
    /// A signal came.
    Signal(i32),
    /// The terminal is gone.
    Gone,
}

/// The state of the TUI and what it is attached to.
pub(super) struct App {
    ui: Ui,
    /// The attachment whose news count.
    link: u32,
    session: Option<Session>,
    /// What was before the present session: shown until that has been told everything.
    before: Option<Session>,
    nothing: World,
    /// What the person has frozen: shown instead.
    frozen: Option<World>,
    /// What has happened and is not in the log yet.
    happened: Vec<Entry>,
    /// From when on what happens is news; `None` until everything has been told once.
    news_since: Option<At>,
    /// Whether the Ui is not the one of the last frame.
    stale: bool,
    /// Whether the World is not the one of the last frame.
    heard: bool,
    /// Whether there is more to look at, though nothing else is heard: very many tasks are looked at in pieces.
    looking: bool,
    /// Whether something was heard since such a look began: what it has passed already may be another.
    missed: bool,
    pace: Pace,
    /// How long each of the last frames took.
    frames: VecDeque<Took>,
}

/// How long a frame took, from what was to be shown to its last byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    /// By the clock.
    pub(super) wall: Nanos,
    /// For how much of that our thread had a processor.
    pub(super) busy: Nanos,
}

/// When something is to be done at the earliest.
#[derive(Default)]
struct Pace {
    /// The next frame.
    frame: At,
    /// The next computation of the table: while that takes long, it is done less often.
    table: At,
    /// The next look at the terminal.
    beat: At,
}

impl App {
    /// Before anything has come. `link` is the attachment that was begun, if one was.
    pub(super) fn new(ui: Ui, link: Option<u32>) -> Self {
        let link = link.unwrap_or(0);
        let (nothing, pace) = (World::default(), Pace::default());
        Self {
            ui,
            link,
            session: None,
            before: None,
            nothing,
            frozen: None,
            happened: Vec::new(),
            news_since: None,
            stale: true,
            heard: true,
            looking: false,
            missed: false,
            pace,
            frames: VecDeque::new(),
        }
    }

    /// How long each of the last frames took.
    pub(super) fn frames(&self) -> impl Iterator<Item = Took> + '_ {
        self.frames.iter().copied()
    }

    /// Runs until the end.
    ///
    /// # Errors
    /// The terminal cannot be drawn to although it is there.
    pub(super) fn run<B>(&mut self, outside: &mut Outside<B>) -> anyhow::Result<End>
    where
        B: Backend<Error: Send + Sync + 'static>,
    {
        loop {
            let mut now = (outside.now)();
            if self.frame_due().is_some_and(|due| now >= due) {
                let before = (outside.busy)();
                if let Err(error) = self.frame(outside, now) {
                    return if (outside.is_there)() { Err(error) } else { Ok(End::Gone) };
                }
                let begun = std::mem::replace(&mut now, (outside.now)());
                self.pace.frame = later(now, FRAME);
                if self.frames.len() == MOST_FRAMES {
                    self.frames.pop_front();
                }
                let busy = (outside.busy)() - before;
                self.frames.push_back(Took { wall: now.since(begun), busy });
            }
            let due = self.frame_due().map_or(self.pace.beat, |due| due.min(self.pace.beat));
            let input = if now >= self.pace.beat {
                self.pace.beat = later(now, BEAT);
                Some(Input::Beat)
            } else {
                match outside.inputs.recv_timeout(Duration::from_nanos(due.since(now).0)) {
                    Ok(input) => Some(input),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(End::Quit),
                }
            };
            if let Some(end) = input.and_then(|input| self.take(input, outside)) {
                return Ok(end);
            }
        }
    }

    /// When the next frame is due; `None` while nothing has changed.
    fn frame_due(&self) -> Option<At> {
        match (self.stale, self.is_behind()) {
            (true, _) => Some(self.pace.frame),
            (false, true) => Some(self.pace.frame.max(self.pace.table)),
            (false, false) => None,
        }
    }

    /// Brings the screen up to date.
    pub(super) fn frame<B>(&mut self, outside: &mut Outside<B>, now: At) -> anyhow::Result<()>
    where
        B: Backend<Error: Send + Sync + 'static>,
    {
        self.stale = false;
        if self.is_behind() && now >= self.pace.table {
            self.refresh();
            let after = (outside.now)();
            // At most a quarter of the time goes into it.
            self.pace.table = later(after, Nanos(after.since(now).0.saturating_mul(3)));
        }
        let size = outside.terminal.size()?;
        if size != self.ui.size {
            self.update(Action::Resized(size));
        }
        self.update(Action::Fit);
        outside.terminal.draw(|frame| {
            draw(frame, &self.ui, shown(&self.frozen, &self.before, &self.session, &self.nothing));
        })?;
        Ok(())
    }

    /// Whether what is shown is not all that is to be shown.
    fn is_behind(&self) -> bool {
        (self.heard || self.looking) && self.frozen.is_none()
    }

    fn refresh(&mut self) {
        self.missed |= std::mem::take(&mut self.heard) && self.looking;
        let complete = self.session.as_ref().is_some_and(Session::is_complete);
        if complete {
            let_go(self.before.take());
        }
        let findings = self.shown().map(findings).unwrap_or_default();
        let mut events = std::mem::take(&mut self.happened);
        // A program tells task by task, not in the order of time.
        events.sort_by_key(|entry| entry.at);
        self.update(Action::Refresh { complete, findings, events });
        self.looking = self.ui.is_looking() || std::mem::take(&mut self.missed);
    }

    /// Everything that comes is handled here.
    pub(super) fn take<B: Backend>(&mut self, input: Input, outside: &mut Outside<B>) -> Option<End> {
        let action = match input {
            Input::Key(key) if is_to_panic(&key) => panic!("on purpose"),
            Input::Key(key) => keys::command(self.ui.place(), &key).map(Action::Do),
            Input::Paste(text) => Some(Action::Paste(text)),
            Input::Mouse(mouse) => Some(Action::Mouse(mouse)),
            Input::Resize(size) => Some(Action::Resized(size)),
            Input::News { from, news } if from == self.link => self.news(news),
            Input::News { .. } => None,
            Input::Processes(processes) => Some(Action::Processes(processes)),
            Input::Judged(health) => Some(Action::Judged(health)),
            Input::Recording(written) => Some(Action::Recording(Some(written))),
            Input::Recorded(how) => {
                self.update(Action::Recording(None));
                Some(Action::Told(how))
            }
            Input::Signal(signal) => return Some(End::Signal(signal)),
            Input::Beat if !(outside.is_there)() => return Some(End::Gone),
            // A change of size before we listened for it was not told.
            Input::Beat => {
                outside.terminal.size().ok().filter(|size| *size != self.ui.size).map(Action::Resized)
            }
        };
        let effect = self.update(action?);
        self.stale = true;
        self.carry_out(effect, outside)
    }

    /// The session that is drawn.
    fn shown(&self) -> Option<&Session> {
        self.before.as_ref().or(self.session.as_ref())
    }

    fn update(&mut self, action: Action) -> Effect {
        update(&mut self.ui, shown(&self.frozen, &self.before, &self.session, &self.nothing), action)
    }
}

impl App {
    fn world(&self) -> &World {
        shown(&self.frozen, &self.before, &self.session, &self.nothing)
    }
}

fn findings(session: &Session) -> Vec<FindingRow> {
    session.findings().map(|finding| FindingRow::of(finding, session.world())).collect()
}

/// Drops a session or a World elsewhere: to give back the memory of very many tasks takes longer than a frame.
fn let_go<T: Send + 'static>(old: Option<T>) {
    if let Some(old) = old {
        // Without a thread it is dropped here.
        let _ = thread::Builder::new().name("taskscope-drop".to_owned()).spawn(move || drop(old));
    }
}

fn later(at: At, span: Nanos) -> At {
    At(at.0.saturating_add(span.0))
}

/// The World that is drawn.
fn shown<'a>(
    frozen: &'a Option<World>,
    before: &'a Option<Session>,
    session: &'a Option<Session>,
    nothing: &'a World,
) -> &'a World {
    let session = before.as_ref().or(session.as_ref());
    frozen.as_ref().unwrap_or_else(|| session.map_or(nothing, Session::world))
}

/// For the test of what a panic leaves behind: in development builds, where the environment asks for it.
fn is_to_panic(key: &KeyEvent) -> bool {
    let asked = || std::env::var_os("TASKSCOPE_PANIC_ON_F12").is_some();
    cfg!(debug_assertions) && key.code == KeyCode::F(12) && asked()
}
