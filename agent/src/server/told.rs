//! What one client has been told besides tasks, so that each thing is told once, and again when it changes.

use super::awaits::AwaitsTold;
use super::news::News;
use super::view::View;
use crate::clock::Clock;
use crate::load::EVERY;
use crate::shard::{Outcomes, Sums};
use crate::stacks::Stacks;
use std::collections::HashMap;
use taskscope_model::change::{
    Counted, Coverage, Limits, Load, Offered, Outcomes as OutcomesFact, RuntimeEnded, Tick, Totals, Withdrawn,
};
use taskscope_model::codes::{Counter, Flavor};
use taskscope_model::{At, Fact, LocationId, Nanos, RuntimeId};

/// The state of one client's knowledge.
#[derive(Default)]
pub(super) struct ToldSoFar {
    now: At,
    locations: usize,
    chains: usize,
    runtimes: HashMap<RuntimeId, (Flavor, u32, bool)>,
    counts: HashMap<Counter, u64>,
    coverage: Vec<Coverage>,
    limits: Option<Limits>,
    offers: (u64, Vec<Offered>),
    sums: Vec<Sums>,
    outcomes: Vec<Outcomes>,
    courses: HashMap<u32, u64>,
    sums_at: At,
    figures_at: At,
    stacks: u64,
    awaits: AwaitsTold,
}

impl ToldSoFar {
    /// Whether the client has heard the news of this tick.
    pub(super) fn is_up_to(&self, now: At) -> bool {
        self.now >= now
    }

    /// What is told now and then only is due again.
    pub(super) fn hurry(&mut self) {
        (self.now, self.sums_at) = (At(0), At(0));
    }

    /// Tells what is new, the time first.
    pub(super) fn catch_up(&mut self, news: &News, view: &View, tell: &mut impl FnMut(Fact)) {
        let at = news.teller.now;
        self.now = at;
        tell(Tick { at }.into());
        self.places(news, tell);
        self.runtimes(news, tell);
        for (counter, count) in news.counts.iter().copied().chain(view.counts(news.live)) {
            if self.counts.insert(counter, count) != Some(count) {
                tell(Counted { counter, count }.into());
            }
        }
        if self.coverage != news.coverage {
            let changed = news.coverage.iter().filter(|coverage| !self.coverage.contains(coverage));
            changed.for_each(|coverage| tell(coverage.clone().into()));
            self.coverage.clone_from(&news.coverage);
        }
        if self.limits.as_ref() != Some(&news.limits) {
            self.limits = Some(news.limits.clone());
            tell(news.limits.clone().into());
        }
        self.offers(news, tell);
        self.stacks(news.stacks, at, tell);
        if view.asked.totals && (self.sums_at == At(0) || at.since(self.sums_at).0 >= 1_000_000_000) {
            self.sums_at = at;
            self.totals(news, news.teller.clock, tell);
            self.outcomes(news, tell);
            self.courses(news, news.teller.clock, tell);
        }
        self.awaits.catch_up(&news.awaits, view, tell);
        if view.asked.figures && self.figures_at < news.figures_at {
            self.figures_at = news.figures_at;
            news.figures.iter().for_each(|figures| tell(figures.clone().into()));
        }
    }

    /// Tells the places that are new.
    pub(super) fn places(&mut self, news: &News, tell: &mut impl FnMut(Fact)) {
        for (location, _) in &news.teller.locations[self.locations..] {
            tell(location.clone().into());
        }
        self.locations = news.teller.locations.len();
        for chain in &news.chains[self.chains..] {
            tell(chain.clone().into());
        }
        self.chains = news.chains.len();
    }

    /// Tells what is offered, and what is not any more.
    fn offers(&mut self, news: &News, tell: &mut impl FnMut(Fact)) {
        let (version, offers) = &news.offers;
        if self.offers.0 == *version {
            return;
        }
        let (_, before) = std::mem::replace(&mut self.offers, (*version, offers.clone()));
        let is = |a: &Offered, b: &Offered| (a.kind, &a.name) == (b.kind, &b.name);
        for gone in before.iter().filter(|before| !offers.iter().any(|offer| is(offer, before))) {
            tell(Withdrawn { kind: gone.kind, name: gone.name.clone() }.into());
        }
        offers.iter().filter(|offer| !before.contains(offer)).for_each(|offer| tell(offer.clone().into()));
    }

    /// Tells what is new of stacks.
    pub(super) fn stacks(&mut self, stacks: &Stacks, now: At, tell: &mut impl FnMut(Fact)) {
        if self.stacks < stacks.newest() {
            self.stacks = stacks.tell(self.stacks, now, tell);
        }
    }

    fn runtimes(&mut self, news: &News, tell: &mut impl FnMut(Fact)) {
        for (runtime, gone) in &news.runtimes {
            let state = (runtime.flavor, runtime.workers, *gone);
            match self.runtimes.insert(runtime.id, state) {
                Some(before) if before == state => {}
                _ if *gone => {
                    let ended = RuntimeEnded { id: runtime.id, at: news.teller.now };
                    tell(runtime.clone().into());
                    tell(ended.into());
                }
                _ => tell(runtime.clone().into()),
            }
        }
    }

    fn totals(&mut self, news: &News, clock: &Clock, tell: &mut impl FnMut(Fact)) {
        self.sums.resize(news.sums.len(), Sums::default());
        for ((sums, told), number) in news.sums.iter().zip(&mut self.sums).zip(0..) {
            if sums != told {
                *told = *sums;
                let totals = Totals {
                    location: LocationId(number),
                    spawned: sums.spawned,
                    ended: sums.ended,
                    polls: sums.polls,
                    busy: clock.span(sums.busy),
                    max_poll: clock.span(sums.max_poll),
                };
                tell(totals.into());
            }
        }
    }

    fn outcomes(&mut self, news: &News, tell: &mut impl FnMut(Fact)) {
        self.outcomes.resize(news.outcomes.len(), Outcomes::default());
        for ((outcomes, told), number) in news.outcomes.iter().zip(&mut self.outcomes).zip(0..) {
            if outcomes != told {
                *told = *outcomes;
                let fact = OutcomesFact {
                    location: LocationId(number),
                    completed: outcomes.completed,
                    failed: outcomes.failed,
                    cancelled: outcomes.cancelled,
                    panicked: outcomes.panicked,
                    shut_down: outcomes.shut_down,
                    errors_unseen: outcomes.errors_unseen,
                    panics_unseen: outcomes.panics_unseen,
                };
                tell(fact.into());
            }
        }
    }

    /// Those that are the same as before but for the time say nothing new.
    fn courses(&mut self, news: &News, clock: &Clock, tell: &mut impl FnMut(Fact)) {
        let (until, courses) = &news.courses;
        for (location, course) in courses {
            let digest = course.digest();
            if course.least.is_empty() || self.courses.insert(*location, digest) == Some(digest) {
                continue;
            }
            let fact = Load {
                location: LocationId(*location),
                every: Nanos(EVERY),
                until: clock.at(*until),
                least: course.least.iter().copied().collect(),
                most: course.most.iter().copied().collect(),
                spawned: course.spawned.iter().copied().collect(),
            };
            tell(fact.into());
        }
    }
}
