//! The screens beside the table of tasks: whole, and what their keys do.

use super::world::{self, MS, S, tell};
use super::{Action, Effect, Screen};
use crate::fake;
use crate::tui::action::{Mouse, Press};
use crate::tui::events;
use crate::tui::looks::{Looks, Palette};
use crate::tui::screen;
use insta::assert_snapshot;
use taskscope_model::change::{Figures, Runtime, Tick, WorkerFigures};
use taskscope_model::codes::Flavor;
use taskscope_model::{At, Change, Nanos, RuntimeId, TaskId, World};

/// A server whose runtime tells figures, over some seconds.
pub(super) fn busy_server(width: u16, height: u16) -> Screen {
    let mut screen = Screen::of(world::server(12), width, height);
    for second in 1..40 {
        tell(&mut screen.world, Tick { at: At(100 * S + second * S) });
        tell(&mut screen.world, figures(second));
        screen.refresh();
    }
    screen
}

fn figures(second: u64) -> Figures {
    let worker = |number: u64| WorkerFigures {
        // Each second another part of it.
        busy: Nanos((1..=second).map(|at| (at * 7 + number * 3) % 10 * 100 * MS).sum()),
        parks: second,
        polls: Some(second * 1_000 + second * second * 10),
        steals: Some(second),
        local_queue: Some(number),
        running: (number == 1).then_some(TaskId(14)),
    };
    Figures {
        runtime: RuntimeId(0),
        at: At(100 * S + second * S),
        live_tasks: 12,
        global_queue: 2,
        blocking_queue: Some(1),
        blocking_threads: Some(3),
        idle_blocking_threads: Some(2),
        forced_yields: Some(4),
        io_ready: Some(250),
        remote_schedules: Some(17),
        workers: vec![worker(0), worker(1)],
    }
}

/// The program whose tasks are wrapped, and what has happened to them.
pub(super) fn orders(width: u16, height: u16) -> Screen {
    let mut world = World::default();
    let changes = fake::orders();
    let happened = events::of_changes(&changes, &world, At(0));
    changes.iter().for_each(|change: &Change| world.apply(change));
    let mut screen = Screen::of(world, width, height);
    screen.events = happened;
    screen.refresh();
    screen
}

/// The same, and what is wrong in it.
pub(super) fn with_findings(mut screen: Screen) -> Screen {
    screen.findings = super::diagnosis::some_findings();
    screen.refresh();
    screen
}

#[test]
fn overview() {
    let mut screen = busy_server(80, 24);
    screen.press("1");
    screen.refresh();
    assert_snapshot!("overview", screen.text());
    let mut narrow = busy_server(40, 12);
    narrow.press("1");
    assert_snapshot!("overview_in_a_narrow_terminal", narrow.text());
}

#[test]
fn runtime() {
    let mut screen = busy_server(100, 20);
    screen.press("5");
    assert_snapshot!("runtime", screen.text());
    assert_eq!(screen.press("x"), Effect::Stacks);
    let mut bare = orders(80, 16);
    let runtime = Runtime {
        id: RuntimeId(3),
        name: "beside".to_owned(),
        flavor: Flavor::CURRENT_THREAD,
        workers: 1,
        at: At(0),
    };
    tell(&mut bare.world, runtime);
    bare.press("5");
    assert_snapshot!("runtime_without_figures", bare.text());
}

#[test]
fn ended() {
    let mut screen = orders(100, 20);
    screen.press("6");
    screen.refresh();
    assert_snapshot!("ended", screen.text());
    // Back from a task of it leads to it.
    screen.press("<Down><Enter>");
    assert_eq!(screen.ui.screen, screen::Screen::Task);
    screen.press("n<Esc>");
    assert_eq!(screen.ui.screen, screen::Screen::Ended);
    screen.press("/cancelled<Enter>");
    screen.refresh();
    assert_eq!(screen.ui.ended.view.placed.len(), 0, "a word is looked for in names and places");
    assert!(screen.ui.tasks.wanted.text.is_empty(), "each table has its own filter");
}

#[test]
fn events_screen() {
    let mut screen = orders(100, 16);
    screen.press("7");
    assert_snapshot!("events", screen.text());
    screen.press("E");
    assert_snapshot!("events_that_matter", screen.text());
    screen.press("<Up><Enter>");
    assert!(screen.ui.details.is_some(), "Enter leads to the task");
    screen.press("<Esc>");
    assert_eq!(screen.ui.screen, screen::Screen::Events);
}

#[test]
fn groups() {
    let mut screen = orders(100, 16);
    screen.press("b");
    assert_snapshot!("groups_by_location", screen.text());
    let Effect::Ask(asked) = screen.press("<Enter>") else { panic!("nothing was asked") };
    assert!(asked.query.starts_with("location:"), "{asked:?}");
    screen.refresh();
    assert_eq!(screen.ui.tasks.view.placed.len(), 2, "the tasks of the place");
    screen.press("<Esc>b");
    screen.press("b");
    assert_snapshot!("groups_by_await_stack", screen.text());
    screen.press("<Enter>");
    screen.refresh();
    assert!(!screen.ui.tasks.view.placed.is_empty(), "the tasks of the stack");
}

