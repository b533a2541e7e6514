//! Nothing makes it panic: no size, no key, no World.

use super::world::{self, S, tell};
use super::{Action, Screen};
use crate::fake;
use crate::record::Written;
use crate::replay::{End, Mark, Speed, TimeLine};
use crate::rows::findings::{FindingRow, Health};
use crate::source::Address;
use crate::source::discover::Process;
use crate::tui::action::{Mouse, Press};
use crate::tui::events::{Entry, What};
use crate::tui::keys;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;
use taskscope_model::change::{Coverage, Ended, Forgotten, Location, ScheduledTimes, Tick};
use taskscope_model::codes::{CancelWay, Outcome, Seen};
use taskscope_model::hello::ClockPair;
use taskscope_model::{At, Kind, LocationId, Nanos, Severity, Source, TaskId, World};

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

fn processes(n: u32) -> Vec<Process> {
    (0..n)
        .map(|n| Process {
            pid: 4_700 + n,
            program: "日本語のプログラム\u{1b}[2J".to_owned(),
            address: (n % 3 != 0).then(|| Address::Unix { path: "x".into(), pid: None }),
            seen_by: vec![Source::AGENT, Source::OUTSIDE],
            tasks: Some(u64::MAX),
            uptime: None,
            trouble: (n % 2 == 0).then(|| "does not answer".to_owned()),
        })
        .collect()
}

/// Findings about some tasks, none and many, with what a hostile program might say.
fn findings(n: u64) -> Vec<FindingRow> {
    let finding = |n: u64| FindingRow {
        key: (Kind::ALL[n as usize % Kind::ALL.len()], None),
        kind: Kind::ALL[n as usize % Kind::ALL.len()],
        severity: Severity::ALL[n as usize % 3],
        message: "語\u{1b}[2J is wrong ".repeat(n as usize),
        advice: "mend\nit".to_owned(),
        tasks: (0..n).map(TaskId).collect(),
        location: n.is_multiple_of(2).then(|| Location {
            id: LocationId(0),
            file: "日/a.rs".to_owned(),
            line: 1,
            column: 1,
        }),
        count: n,
        since: Nanos(n),
        evidence: vec!["\u{1b}[31m".to_owned(); n as usize],
    };
    (0..n).map(finding).collect()
}

/// Brings every screen there is in front, one after the other.
const SCREENS: &[&str] = &[
    "",
    "tE",
    "<Enter>",
    "c",
    "n<Esc>?",
    "<End>",
    "<Esc><Esc>/jobs buzy>5ms",
    "<Esc>:canc",
    "<Tab>x<Enter>",
    "<Esc>b",
    "b",
    "b1",
    "<Down>f",
    "<Down><Enter>",
    "<Esc>5",
    "<PgDn>6",
    "/a<Enter>7",
    "k8",
    "2Pp",
    "<PgDn>",
];

/// Every screen that one comes to, also of a program that is lost, of a recording, and of nothing.
fn draw_every_screen(mut screen: Screen) {
    screen.findings = findings(4);
    for keys in SCREENS {
        screen.press(keys);
        screen.act(Action::Processes(processes(5)));
        screen.refresh();
        screen.text();
    }
    screen.press("<Esc>");
    screen.act(Action::Lost { why: "gone".to_owned(), played: false });
    screen.text();
    for part in 0..4 {
        screen.act(Action::Replayed(Box::new(time_line(&mut Random(part + 1)))));
        screen.press("2");
        screen.text();
    }
    screen.world = World::default();
    screen.refresh();
    screen.text();
}

