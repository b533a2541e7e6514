//! The loop: takes inputs one by one, keeps the World, and draws when something has changed.

use super::action::{Action, Effect};
use super::calls;
use super::draw::draw;
use super::events::{self, Entry};
use super::input::{Input, News};
use super::keys;
use super::outside::Outside;
use super::ui::Ui;
use super::update::update;
use crate::rows::findings::FindingRow;
use crate::session::Session;
use crate::signals;
use crate::source::{Heard, name_of};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::backend::Backend;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use taskscope_model::request::{
    Answer, Cancel, Evaluate, Execute, Raise, Request, SetLimit, Stacks, Switch, Trace,
};
use taskscope_model::{At, Nanos, World};

/// Least time between two frames: about 30 a second.
const FRAME: Nanos = Nanos(33_000_000);
/// What happens while the screen is frozen waits; of more, the oldest goes.
const MOST_HAPPENED: usize = 10_000;
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
    pace: Pace,
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
            pace,
        }
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
                if let Err(error) = self.frame(outside, now) {
                    return if (outside.is_there)() { Err(error) } else { Ok(End::Gone) };
                }
                now = (outside.now)();
                self.pace.frame = later(now, FRAME);
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
        match (self.stale, self.heard && self.frozen.is_none()) {
            (true, _) => Some(self.pace.frame),
            (false, true) => Some(self.pace.frame.max(self.pace.table)),
            (false, false) => None,
        }
    }

    fn frame<B>(&mut self, outside: &mut Outside<B>, now: At) -> anyhow::Result<()>
    where
        B: Backend<Error: Send + Sync + 'static>,
    {
        self.stale = false;
        if self.heard && self.frozen.is_none() && now >= self.pace.table {
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

    fn refresh(&mut self) {
        self.heard = false;
        let complete = self.session.as_ref().is_some_and(Session::is_complete);
        if complete {
            self.before = None;
        }
        let findings = self.shown().map(findings).unwrap_or_default();
        let mut events = std::mem::take(&mut self.happened);
        // A program tells task by task, not in the order of time.
        events.sort_by_key(|entry| entry.at);
        self.update(Action::Refresh { complete, findings, events });
    }

    /// Everything that comes is handled here.
    fn take<B: Backend>(&mut self, input: Input, outside: &mut Outside<B>) -> Option<End> {
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

    fn news(&mut self, news: News) -> Option<Action> {
        self.heard = true;
        match news {
            News::Attached(hello) => {
                // If it was lost again before it had told everything, what is shown is older still.
                self.before = self.before.take().or(self.session.take());
                self.session = Some(Session::new(&hello));
                (self.news_since, self.happened) = (None, Vec::new());
                Some(Action::Attached(hello))
            }
            News::NotAttached(why) => Some(Action::NotAttached(why)),
            News::Heard(heard) => {
                self.note(&heard);
                let answer = self.session.as_mut()?.take(heard);
                self.note_findings();
                match answer? {
                    Answer::Denied(denied) => Some(Action::Denied(denied)),
                    Answer::Cancelled(cancelled) => Some(Action::Cancelled(cancelled.results)),
                    Answer::Done(done) => Some(Action::Done(done.message)),
                    Answer::Waiting(waiting) => Some(Action::Told(waiting.message)),
                    Answer::Called(called) => Some(Action::Told(calls::came_of(&called))),
                    Answer::Evaluated(evaluated) => Some(Action::Told(calls::are(&evaluated))),
                    Answer::Mapped(_) | Answer::MemoryRead(_) | Answer::MemorySearched(_) => None,
                }
            }
            News::Moment(session) => {
                (self.news_since, self.happened) = (Some(session.world().now()), Vec::new());
                (self.session, self.before) = (Some(*session), None);
                // Whoever goes about in it wants to see at once where that leads.
                self.pace.table = At::default();
                Some(Action::Moment)
            }
            News::Replayed(line) => {
                if line.is_at_end() {
                    self.session.as_mut().map(Session::settle);
                }
                Some(Action::Replayed(line))
            }
            News::Lost { error, played } => {
                self.session.as_mut().map(Session::settle);
                Some(Action::Lost { why: self.why_lost(error), played })
            }
            News::StillLost(why) => Some(Action::StillLost(why)),
        }
    }

    /// What is about to be folded may be news.
    fn note(&mut self, heard: &Heard) {
        let (Some(session), Heard::Changes(changes)) = (&self.session, heard) else { return };
        let world = session.world();
        if self.news_since.is_none() && world.complete(session.hello().source).is_some() {
            self.news_since = Some(world.now());
        }
        if let Some(since) = self.news_since {
            self.happened.extend(events::of_changes(changes, world, since));
        }
        let too_many = self.happened.len().saturating_sub(MOST_HAPPENED);
        self.happened.drain(..too_many);
    }

    fn note_findings(&mut self) {
        let Some(session) = &mut self.session else { return };
        let events = session.take_events();
        let now = session.world().now();
        self.happened.extend(events.into_iter().filter_map(|event| events::of_finding(event, now)));
    }

    fn why_lost(&self, error: Option<String>) -> String {
        let who = self.session.as_ref().map_or_else(String::new, |session| name_of(session.hello()));
        let goodbye = self.session.as_ref().and_then(|session| session.world().goodbye());
        match (goodbye, error) {
            (Some(goodbye), _) if goodbye.reason.is_empty() => format!("{who} has ended"),
            (Some(goodbye), _) => format!("{who} has ended: {}", goodbye.reason),
            (None, None) => format!("{who} is gone without goodbye"),
            (None, Some(error)) => format!("{who} is lost: {error}"),
        }
    }

    /// The session that is drawn.
    fn shown(&self) -> Option<&Session> {
        self.before.as_ref().or(self.session.as_ref())
    }

    fn update(&mut self, action: Action) -> Effect {
        update(&mut self.ui, shown(&self.frozen, &self.before, &self.session, &self.nothing), action)
    }

    fn carry_out<B: Backend>(&mut self, effect: Effect, outside: &mut Outside<B>) -> Option<End> {
        match effect {
            Effect::None => {}
            Effect::Quit => return Some(End::Quit),
            Effect::Ask(subscribe) => {
                if let Some(session) = &mut self.session {
                    outside.programs.ask(&session.subscribe(subscribe));
                }
            }
            Effect::Cancel(tasks) => self.ask(outside, |number| Cancel { number, tasks }),
            Effect::Trace(task) => self.ask(outside, |number| Trace { number, task }),
            Effect::Stacks => self.ask(outside, |number| Stacks { number }),
            Effect::Switch(mode) => self.ask(outside, |number| Switch { number, mode }),
            Effect::SetLimit(slow_poll) => self.ask(outside, |number| SetLimit { number, slow_poll }),
            Effect::Call { name, arguments } => {
                let within = Nanos(0);
                self.update(Action::Told(format!("{name} runs")));
                self.ask(outside, |number| Execute { number, name, arguments, within });
            }
            Effect::Evaluate(names) => {
                let within = Nanos(0);
                self.ask(outside, |number| Evaluate { number, names, within });
            }
            Effect::Raise(signal) => {
                self.update(Action::Told(format!("{} is sent", signals::name(signal))));
                self.ask(outside, |number| Raise { number, signal });
            }
            Effect::Replay(order) => outside.programs.replay(order),
            Effect::Record(path) => outside.programs.record(path.as_deref()),
            Effect::Freeze(true) => self.frozen = Some(self.world().clone()),
            Effect::Freeze(false) => (self.frozen, self.heard) = (None, true),
            Effect::Copy(text) => {
                let done = outside.desk.copy(&text);
                self.tell(done.map(|()| None));
            }
            Effect::Edit { file, line } => {
                let done = outside.desk.edit(&file, line);
                self.tell(done.map(Some));
                forget_screen(outside);
            }
            Effect::Save { path, text } => {
                let done = outside.desk.save(&path, &text);
                self.tell(done.map(Some));
            }
            Effect::Suspend => {
                let done = outside.desk.suspend();
                self.tell(done.map(|()| None));
                forget_screen(outside);
            }
            Effect::Attach(address) => {
                outside.programs.list(false);
                (self.session, self.before, self.frozen, self.heard) = (None, None, None, true);
                (self.happened, self.news_since) = (Vec::new(), None);
                self.pace.table = At::default();
                self.update(Action::Attach(address.clone()));
                self.link = outside.programs.attach(address);
            }
            Effect::List(on) => outside.programs.list(on),
        }
        None
    }
}

impl App {
    fn world(&self) -> &World {
        shown(&self.frozen, &self.before, &self.session, &self.nothing)
    }

    /// Asks the program, if there is one.
    fn ask<B: Backend, R: Into<Request>>(
        &mut self,
        outside: &mut Outside<B>,
        request: impl FnOnce(u32) -> R,
    ) {
        if let Some(session) = &mut self.session {
            let request = request(session.number()).into();
            outside.programs.ask(&request);
        }
    }

    /// Says what became of something that was done here; `None`: it has been said already.
    fn tell(&mut self, done: Result<Option<String>, String>) {
        if let Some(text) = done.unwrap_or_else(Some) {
            self.update(Action::Told(text));
        }
    }
}

/// Another program was on the screen, and it was emptied: the next frame is drawn in full. Clearing it by ratatui
/// would ask the terminal for its cursor, and wait for an answer that is ours to read.
fn forget_screen<B: Backend>(outside: &mut Outside<B>) {
    outside.terminal.swap_buffers();
}

fn findings(session: &Session) -> Vec<FindingRow> {
    session.findings().map(|finding| FindingRow::of(finding, session.world())).collect()
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
