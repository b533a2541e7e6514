//! Whole screens.

use super::world::{self, MS, S, tell};
use super::{Action, Screen};
use crate::source::Address;
use crate::source::discover::Process;
use crate::tui::looks::Palette;
use insta::assert_snapshot;
use ratatui::style::Color;
use taskscope_model::change::{Counted, ScheduledTimes, Tick};
use taskscope_model::codes::Counter;
use taskscope_model::request::{Denied, Reason};
use taskscope_model::{At, Nanos, Source, TaskId, World};

#[test]
fn tasks_in_80_by_24() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    assert_snapshot!(screen.text());
    screen.press("<Down><Down>");
    assert_snapshot!("the_third_row_is_selected", screen.text());
}

#[test]
fn tasks_in_200_columns() {
    let mut screen = Screen::of(world::server(12), 200, 20);
    assert_snapshot!(screen.text());
}

#[test]
fn tasks_in_a_narrow_terminal() {
    let mut screen = Screen::of(world::server(12), 40, 10);
    assert_snapshot!(screen.text());
}

#[test]
fn tree_with_ended_tasks() {
    let mut screen = Screen::of(world::server(12), 80, 24);
    screen.press("tE");
    screen.refresh();
    assert_snapshot!(screen.text());
}

#[test]
fn part_of_many_tasks() {
    let mut world = world::server(300);
    tell(&mut world, Counted { counter: Counter::LIVE, count: 1_000_000 });
    tell(&mut world, Counted { counter: Counter::NOT_SHOWN, count: 998_000 });
    let mut screen = Screen::of(world, 100, 14);
    screen.press("G");
    assert_snapshot!(screen.text());
}

#[test]
fn a_filter() {
    let mut screen = Screen::of(world::server(30), 80, 16);
    screen.press("/server.rs busy>100ms");
    screen.refresh();
    assert_snapshot!("a_filter_is_typed", screen.text());
    screen.press("<Enter>");
    assert_snapshot!("a_filter_is_kept", screen.text());
    screen.press("/<Back>");
    assert_snapshot!("a_filter_has_become_another", screen.text());
    screen.press("<Esc>/ buzy>5ms");
    assert_snapshot!("a_filter_has_a_wrong_key", screen.text());
}

#[test]
fn nothing_to_show() {
    let mut world = World::default();
    world::covered(&mut world);
    tell(&mut world, Tick { at: At(100 * S) });
    tell(&mut world, Counted { counter: Counter::ENDED, count: 31 });
    let mut screen = Screen::of(world, 80, 14);
    assert_snapshot!("no_task_is_alive", screen.text());
    screen.press("/nosuch<Enter>");
    screen.refresh();
    assert_snapshot!("no_task_matches", screen.text());
    screen.act(Action::Attach(Address::Tcp { at: "db:6670".to_owned(), token: None }));
    assert_snapshot!("attaching", screen.text());
}

#[test]
fn details() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    screen.press("<Enter>");
    screen.refresh();
    assert_snapshot!("details_of_a_connection", screen.text());
    screen.press("<Esc>");
    screen.press("/id:14<Enter>");
    screen.refresh();
    screen.press("<Enter>");
    screen.refresh();
    assert_snapshot!("details_of_a_running_task", screen.text());
    screen.press("<Esc><Esc>E/id:11<Enter>");
    screen.refresh();
    screen.press("<Down><Enter>");
    screen.refresh();
    assert_snapshot!("details_of_an_ended_task", screen.text());
}

#[test]
fn details_of_a_task_whose_waits_are_measured() {
    let mut world = world::server(30);
    let task = TaskId(39);
    tell(&mut world, world::measured(task, 90, 40 * MS));
    let details = |world: &World, width| {
        let mut screen = Screen::of(world.clone(), width, 24);
        screen.press("<Enter>");
        screen.refresh();
        screen
    };
    let untold = details(&world, 80).text();
    assert!(untold.contains("how long each was is not told, or not yet"), "{untold}");

    let long_waits = vec![(Nanos(1_024), 50), (Nanos(16_384), 36), (Nanos(8_388_608), 1)];
    tell(&mut world, ScheduledTimes { task, waits: 88, longest: Nanos(15 * MS), long_waits });
    let mut narrow = details(&world, 80);
    assert_snapshot!("details_of_a_measured_task", narrow.text());
    narrow.press("<End>");
    assert_snapshot!("details_of_a_measured_task_below", narrow.text());
    let mut wide = details(&world, 132);
    assert_snapshot!("details_of_a_measured_task_in_a_wide_terminal", wide.text());
    wide.press("5");
    wide.refresh();
    let runtime = wide.text();
    let sums = ["poll lengths", "wait lengths   below 1.02us         1", "from 8.38ms          1"];
    assert!(sums.iter().all(|sum| runtime.contains(sum)), "{runtime}");
}

#[test]
fn help() {
    let mut screen = Screen::of(world::server(3), 80, 24);
    screen.press("?");
    assert_snapshot!(screen.text());
    screen.press("<End>");
    assert_snapshot!("help_end", screen.text());
}

#[test]
fn the_connection_is_lost_and_comes_back() {
    let mut screen = Screen::of(world::server(4), 100, 14);
    let why = "echo_server (pid 4711) is gone without goodbye".to_owned();
    screen.act(Action::Lost { why, played: false });
    screen.refresh();
    assert_snapshot!("lost", screen.text());
    screen.act(Action::StillLost("it has no room for another client".to_owned()));
    screen.act(Action::Attached(Box::new(world::hello(4800))));
    screen.refresh();
    assert_snapshot!("reconnected", screen.text());
}

#[test]
fn the_program_says_no() {
    let mut screen = Screen::of(world::server(4), 80, 14);
    let message = "`buzy` is no key".to_owned();
    screen.act(Action::Denied(Denied { number: 1, reason: Reason::WRONG_QUERY, message }));
    assert_snapshot!(screen.text());
}

fn process(pid: u32, program: &str, tasks: Option<u64>) -> Process {
    Process {
        pid,
        program: program.to_owned(),
        address: Some(Address::Unix { path: format!("/run/{pid}.sock").into(), pid: Some(pid) }),
        seen_by: vec![Source::AGENT],
        tasks,
        uptime: tasks.map(|_| Nanos(150 * S)),
        trouble: tasks.is_none().then(|| "does not answer".to_owned()),
    }
}

#[test]
fn picker() {
    let mut screen = Screen {
        ui: super::Ui::new((80, 20).into(), super::Looks::default()),
        world: World::default(),
        findings: Vec::new(),
        events: Vec::new(),
    };
    assert_snapshot!("picker_before_it_has_looked", screen.text());
    screen.act(Action::Processes(vec![]));
    assert_snapshot!("picker_with_nobody", screen.text());
    let all = vec![process(4711, "echo_server", Some(1_312)), process(4802, "worker", None)];
    screen.act(Action::Processes(all));
    assert_snapshot!("picker", screen.text());
    screen.press("<Down><Enter>");
    assert_snapshot!("picker_on_one_that_is_silent", screen.text());
}

#[test]
fn there_are_colours_where_they_are_wanted_and_nowhere_else() {
    for colour in [true, false] {
        let mut screen = Screen::of(world::server(30), 80, 24);
        screen.ui.looks.palette = if colour { Palette::Ansi } else { Palette::None };
        for keys in ["", "E", "<Enter>", "<Esc>?", "<Esc>/buzy>5ms", "<Esc>p"] {
            screen.press(keys);
            screen.refresh();
            let cells = screen.draw().buffer().content.clone();
            let coloured = cells.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
            assert_eq!(coloured, colour, "after {keys}");
        }
    }
}
