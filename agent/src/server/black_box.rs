//! Fills the black box with what any client would be told, and writes it when there is an occasion.

use super::awaits;
use super::news::News;
use super::subscriber::{Sink, Subscriber, change};
use super::view::View;
use crate::black_box::{Occasion, Occasions, Tape, file, panicked};
use crate::core::{self, Core};
use std::collections::BTreeSet;
use std::path::PathBuf;
use taskscope_model::change::{Coverage, Goodbye, Tick};
use taskscope_model::codes::Seen;
use taskscope_model::frame::{FrameWriter, Told};
use taskscope_model::hello::{Hello, Rights};
use taskscope_model::request::Subscribe;
use taskscope_model::{At, Fact, Nanos, SlowPollId};

/// Most living tasks in it; of more, those with the lowest ids.
const MOST_TASKS: u32 = 5_000;
/// Most of them whose await trees are in it; of more, those with the lowest ids.
const MOST_TREES: usize = 1_024;
/// A poll that lasts for so long blocks its worker.
const BLOCKED: Nanos = Nanos(1_000_000_000);
/// The topic of the coverage.
const TOPIC: &str = "black box";
/// The same of why a file was written, in that file alone: what is live has none.
const REASON: &str = "this recording";

/// The black box of this process.
pub(super) struct BlackBox {
    path: PathBuf,
    pub(super) subscriber: Subscriber,
    tape: Tape,
    occasions: Occasions,
    /// The stacks of all threads, asked for when a worker was blocked, have come.
    stacks_came: bool,
}

impl Sink for Tape {
    fn tell(&mut self, fact: Fact) {
        self.push(&Told::Change(change(fact)));
    }

    fn has_room(&self) -> bool {
        Tape::has_room(self)
    }
}

/// What is asked for. The number is that of no client's request: who reads the recording reads it to its end.
fn asked() -> Subscribe {
    Subscribe {
        number: 0,
        limit: MOST_TASKS,
        ended: true,
        totals: true,
        figures: true,
        ..Subscribe::default()
    }
}

impl BlackBox {
    /// The black box, if the program wants one. Says at once if its file cannot be written.
    pub(super) fn of(core: &'static Core) -> Option<Self> {
        let path = file::place(core.settings.black_box.as_ref()?);
        match file::try_out(&path) {
            Ok(()) => core.notes.say(
                TOPIC,
                Seen::YES,
                format!("{} is written when it is needed", path.display()),
                "",
            ),
            Err(error) => cannot(core, &path, &error),
        }
        panicked::is_heeded(core::wake_server);
        let mut subscriber = Subscriber::default();
        // An empty query cannot be wrong.
        subscriber.ask(asked()).ok()?;
        let (tape, occasions) = (Tape::default(), Occasions::default());
        Some(Self { path, subscriber, tape, occasions, stacks_came: false })
    }

    /// Takes in what is new.
    pub(super) fn read(&mut self, news: &News) {
        let now = news.teller.now;
        if self.tape.is_full(now) {
            self.tape.turn(now);
            // An empty query cannot be wrong; told anew from the beginning.
            let _ = self.subscriber.begin_again(asked());
        }
        while self.tape.has_room() && self.subscriber.page(news, &mut self.tape) {}
    }

    /// The stacks of all threads have been taken.
    pub(super) fn stacks_taken(&mut self, news: &News) {
        self.subscriber.tell_stacks(news.stacks, news.teller.now, &mut self.tape);
        self.stacks_came = true;
    }

    /// Whether the stacks of all threads have come since the last file.
    pub(super) fn has_stacks(&self) -> bool {
        self.stacks_came
    }

    /// Whether to write now, and why.
    pub(super) fn occasion(&self, core: &Core, now: At) -> Option<Occasion> {
        let stalled = stalled(core, now);
        if self.stacks_came && !stalled.is_empty() {
            return Some(Occasion::Blocked(stalled.len()));
        }
        self.occasions.look(now, &stalled, panicked::waiting())
    }

    /// Writes the file. If that is not possible the coverage says why, and the next occasion is another try.
    pub(super) fn write(&mut self, core: &'static Core, mut hello: Hello, occasion: &Occasion, now: At) {
        hello.rights = Rights::READ;
        let why = format!("{} was written because {occasion}", self.path.display());
        let coverage = Coverage { topic: TOPIC.to_owned(), seen: Seen::YES, why, remedy: String::new() };
        let mut end = FrameWriter::default();
        let mut tell = |fact: Fact| end.push(&Told::Change(change(fact)));
        tell(Tick { at: now }.into());
        let mut alive = self.subscriber.view().map(View::told_alive).unwrap_or_default();
        alive.sort_unstable();
        alive.truncate(MOST_TREES);
        awaits::now(now, &alive).into_iter().for_each(&mut tell);
        tell(coverage.clone().into());
        let why = format!("written because {occasion}");
        tell(Coverage { topic: REASON.to_owned(), why, ..coverage.clone() }.into());
        if let Occasion::End(reason) = occasion {
            tell(Goodbye { at: now, reason: (*reason).to_owned() }.into());
        }
        let end = end.take();
        let [older, newer] = self.tape.pieces();
        match file::write(&self.path, &hello, &[older, newer, &end]) {
            Ok(()) => core.notes.say(TOPIC, coverage.seen, coverage.why, ""),
            Err(error) => cannot(core, &self.path, &error),
        }
        self.occasions.written(now, stalled(core, now), occasion);
        self.stacks_came = false;
        panicked::is_written();
    }
}

/// The polls that block a worker for long.
fn stalled(core: &Core, now: At) -> BTreeSet<SlowPollId> {
    core.stacks.lasting(now, BLOCKED)
}

fn cannot(core: &Core, path: &std::path::Path, error: &std::io::Error) {
    let why = format!("{} cannot be written: {error}", path.display());
    core.notes.say(
        TOPIC,
        Seen::NO,
        why,
        "set TASKSCOPE_BLACKBOX to a file in a folder that the program may write to",
    );
}