#[test]
fn every_screen_can_be_drawn_in_every_size() {
    let narrow = (1..=12).flat_map(|width| (1..=20).step_by(2).map(move |height| (width, height)));
    for (width, height) in narrow.chain([(80, 24), (200, 60), (500, 3), (3, 200)]) {
        draw_every_screen(Screen::of(world::server(8), width, height));
    }
    // Widths and heights that people have: each width is near one of these, and each height.
    let mut random = Random(0x51ce);
    let height = |random: &mut Random| {
        let most = random.pick(&[30, 30, 100]);
        1 + random.below(most) as u16
    };
    let widths: Vec<_> = (20..=300).step_by(4).map(|width| (width, height(&mut random))).collect();
    let heights = (1..=100).step_by(3).map(|height| (20 + random.below(281) as u16, height));
    for (width, height) in widths.into_iter().chain(heights.collect::<Vec<_>>()) {
        draw_every_screen(Screen::of(some_world(&mut random), width, height));
    }
}

/// How far a recording is, however little sense that makes.
fn time_line(random: &mut Random) -> TimeLine {
    let at =
        |random: &mut Random| At(if random.below(4) == 0 { random.next() } else { random.below(300 * S) });
    let marks = (0..random.below(20)).map(|n| Mark {
        at: at(random),
        severity: Severity::ALL[n as usize % 3],
        message: "\u{1b}[2J語".to_owned(),
    });
    let marks = marks.collect::<Vec<_>>().into();
    let end = match random.below(4) {
        0 => None,
        1 => Some(End::Whole),
        2 => Some(End::Cut),
        _ => Some(End::Unreadable("\u{1b}[2J the disk is broken ".repeat(9))),
    };
    TimeLine {
        at: at(random),
        start: at(random),
        known_to: at(random),
        end,
        scanned: random.below(101) as u8,
        playing: random.below(2) == 0,
        speed: (0..random.below(9)).fold(Speed::default(), |speed, _| speed.faster()),
        marks,
        clock: ClockPair { monotonic_ns: random.next(), wall_ns: random.next() },
        notice: (random.below(3) == 0).then(|| "no further finding 語".repeat(random.below(9) as usize)),
    }
}

/// A World of any of the kinds that there are, or none.
fn some_world(random: &mut Random) -> World {
    let mut world = World::default();
    let facts = match random.below(6) {
        0 => Vec::new(),
        1 => fake::orders(),
        2 => fake::locks(),
        3 => fake::offers(),
        _ => return world::server(random.below(60)),
    };
    facts.iter().for_each(|fact| world.apply(fact));
    (0..random.below(50)).for_each(|_| change(&mut world, random));
    world
}

/// A change that a hostile program might tell as well as a good one.
fn change(world: &mut World, random: &mut Random) {
    let task = TaskId(match random.below(20) {
        0 => TaskId::root(1).0,
        1 => random.next(),
        _ => random.below(40),
    });
    let time = if random.below(30) == 0 { random.next() } else { random.below(300 * S) };
    match random.below(14) {
        12 => tell(world, world::measured(task, random.next() >> random.below(64), time)),
        13 => {
            let long_waits =
                (0..random.below(30)).map(|_| (Nanos(random.next()), random.next() as u32)).collect();
            tell(world, ScheduledTimes { task, waits: random.next(), longest: Nanos(time), long_waits });
        }
        0 => tell(world, Tick { at: At(random.below(300 * S)) }),
        1 => {
            let file = random.pick(&["src/a.rs", "", "日本語/\u{1b}[31m\n\t.rs", "a\u{301}\u{200b}b.rs"]);
            let location = Location {
                id: LocationId(random.below(5) as u32),
                file: file.to_owned(),
                line: 1,
                column: 1,
            };
            tell(world, location);
        }
        2 => tell(world, Ended { task, at: At(time), outcome: Outcome(random.below(9) as u8) }),
        3 => tell(world, Forgotten { task }),
        4 => {
            let topic = random.pick(&["tasks", "scheduled", "names", "polls"]).to_owned();
            let seen = Seen(random.below(5) as u8);
            tell(world, Coverage { topic, seen, why: "because\n".repeat(9), remedy: "x".to_owned() });
        }
        5..8 => {
            let parent = TaskId(random.below(40));
            tell(world, world::spawned(task, Some(parent), random.below(5) as u32, random.below(3) as u32));
        }
        _ => {
            let running = (random.below(4) == 0).then_some(At(time));
            tell(world, world::polled(task, random.next() >> random.below(64), time, running));
        }
    }
}

