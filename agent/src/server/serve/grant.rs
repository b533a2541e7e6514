//! What clients want of the server, and its answers.

use super::Server;
use super::boxed::BLACK_BOX;
use crate::server::cancel::cancel;
use crate::server::client::Wish;
use crate::server::program::program;
use crate::signals;
use taskscope_model::frame::Told;
use taskscope_model::hello::{Hello, Refused};
use taskscope_model::request::{Denied, Done, Reason};
use taskscope_model::{At, Source};

/// A `Cancel` is answered in pieces of so many tasks.
const RESULTS_AT_ONCE: usize = 256;

impl Server {
    /// Does what a client wants, or says why not.
    pub(super) fn grant(&mut self, id: usize, wish: Wish, now: At) {
        match wish {
            Wish::Refused(what) => return self.refused(format!("refused {what}")),
            Wish::Hello if !self.make_room(id, now) => {
                self.refused += 1;
                if let Some(client) = self.clients.get_mut(&id) {
                    client.refuse(Refused::Busy, "as many clients are attached already as are served at once");
                }
                return;
            }
            _ => {}
        }
        let hello = matches!(wish, Wish::Hello).then(|| self.hello());
        let Some(client) = self.clients.get_mut(&id) else { return };
        match wish {
            Wish::Hello => {
                if let Some(mut hello) = hello {
                    hello.rights = client.rights;
                    client.welcome(hello);
                }
            }
            Wish::Subscribed => {}
            Wish::Switch(number, mode) => {
                self.core.mode.set(mode);
                let done = Done { number, message: format!("the agent is in mode {mode}") };
                client.tell(&Told::Answer(done.into()));
            }
            Wish::Stacks(number) => self.asked.add(id, number, self.core, now),
            Wish::SetLimit(number, limit) => {
                self.core.limits.set_all(limit);
                self.core.store.bell.wake();
                let message = match self.core.limits.all() {
                    Some(limit) => format!("a poll is slow from {limit} on"),
                    None => "no poll is slow, but where a limit of its own is set".to_owned(),
                };
                client.tell(&Told::Answer(Done { number, message }.into()));
            }
            Wish::Execute(asked) => {
                if let Some(answer) = self.calls.execute(self.core, id, asked, now) {
                    client.tell(&Told::Answer(answer));
                }
            }
            Wish::Evaluate(asked) => {
                if let Some(answer) = self.calls.evaluate(self.core, id, asked, now) {
                    client.tell(&Told::Answer(answer));
                }
            }
            Wish::Raise(number, signal) => client.tell(&Told::Answer(match signals::exists(signal) {
                true => {
                    self.raise = Some(signal);
                    Done { number, message: String::new() }.into()
                }
                false => {
                    let message = format!("there is no signal {signal} on the program's system");
                    Denied { number, reason: Reason::IMPOSSIBLE, message }.into()
                }
            })),
            Wish::Cancel(request, tasks) => {
                for piece in tasks.chunks(RESULTS_AT_ONCE) {
                    client.cancelled(request, cancel(self.core, piece));
                }
            }
            Wish::Trace(request, task) => {
                if let Err(denied) = self.traces.ask(self.core, (id, request, task), now) {
                    client.tell(&Told::Answer(denied.into()));
                }
            }
            Wish::Refused(_) => {}
        }
    }

    /// Answers who asked where tasks wait.
    pub(super) fn answer_traces(&mut self, now: At) {
        let outcomes = self.traces.look(self.core, now);
        if !outcomes.is_empty() {
            self.news.refresh_places(self.core);
        }
        for outcome in outcomes {
            if let Some(client) = self.clients.get_mut(&outcome.client) {
                client.traced(&self.news, outcome.facts, outcome.answer);
            }
        }
    }

    /// Answers those who asked for the stacks of all threads, if these are there.
    pub(super) fn answer_stacks(&mut self, now: At) {
        for (client, number) in self.asked.take_answered(self.core, now) {
            if client == BLACK_BOX
                && let Some(black_box) = &mut self.black_box
            {
                black_box.stacks_taken(&self.news);
            }
            if let Some(client) = self.clients.get_mut(&client) {
                client.stacks_taken(number, &self.news);
            }
        }
    }

    /// Answers who asked for the program's own commands and values.
    pub(super) fn answer_calls(&mut self, now: At) {
        for (client, answer) in self.calls.look(self.core, now) {
            if let Some(client) = self.clients.get_mut(&client) {
                client.tell(&Told::Answer(answer));
            }
        }
    }

    /// Sends the program the signal that somebody wanted; that it will be sent has been answered.
    pub(super) fn raise(&mut self) {
        if let Some(signal) = self.raise.take() {
            signals::raise(signal);
        }
    }

    pub(super) fn hello(&mut self) -> Hello {
        self.news.refresh(self.core, self.visitors());
        Hello {
            pid: std::process::id(),
            program: program(),
            source: Source::AGENT,
            agent: concat!("taskscope-agent ", env!("CARGO_PKG_VERSION")).to_owned(),
            mode: self.core.mode.get().name().to_owned(),
            started_at: self.core.store.clock.at(self.core.started_at),
            clock: self.core.store.clock.pair(),
            rights: Default::default(),
            runtimes: self.news.runtimes.iter().map(|(runtime, _)| runtime.clone()).collect(),
            coverage: self.news.coverage.clone(),
            live_tasks: self.news.live,
            #[cfg(feature = "console")]
            console: crate::console::socket(),
            #[cfg(not(feature = "console"))]
            console: None,
        }
    }
}
