//! The loop, with another world outside.

use super::world::{self, S};
use crate::replay::Order;
use crate::source::{Address, Heard};
use crate::tui::app::{App, End};
use crate::tui::input::{Input, News};
use crate::tui::looks::Looks;
use crate::tui::outside::{Desk, Outside, Programs};
use crate::tui::ui::Ui;
use crate::tui::view::AT_ONCE;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use taskscope_model::change::Complete;
use taskscope_model::request::{Request, Subscribe};
use taskscope_model::{At, Change, Nanos, Source, TaskId, World};

/// What was asked of the programs.
#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    Attach(Address),
    Subscribe(Subscribe),
    List(bool),
    Replay(Order),
    Record(Option<PathBuf>),
}

pub(super) struct Script(pub(super) Sender<Asked>);

impl Programs for Script {
    fn attach(&mut self, address: Address) -> u32 {
        self.0.send(Asked::Attach(address)).unwrap();
        2
    }

    fn ask(&mut self, request: &Request) {
        if let Request::Subscribe(subscribe) = request {
            self.0.send(Asked::Subscribe(subscribe.clone())).unwrap();
        }
    }

    fn replay(&mut self, order: Order) {
        self.0.send(Asked::Replay(order)).unwrap();
    }

    fn record(&mut self, path: Option<&Path>) {
        self.0.send(Asked::Record(path.map(Path::to_owned))).unwrap();
    }

    fn list(&mut self, on: bool) {
        self.0.send(Asked::List(on)).unwrap();
    }
}

pub(super) struct NoDesk;

impl Desk for NoDesk {
    fn copy(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn edit(&mut self, file: &str, line: u32) -> Result<String, String> {
        Err(format!("no editor for {file}:{line}"))
    }

    fn save(&mut self, path: &Path, text: &str) -> Result<String, String> {
        Ok(format!("{} bytes written to {}", text.len(), path.display()))
    }

    fn suspend(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// Plays inputs, time going on between them, and gives the end, the screen then, and what was asked.
fn play(inputs: Vec<Input>) -> (End, String, Receiver<Asked>) {
    let (sender, receiver) = channel();
    inputs.into_iter().for_each(|input| sender.send(input).unwrap());
    // Time enough to draw what has come last.
    (0..8).for_each(|_| sender.send(Input::Beat).unwrap());
    drop(sender);
    let (asked, requests) = channel();
    let time = Cell::new(0);
    let now = move || {
        time.set(time.get() + S / 4);
        At(time.get())
    };
    let mut outside = Outside {
        terminal: Terminal::new(TestBackend::new(80, 16)).unwrap(),
        inputs: receiver,
        programs: Box::new(Script(asked)),
        desk: Box::new(NoDesk),
        now: Box::new(now),
        busy: Nanos::default,
        is_there: || true,
    };
    let end = App::new(Ui::new(Size::new(80, 16), Looks::default()), Some(1)).run(&mut outside).unwrap();
    (end, outside.terminal.backend().to_string(), requests)
}

fn news(news: News) -> Input {
    Input::News { from: 1, news }
}

fn attached(pid: u32) -> Input {
    news(News::Attached(Box::new(world::hello(pid))))
}

fn told(world: &World) -> Input {
    news(News::Heard(Heard::Changes(world.snapshot())))
}

fn complete(subscription: u32) -> Input {
    let fact = Complete { subscription }.into();
    news(News::Heard(Heard::Changes(vec![Change { source: Source::AGENT, fact }])))
}

fn keys(keys: &str) -> impl Iterator<Item = Input> {
    super::parse(keys).into_iter().map(Input::Key)
}

#[test]
fn it_subscribes_shows_and_quits() {
    let (_, screen, asked) = play(vec![attached(4711), told(&world::server(4)), complete(1)]);
    assert!(screen.contains("● connected") && screen.contains("src/server.rs:88"), "{screen}");
    let Asked::Subscribe(subscribe) = asked.recv().unwrap() else { panic!("no subscription") };
    assert_eq!((subscribe.number, subscribe.sort.as_str(), subscribe.once), (1, "busy", false));
    let (end, ..) = play(vec![attached(4711), keys("q").next().unwrap(), attached(4712)]);
    assert_eq!(end, End::Quit);
    let (end, ..) = play(vec![Input::Signal(15), Input::Beat]);
    assert_eq!(end, End::Signal(15));
}

#[test]
fn a_look_at_very_many_tasks_goes_on_though_nothing_else_is_heard() {
    let polled = |busy| {
        let fact = world::polled(TaskId(10), 1, busy, None).into();
        news(News::Heard(Heard::Changes(vec![Change { source: Source::AGENT, fact }])))
    };
    let world = world::server(3 * AT_ONCE as u64);
    // The second change comes while the first one is looked for.
    for changes in [vec![1_000_000 * S], vec![S, 1_000_000 * S]] {
        let begin = [attached(4711), told(&world), complete(1), Input::Beat];
        let inputs = begin.into_iter().chain(changes.into_iter().map(polled));
        let (_, screen, _) = play(inputs.chain((0..40).map(|_| Input::Beat)).collect());
        let first = screen.lines().find(|line| line.contains(" idle ")).unwrap();
        assert!(first.contains(" 10  idle"), "{screen}");
    }
}

#[test]
fn another_filter_is_another_subscription() {
    let mut inputs = vec![attached(4711), told(&world::server(4)), complete(1)];
    inputs.extend(keys("/serv"));
    let (_, screen, asked) = play(inputs);
    let numbers: Vec<_> = asked
        .iter()
        .map(|asked| match asked {
            Asked::Subscribe(subscribe) => (subscribe.number, subscribe.query),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers.last(), Some(&(5, "serv".to_owned())), "{numbers:?}");
    assert!(screen.contains("○ asking") && screen.contains("src/server.rs:88"), "{screen}");
}

#[test]
fn the_last_state_stays_until_the_program_that_is_back_has_told_everything() {
    let lost = || news(News::Lost { error: None, played: false });
    let start = || vec![attached(4711), told(&world::server(4)), complete(1), lost()];
    let (_, screen, _) = play(start());
    assert!(screen.contains("echo_server (pid 4711) is gone without goodbye"), "{screen}");
    assert!(screen.contains("src/server.rs:88"), "{screen}");
    let again = || start().into_iter().chain([attached(4712), told(&world::server(0))]);
    let (_, screen, _) = play(again().collect());
    assert!(screen.contains("reconnected") && screen.contains("src/server.rs:88"), "{screen}");
    let (_, screen, _) = play(again().chain([complete(1)]).collect());
    assert!(screen.contains("pid 4712") && !screen.contains("src/server.rs:88"), "{screen}");
}

#[test]
fn what_an_earlier_attachment_still_says_is_not_heard() {
    let late = Input::News { from: 7, news: News::Lost { error: None, played: false } };
    let (_, screen, _) = play(vec![attached(4711), told(&world::server(4)), complete(1), late]);
    assert!(screen.contains("● connected"), "{screen}");
}