/// What has happened, and what a hostile program might say has.
fn events(random: &mut Random) -> Vec<Entry> {
    let n = random.below(9);
    let what = |n: u64| match n {
        0 => What::Spawned { by: Some(TaskId(n)), at: None },
        1 => What::Ended(Outcome(9)),
        2 => What::Failed("語\u{1b}[2J\n".to_owned()),
        _ => What::Cancelled { by: None, way: CancelWay(n as u8), at: None },
    };
    (0..n).map(|n| Entry { at: At(random.next()), task: Some(TaskId(n)), what: what(n) }).collect()
}

fn mouse(random: &mut Random, screen: &Screen) -> Mouse {
    let what = random.pick(&[Press::Button, Press::WheelUp, Press::WheelDown]);
    let (x, y) = (random.below(320) as u16, random.below(u64::from(screen.ui.size.height) + 2) as u16);
    Mouse { what, x, y }
}

fn key(random: &mut Random) -> KeyEvent {
    let bound: Vec<_> = keys::KEYS.iter().flat_map(|binding| binding.keys).collect();
    let (code, modifiers) = match random.below(3) {
        0 => (
            KeyCode::Char(random.pick(&[
                'w', 'h', 'e', 'r', ' ', '4', 'b', 'u', 's', 'y', '>', '5', 'm', ' ', '"', '-', 'ü', '語',
                ':',
            ])),
            KeyModifiers::NONE,
        ),
        _ => *random.pick(&bound),
    };
    KeyEvent::new(code, modifiers)
}

#[test]
fn a_hundred_thousand_random_keys_on_random_worlds() {
    let mut random = Random(0x5eed);
    let mut screen = Screen::of(world::server(20), 80, 24);
    for n in 0..100_000 {
        let key = key(&mut random);
        if let Some(command) = keys::command(screen.ui.place(), &key) {
            screen.act(Action::Do(command));
        }
        let action = match random.below(400) {
            0 => {
                let least = if random.below(5) == 0 { 1 } else { 20 };
                let width = least + random.below(301 - u64::from(least)) as u16;
                let most = random.pick(&[40, 40, 120]);
                let height = 1 + random.below(most) as u16;
                Some(Action::Resized(Size { width, height }))
            }
            1 => Some(Action::Lost { why: "x\u{1b}[2J".to_owned(), played: random.below(2) == 0 }),
            2 => Some(Action::Attached(Box::new(world::hello(4_700 + random.below(2) as u32)))),
            3 => Some(Action::Processes(processes(random.below(40) as u32))),
            4 => Some(Action::NotAttached("no".to_owned())),
            7 => {
                screen.findings = findings(random.below(30));
                None
            }
            9 => {
                screen.events = events(&mut random);
                None
            }
            10 => Some(Action::Told("\u{1b}[2J".to_owned())),
            11 => {
                Some(Action::Judged(vec![(4_700, Health { errors: random.next(), warnings: 1, infos: 0 })]))
            }
            12..30 => Some(Action::Mouse(mouse(&mut random, &screen))),
            5 => Some(Action::Attach(Address::Recording("file".into()))),
            6 => {
                screen.world = some_world(&mut random);
                None
            }
            300..304 => Some(Action::Replayed(Box::new(time_line(&mut random)))),
            304 => Some(Action::Moment),
            305 => Some(Action::Attached(Box::new(world::hello(4_711)))),
            306 => Some(Action::Recording((random.below(2) == 0).then(Written::default))),
            307 => Some(Action::StillLost("語\u{1b}[2J".repeat(40))),
            308 => Some(Action::Paste("busy>5ms \u{1b}[2J\n語".to_owned())),
            8 | 30..300 => {
                (0..3).for_each(|_| change(&mut screen.world, &mut random));
                None
            }
            _ => None,
        };
        if let Some(action) = action {
            screen.act(action);
        }
        if n % 80 == 0 {
            screen.refresh();
            let text = screen.text();
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        }
    }
}
