//! The same of a program whose tasks come in messages, as console-subscriber sends them, while somebody looks, and then
//! change. The loop itself is measured, with all that it does besides: findings, events, subscriptions.

use super::super::app::{Asked, NoDesk, Script};
use super::super::{parse, world};
use super::{S, cpu, slowest};
use crate::source::Heard;
use crate::source::console::growing::Growing;
use crate::tui::app::App;
use crate::tui::input::{Input, News};
use crate::tui::looks::Looks;
use crate::tui::outside::Outside;
use crate::tui::ui::Ui;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use std::sync::mpsc::{Receiver, channel};
use taskscope_model::change::Complete;
use taskscope_model::hello::Hello;
use taskscope_model::{At, Change, Fact, Nanos, Source};

const TASKS: u64 = 50_000;
/// Of the tasks so many come a second, and later so many are polled.
const COME: u64 = 15_000;
const POLLED: u64 = 5_000;
/// Messages a second, and frames.
const MESSAGES: u64 = 10;
const FRAMES: u64 = 30;
/// Changes handed over at a time.
const PIECE: usize = 2_000;
/// Seconds.
const TIME: u64 = 12;
/// Keys are pressed after every so many frames.
const EVERY: u64 = 5;

/// A screen, how one gets there, and what one does there.
const SCREENS: &[(&str, &str, &[&str])] = &[
    ("sorted and filtered", "2/busy>20ms many<Enter>", &["j", "<PgDn>", "<End>", "r", "<Home>", ">"]),
    ("every task", "2", &["j", "<PgDn>", "<Enter>", "<Esc>", "<End>", "<Esc>", ">", "r"]),
    ("as a tree", "2t", &["j", "<PgDn>", "<End>", "<Home>", "r"]),
    ("sorted by location", "2:sort location<Enter>", &["j", "<PgDn>", "<End>", "r"]),
    ("in groups", "2b", &["j", "<PgDn>", "<End>"]),
    ("in groups by stack", "2bb", &["j", "<PgDn>", "<End>"]),
    ("overview", "1", &["j"]),
    ("events", "7", &["j", "<PgDn>", "e", "<Esc>"]),
    ("resources", "8", &["j", "<PgDn>", "<End>", "<Home>"]),
];

/// The loop, and what its world outside was asked.
struct Loop {
    app: App,
    outside: Outside<TestBackend>,
    asked: Receiver<Asked>,
    program: Growing,
    /// What is still to be heard of the last message.
    pieces: Vec<Vec<Change>>,
}

impl Loop {
    fn new() -> Self {
        let ((_, inputs), (asks, asked)) = (channel(), channel());
        let outside = Outside {
            terminal: Terminal::new(TestBackend::new(200, 50)).unwrap(),
            inputs,
            programs: Box::new(Script(asks)),
            desk: Box::new(NoDesk),
            // For it no time passes while it draws: it never puts anything off.
            now: Box::new(At::default),
            busy: Nanos::default,
            is_there: || true,
        };
        let app = App::new(Ui::new(Size::new(200, 50), Looks::default()), Some(1));
        let mut this = Self { app, outside, asked, program: Growing::default(), pieces: Vec::new() };
        let hello = Hello { source: Source::CONSOLE, ..world::hello(4711) };
        this.hear(News::Attached(Box::new(hello)));
        this
    }

    fn hear(&mut self, news: News) {
        self.app.take(Input::News { from: 1, news }, &mut self.outside);
    }

    fn changes(facts: impl IntoIterator<Item = Fact>) -> Vec<Change> {
        facts.into_iter().map(|fact| Change { source: Source::CONSOLE, fact }).collect()
    }

    /// What the program sends at that moment.
    fn message(&mut self, number: u64) {
        let at = At((100 + number / MESSAGES) * S + number % MESSAGES * S / MESSAGES);
        let born = |number: u64| (number * COME / MESSAGES).min(TASKS);
        let new = 1 + born(number)..1 + born(number + 1);
        let polls = if new.is_empty() { POLLED / MESSAGES } else { 0 };
        let polled = (0..polls).map(|n| 1 + (number * polls + n) * 7_919 % TASKS);
        let changes = Self::changes(self.program.message(at, new, polled));
        self.pieces = changes.chunks(PIECE).map(<[_]>::to_vec).collect();
        self.pieces.reverse();
    }

    /// Hears so many pieces of it, and whether what it was asked is answered.
    fn listen(&mut self, pieces: usize) {
        for _ in 0..pieces {
            let Some(piece) = self.pieces.pop() else { break };
            self.hear(News::Heard(Heard::Changes(piece)));
        }
        while let Ok(asked) = self.asked.try_recv() {
            if let Asked::Subscribe(subscribe) = asked {
                let complete = Complete { subscription: subscribe.number }.into();
                self.hear(News::Heard(Heard::Changes(Self::changes([complete]))));
            }
        }
    }

    fn press(&mut self, keys: &str) {
        for key in parse(keys) {
            self.app.take(Input::Key(key), &mut self.outside);
        }
    }

    fn frame(&mut self) {
        self.app.frame(&mut self.outside, At::default()).unwrap();
    }
}

#[test]
#[ignore = "takes long, and says something of a release build only"]
fn frames_with_fifty_thousand_tasks_of_a_console_subscriber() {
    for (what, there, keys) in SCREENS {
        let mut it = Loop::new();
        it.press(there);
        let (mut frames, mut folds, mut pressed) = (Vec::new(), Vec::new(), Vec::new());
        let mut keys = keys.iter().cycle();
        for frame in 0..TIME * FRAMES {
            let a_message = FRAMES / MESSAGES;
            if frame % a_message == 0 {
                it.message(frame / a_message);
            }
            let share = it.pieces.len().div_ceil((a_message - frame % a_message) as usize);
            let begun = cpu();
            it.listen(share);
            let heard = cpu();
            it.frame();
            let drawn = cpu();
            folds.push(heard.since(begun));
            frames.push(drawn.since(heard));
            if frame % EVERY == 0 {
                let begun = cpu();
                it.press(keys.next().unwrap());
                let done = cpu();
                it.frame();
                frames.push(cpu().since(done));
                pressed.push(cpu().since(begun));
            }
        }
        let median = median(&mut frames);
        let ((frame, most), (fold, _), (key, _)) = (slowest(frames), slowest(folds), slowest(pressed));
        println!("{what:<20} frame p50 {median}, p99 {frame}, max {most}; fold p99 {fold}; a key p99 {key}");
    }
}

fn median(times: &mut [Nanos]) -> Nanos {
    times.sort_unstable();
    times[times.len() / 2]
}
