//! What is to be done outside: asked of the program, or done beside it.

use super::{App, End, let_go};
use crate::signals;
use crate::tui::action::{Action, Effect};
use crate::tui::outside::Outside;
use ratatui::backend::Backend;
use taskscope_model::request::{Cancel, Evaluate, Execute, Raise, Request, SetLimit, Stacks, Switch, Trace};
use taskscope_model::{At, Nanos};

impl App {
    pub(super) fn carry_out<B: Backend>(&mut self, effect: Effect, outside: &mut Outside<B>) -> Option<End> {
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
            Effect::Freeze(false) => {
                let_go(self.frozen.take());
                self.heard = true;
            }
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
                let_go(self.session.take());
                let_go(self.before.take());
                let_go(self.frozen.take());
                self.heard = true;
                (self.happened, self.news_since) = (Vec::new(), None);
                self.pace.table = At::default();
                self.update(Action::Attach(address.clone()));
                self.link = outside.programs.attach(address);
            }
            Effect::List(on) => outside.programs.list(on),
        }
        None
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
