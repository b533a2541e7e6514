//! What comes from the program that is attached to.

use super::{App, let_go};
use crate::session::Session;
use crate::source::{Heard, name_of};
use crate::tui::action::Action;
use crate::tui::calls;
use crate::tui::events;
use crate::tui::input::News;
use taskscope_model::At;
use taskscope_model::request::Answer;

/// What happens while the screen is frozen waits; of more, the oldest goes.
const MOST_HAPPENED: usize = 10_000;

impl App {
    pub(super) fn news(&mut self, news: News) -> Option<Action> {
        self.heard = true;
        match news {
            News::Attached(hello) => {
                // If it was lost again before it had told everything, what is shown is older still.
                let session = self.session.replace(Session::new(&hello));
                match self.before {
                    Some(_) => let_go(session),
                    None => self.before = session,
                }
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
                let_go(self.session.replace(*session));
                let_go(self.before.take());
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
}
