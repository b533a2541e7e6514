//! The loop: takes inputs one by one, keeps the World, and draws when something has changed.

use super::action::{Action, Effect};
use super::draw::draw;
use super::input::{Input, News};
use super::keys;
use super::outside::Outside;
use super::ui::Ui;
use super::update::update;
use crate::session::Session;
use ratatui::backend::Backend;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use taskscope_model::request::Answer;
use taskscope_model::{At, Nanos, World};

/// Least time between two frames: about 30 a second.
const FRAME: Nanos = Nanos(33_000_000);
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
    /// Whether what is drawn is not what is.
    stale: bool,
    /// Whether the World is not the one of the last frame.
    heard: bool,
}

impl App {
    /// Before anything has come. `link` is the attachment that was begun, if one was.
    pub(super) fn new(ui: Ui, link: Option<u32>) -> Self {
        let link = link.unwrap_or(0);
        Self { ui, link, session: None, before: None, nothing: World::default(), stale: true, heard: true }
    }

    /// Runs until the end.
    ///
    /// # Errors
    /// The terminal cannot be drawn to although it is there.
    pub(super) fn run<B>(&mut self, outside: &mut Outside<B>) -> anyhow::Result<End>
    where
        B: Backend<Error: Send + Sync + 'static>,
    {
        let mut now = (outside.now)();
        let (mut frame_due, mut beat_due) = (now, now);
        loop {
            if self.stale && now >= frame_due {
                if let Err(error) = self.frame(outside) {
                    return if (outside.is_there)() { Err(error) } else { Ok(End::Gone) };
                }
                now = (outside.now)();
                frame_due = At(now.0 + FRAME.0);
            }
            let due = if self.stale { frame_due.min(beat_due) } else { beat_due };
            let input = match now >= beat_due {
                true => Input::Beat,
                false => match outside.inputs.recv_timeout(Duration::from_nanos(due.since(now).0)) {
                    Ok(input) => input,
                    Err(RecvTimeoutError::Timeout) => Input::Beat,
                    Err(RecvTimeoutError::Disconnected) => return Ok(End::Quit),
                },
            };
            now = (outside.now)();
            if matches!(input, Input::Beat) && now >= beat_due {
                beat_due = At(now.0 + BEAT.0);
            }
            if let Some(end) = self.take(input, outside) {
                return Ok(end);
            }
        }
    }

    fn frame<B>(&mut self, outside: &mut Outside<B>) -> anyhow::Result<()>
    where
        B: Backend<Error: Send + Sync + 'static>,
    {
        self.stale = false;
        if std::mem::take(&mut self.heard) {
            let complete = self.session.as_ref().is_some_and(Session::is_complete);
            if complete {
                self.before = None;
            }
            self.update(Action::Refresh { complete });
        }
        self.update(Action::Fit);
        outside
            .terminal
            .draw(|frame| draw(frame, &self.ui, shown(&self.before, &self.session, &self.nothing)))?;
        Ok(())
    }

    /// Everything that comes is handled here.
    fn take<B: Backend>(&mut self, input: Input, outside: &mut Outside<B>) -> Option<End> {
        let action = match input {
            Input::Key(key) => keys::command(self.ui.place(), &key).map(Action::Do),
            Input::Paste(text) => Some(Action::Paste(text)),
            Input::Resize(size) => Some(Action::Resized(size)),
            Input::News { from, news } if from == self.link => self.news(news),
            Input::News { .. } => None,
            Input::Processes(processes) => Some(Action::Processes(processes)),
            Input::Signal(signal) => return Some(End::Signal(signal)),
            Input::Beat if !(outside.is_there)() => return Some(End::Gone),
            Input::Beat => None,
        };
        let effect = self.update(action?);
        self.stale = true;
        self.carry_out(effect, outside)
    }

    fn news(&mut self, news: News) -> Option<Action> {
        (self.stale, self.heard) = (true, true);
        match news {
            News::Attached(hello) => {
                // If it was lost again before it had told everything, what is shown is older still.
                self.before = self.before.take().or(self.session.take());
                self.session = Some(Session::new(&hello));
                Some(Action::Attached(hello))
            }
            News::NotAttached(why) => Some(Action::NotAttached(why)),
            News::Heard(heard) => match self.session.as_mut()?.take(heard)? {
                Answer::Denied(denied) => Some(Action::Denied(denied)),
                Answer::Cancelled(_) => None,
            },
            News::Lost { error, played } => Some(Action::Lost { why: self.why_lost(error), played }),
            News::StillLost(why) => Some(Action::StillLost(why)),
        }
    }

    fn why_lost(&self, error: Option<String>) -> String {
        let who = self.session.as_ref().map_or_else(String::new, |session| {
            format!("{} (pid {})", session.hello().program, session.hello().pid)
        });
        let goodbye = self.session.as_ref().and_then(|session| session.world().goodbye());
        match (goodbye, error) {
            (Some(goodbye), _) if goodbye.reason.is_empty() => format!("{who} has ended"),
            (Some(goodbye), _) => format!("{who} has ended: {}", goodbye.reason),
            (None, None) => format!("{who} is gone without goodbye"),
            (None, Some(error)) => format!("{who} is lost: {error}"),
        }
    }

    fn update(&mut self, action: Action) -> Effect {
        update(&mut self.ui, shown(&self.before, &self.session, &self.nothing), action)
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
            Effect::Attach(address) => {
                outside.programs.list(false);
                (self.session, self.before, self.heard) = (None, None, true);
                self.update(Action::Attach(address.clone()));
                self.link = outside.programs.attach(address);
            }
            Effect::List(on) => outside.programs.list(on),
        }
        None
    }
}

/// The World that is drawn.
fn shown<'a>(before: &'a Option<Session>, session: &'a Option<Session>, nothing: &'a World) -> &'a World {
    before.as_ref().or(session.as_ref()).map_or(nothing, Session::world)
}