#[test]
fn a_tree_of_waits() {
    let mut screen = orders(100, 16);
    screen.press("tt");
    screen.refresh();
    assert_snapshot!("tree_of_waits", screen.text());
}

#[test]
fn pinned_tasks_stay_at_the_top() {
    let mut screen = orders(100, 16);
    screen.press("G");
    let last = screen.ui.tasks.selected.unwrap();
    assert!(matches!(screen.press("P"), Effect::Ask(asked) if asked.detail == [last]));
    screen.press("<Esc>/order<Enter>");
    screen.refresh();
    assert_eq!(screen.ui.tasks.view.placed[0].id, last, "whatever the filter");
    assert!(screen.text().contains("1 pinned"));
    screen.press(":unpin<Enter>");
    assert_eq!(screen.ui.tasks.view.pinned, 0);
}

#[test]
fn next_and_previous_without_going_back() {
    let mut screen = busy_server(80, 24);
    screen.press("<Down><Enter>");
    let at = |screen: &Screen| screen.ui.details.as_ref().unwrap().id;
    let first = at(&screen);
    screen.press("n");
    assert_ne!(at(&screen), first);
    screen.press("N");
    assert_eq!(at(&screen), first);
    screen.press("N");
    assert!(screen.ui.notice.as_deref().is_some_and(|notice| notice.contains("first task")));
}

#[test]
fn the_mouse() {
    let mut screen = busy_server(80, 24);
    let click = |screen: &mut Screen, x, y| screen.act(Action::Mouse(Mouse { what: Press::Button, x, y }));
    screen.text();
    click(&mut screen, 7, 5);
    assert_eq!(screen.ui.tasks.selected, Some(screen.ui.tasks.view.placed[1].id));
    click(&mut screen, 7, 5);
    assert_eq!(screen.ui.screen, screen::Screen::Task, "a second click opens it");
    screen.press("<Esc>");
    let id = |effect| match effect {
        Effect::Ask(asked) => (asked.sort, asked.reverse),
        other => panic!("{other:?}"),
    };
    assert_eq!(id(click(&mut screen, 3, 3)), ("id".to_owned(), false), "a click on a head sorts");
    assert_eq!(id(click(&mut screen, 3, 3)), ("id".to_owned(), true), "and turns round");
    click(&mut screen, 1, 1);
    assert_eq!(screen.ui.screen, screen::Screen::Overview, "a click on a tab leads there");
    screen.press("2");
    screen.act(Action::Mouse(Mouse { what: Press::WheelDown, x: 1, y: 9 }));
    assert!(screen.ui.tasks.view.row(screen.ui.tasks.selected.unwrap()) > Some(1));
}

#[test]
fn signs_and_colours() {
    let mut screen = busy_server(80, 24);
    screen.ui.looks = Looks { palette: Palette::Light, ascii: true };
    for keys in ["1", "2t", "3", "4", "5", "6", "7", "8", "?"] {
        screen.press(keys);
        screen.refresh();
        let text = screen.text();
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn a_frozen_screen_says_so() {
    let mut screen = busy_server(80, 24);
    assert_eq!(screen.press(" "), Effect::Freeze(true));
    assert!(screen.text().contains("frozen"));
    assert_eq!(screen.press(" "), Effect::Freeze(false));
}

#[test]
fn rows_are_saved_as_the_command_line_prints_them() {
    let mut screen = orders(100, 20);
    for (keys, key, file) in [
        ("2", "tasks", "taskscope-echo_server-4711-tasks.json"),
        ("6", "tasks", "taskscope-echo_server-4711-ended.json"),
        ("4", "findings", "taskscope-echo_server-4711-findings.json"),
        ("5", "runtimes", "taskscope-echo_server-4711-runtime.json"),
        ("2b", "groups", "taskscope-echo_server-4711-tasks.json"),
    ] {
        screen.press(keys);
        screen.refresh();
        let Effect::Save { path, text } = screen.press("w") else { panic!("nothing is saved of {keys}") };
        assert_eq!(path.to_str(), Some(file));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(json[key].is_array() && json["process"]["pid"] == 4711, "{text}");
    }
    assert!(
        matches!(screen.press(":write a.json<Enter>"), Effect::Save { path, .. } if path.ends_with("a.json"))
    );
}

#[test]
fn a_line_is_opened_and_what_is_selected_is_copied() {
    let mut screen = orders(100, 20);
    screen.press("/id:20<Enter><Down>");
    assert_eq!(screen.press("e"), Effect::Edit { file: "src/orders.rs".to_owned(), line: 40 });
    assert_eq!(screen.press("y"), Effect::Copy("20".to_owned()));
    screen.press("<Enter>");
    assert!(matches!(screen.press("y"), Effect::Copy(text) if text.contains("spawned by")));
    screen.press("7<Esc>");
    assert_eq!(screen.press("e"), Effect::Edit { file: "src/orders.rs".to_owned(), line: 40 });
}
