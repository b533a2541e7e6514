//! Somebody who is told things: a client's connection, or the agent's own reporter. Holds what was asked and
//! what has been told, and gives out what is new, as much of it as there is room for.

use super::collector::Batch;
use super::news::News;
use super::told::ToldSoFar;
use super::view::View;
use crate::records::Record;
use crate::stacks::Stacks;
use crate::store::Store;
use crate::tell::Teller;
use taskscope_model::request::{Denied, Subscribe};
use taskscope_model::{At, Change, Fact, Source};

/// A fact of the agent's, as it is sent.
pub(super) fn change(fact: Fact) -> Change {
    Change { source: Source::AGENT, fact }
}

/// Who has not asked yet is told nothing.
#[derive(Default)]
pub(super) struct Subscriber {
    view: Option<View>,
    told: ToldSoFar,
}

/// Where what is told goes.
pub(super) trait Sink {
    /// Takes a fact.
    fn tell(&mut self, fact: Fact);
    /// Whether there is room for more than what goes together.
    fn has_room(&self) -> bool;
}

impl Subscriber {
    /// Asks for something from now on, instead of what was asked for before.
    pub(super) fn ask(&mut self, asked: Subscribe) -> Result<(), Denied> {
        let mut view = View::new(asked)?;
        if let Some(before) = self.view.take() {
            view.succeed(before);
        }
        self.view = Some(view);
        Ok(())
    }

    /// Asks as if nothing had been told before.
    pub(super) fn begin_again(&mut self, asked: Subscribe) -> Result<(), Denied> {
        self.told = ToldSoFar::default();
        self.ask(asked)
    }

    /// Whether it has asked.
    pub(super) fn has_asked(&self) -> bool {
        self.view.is_some()
    }

    /// Whether all tasks have to be scanned for it.
    pub(super) fn wants_scan(&self, now: At) -> bool {
        self.view.as_ref().is_some_and(|view| view.wants_scan(now))
    }

    /// Whether it is told things as they change.
    pub(super) fn is_watching(&self) -> bool {
        self.view.as_ref().is_some_and(|view| !view.is_over())
    }

    /// Whether it wants the runtimes' figures.
    pub(super) fn wants_figures(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.asked.figures)
    }

    /// Whether it wants sums over places.
    pub(super) fn wants_totals(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.asked.totals)
    }

    /// What it asked for.
    pub(super) fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// Scans all tasks; see [`View::scan`].
    pub(super) fn scan(&mut self, store: &'static Store, teller: &Teller, running: impl FnMut(&'static Record)) {
        if let Some(view) = &mut self.view {
            view.scan(store, teller, running);
        }
    }

    /// Takes in what has changed since the last tick.
    pub(super) fn take_in(&mut self, batch: &Batch, teller: &Teller) {
        if let Some(view) = &mut self.view {
            view.take_in(batch, teller);
        }
    }

    /// The next page is to hold all sums, also those that were told a moment ago.
    pub(super) fn hurry(&mut self) {
        self.told.hurry();
    }

    /// Tells the places that are new: something that is told out of turn names them.
    pub(super) fn tell_places(&mut self, news: &News, sink: &mut impl Sink) {
        self.told.places(news, &mut |fact| sink.tell(fact));
    }

    /// Tells what is new of stacks, whatever was asked for.
    pub(super) fn tell_stacks(&mut self, stacks: &Stacks, now: At, sink: &mut impl Sink) {
        self.told.stacks(stacks, now, &mut |fact| sink.tell(fact));
    }

    /// Tells one page of what is new, until there is no more room; false if nothing is.
    pub(super) fn page(&mut self, news: &News, sink: &mut impl Sink) -> bool {
        let Some(view) = self.view.as_mut().filter(|view| !view.is_over()) else { return false };
        let ticked = view.is_scanned() && !self.told.is_up_to(news.teller.now);
        if !ticked && !view.has_news() {
            return false;
        }
        self.told.catch_up(news, view, &mut |fact| sink.tell(fact));
        view.fill(&news.teller, |fact| {
            sink.tell(fact);
            sink.has_room()
        });
        true
    }
}
