//! The agent's own reader, in the modes `log` and `debug`: folds what any client would be told into a World,
//! and says what is wrong with it.

mod summary;
mod voice;

use super::news::News;
use super::subscriber::{Sink, Subscriber, change};
use crate::mode::Mode;
use taskscope_model::detect::Event;
use taskscope_model::keep::Keep;
use taskscope_model::request::Subscribe;
use taskscope_model::world::Names;
use taskscope_model::{Diagnosis, Fact, Finding, Severity, World};

/// Most living tasks that the reporter's World holds; of more, those with the lowest ids.
const MOST_TASKS: u32 = 10_000;
/// Most facts folded in one go; then the server looks after its clients.
const FACTS_AT_ONCE: usize = 4_096;
/// Findings written each second at most; the rest is counted.
const FINDINGS_A_SECOND: u64 = 10;

/// The reader.
pub(super) struct Reporter {
    mode: Mode,
    pub(super) subscriber: Subscriber,
    folded: Folded,
    /// Whether it has said what is seen here, and summed up.
    introduced: bool,
    ended: bool,
    /// The second of the last finding, how many were written in it, and how many were not since.
    second: u64,
    written: u64,
    kept_quiet: u64,
}

#[derive(Default)]
struct Folded {
    world: World,
    diagnosis: Diagnosis,
    /// Facts folded in one go.
    facts: usize,
}

impl Sink for Folded {
    fn tell(&mut self, fact: Fact) {
        let change = change(fact);
        self.world.apply(&change);
        self.diagnosis.see(&self.world, &change);
        self.facts += 1;
    }

    fn has_room(&self) -> bool {
        self.facts < FACTS_AT_ONCE
    }
}

impl Reporter {
    /// The reader that a mode wants; `None` for the modes that say nothing.
    pub(super) fn of(mode: Mode) -> Option<Self> {
        if mode < Mode::Log {
            return None;
        }
        let mut subscriber = Subscriber::default();
        let asked = Subscribe { limit: MOST_TASKS, ended: true, totals: true, ..Subscribe::default() };
        // An empty query cannot be wrong.
        subscriber.ask(asked).ok()?;
        Some(Self {
            mode,
            subscriber,
            folded: Folded::default(),
            introduced: false,
            ended: false,
            second: 0,
            written: 0,
            kept_quiet: 0,
        })
    }

    /// The mode it was made for.
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the program has ended for it.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Folds what is new, and says what is wrong since.
    pub(super) fn read(&mut self, news: &News) {
        self.folded.facts = 0;
        while self.folded.has_room() && self.subscriber.page(news, &mut self.folded) {}
        for forgotten in Keep::default().due(&self.folded.world) {
            self.folded.world.apply(&forgotten);
            self.folded.diagnosis.see(&self.folded.world, &forgotten);
        }
        if self.folded.has_room() {
            self.folded.diagnosis.settle(&self.folded.world);
        }
        if !self.introduced && !news.runtimes.is_empty() {
            self.introduce(news);
        }
        for event in self.folded.diagnosis.take_events() {
            match event {
                Event::Raised(finding) => self.report(&finding),
                // Counted in the summary, and shown to whoever attaches.
                Event::Updated(_) | Event::Cleared(_) => {}
            }
        }
    }

    fn introduce(&mut self, news: &News) {
        self.introduced = true;
        if self.mode == Mode::Debug {
            voice::say(&summary::coverage(self.mode, &news.coverage));
        }
    }

    fn report(&mut self, finding: &Finding) {
        let least = if self.mode == Mode::Debug { Severity::Info } else { Severity::Warning };
        if finding.severity < least {
            return;
        }
        let second = self.folded.world.now().0 / 1_000_000_000;
        if second != self.second {
            self.say_how_many_were_not_written();
            (self.second, self.written) = (second, 0);
        }
        if self.written == FINDINGS_A_SECOND {
            self.kept_quiet += 1;
            return;
        }
        self.written += 1;
        voice::find(finding, &place(&self.folded.world, finding));
    }

    fn say_how_many_were_not_written(&mut self) {
        let quiet = std::mem::take(&mut self.kept_quiet);
        if quiet > 0 {
            voice::say(&format!("{quiet} more findings: taskscope findings {}", std::process::id()));
        }
    }

    /// The program ends: reads the last, and in debug mode sums up.
    pub(super) fn end(&mut self, news: &News) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.subscriber.hurry();
        // Everything is to be in it; what goes on at the end is bounded by the pages of a tick.
        for _ in 0..64 {
            self.read(news);
            if self.folded.has_room() {
                break;
            }
        }
        self.say_how_many_were_not_written();
        if self.mode == Mode::Debug {
            let findings: Vec<&Finding> = self.folded.diagnosis.findings().collect();
            summary::lines(&self.folded.world, &findings).iter().for_each(|line| voice::say(line));
        }
    }
}

/// Where a finding is, if its message does not say so: ` (src/main.rs:7)`.
fn place(world: &World, finding: &Finding) -> String {
    let place = finding.location.and_then(|location| world.location(location));
    let place = place.map(|place| format!("{}:{}", place.file, place.line));
    place.filter(|place| !finding.message.contains(place)).map_or_else(String::new, |place| format!(" ({place})"))
}
