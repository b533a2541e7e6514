//! What keys and news do to the state.

use super::world::{self, MS, tell};
use super::{Action, Effect, Screen};
use crate::source::Address;
use crate::source::discover::Process;
use crate::tui::screen::Screen as Front;
use crate::tui::ui::Link;
use crate::tui::wanted::LIMIT;
use taskscope_model::{Nanos, Source, TaskId, World};

fn ids(screen: &Screen) -> Vec<u64> {
    screen.ui.tasks.view.placed.iter().map(|place| place.id.0).collect()
}

fn selected_line(screen: &Screen) -> usize {
    screen.ui.tasks.view.row(screen.ui.tasks.selected.unwrap()).unwrap() - screen.ui.tasks.top
}

#[test]
fn the_selection_stays_on_its_task_and_its_line_while_rows_move() {
    let mut screen = Screen::of(world::server(60), 80, 24);
    screen.press("<PgDn><PgDn>");
    let (task, line) = (screen.ui.tasks.selected.unwrap(), selected_line(&screen));
    let row = screen.ui.tasks.view.row(task).unwrap();
    for n in 0..20 {
        tell(&mut screen.world, world::polled(TaskId(10 + n * 3 + 2), 9, 90_000 * MS + n, None));
        screen.refresh();
    }
    assert_eq!(screen.ui.tasks.selected, Some(task));
    assert_ne!(screen.ui.tasks.view.row(task), Some(row), "the row has moved");
    assert_eq!(selected_line(&screen), line, "its line on the screen has not");
    assert!(screen.text().contains(&task.to_string()));
}

#[test]
fn without_a_selection_the_top_stays_in_sight() {
    let mut screen = Screen::of(world::server(60), 80, 24);
    tell(&mut screen.world, world::polled(TaskId(10), 9, 90_000 * MS, None));
    screen.refresh();
    assert_eq!((ids(&screen)[0], screen.ui.tasks.top, screen.ui.tasks.selected), (10, 0, None));
}

#[test]
fn when_the_selected_task_is_gone_the_one_in_its_place_is_selected() {
    let mut screen = Screen::of(world::server(10), 80, 24);
    screen.press("<Down><Down>");
    let before = ids(&screen);
    tell(&mut screen.world, taskscope_model::change::Forgotten { task: TaskId(before[1]) });
    screen.refresh();
    assert_eq!(screen.ui.tasks.selected, Some(TaskId(before[2])));
    screen.world = World::default();
    screen.refresh();
    assert_eq!(screen.ui.tasks.selected, None);
}

#[test]
fn a_filter_is_in_force_while_it_is_typed_and_esc_takes_it_back() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    let all = ids(&screen).len();
    assert_eq!(screen.press("/-busy<"), Effect::None, "this is no query yet");
    assert_eq!(ids(&screen).len(), all);
    let Effect::Ask(asked) = screen.press("100ms") else { panic!("nothing was asked") };
    assert_eq!((asked.query.as_str(), asked.sort.as_str(), asked.limit), ("-busy<100ms", "busy", LIMIT));
    let some = ids(&screen).len();
    assert!(some > 0 && some < all);
    assert_eq!(screen.press("x"), Effect::None, "it is wrong again: the last right one stays");
    assert_eq!(ids(&screen).len(), some);
    assert!(matches!(screen.press("<Esc>"), Effect::Ask(asked) if asked.query.is_empty()));
    assert_eq!(ids(&screen).len(), all);
}

#[test]
fn a_kept_filter_is_cleared_by_esc_and_then_the_selection() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    screen.press("/server<Enter><Down>");
    assert!(screen.ui.tasks.selected.is_some() && !screen.ui.tasks.wanted.query.matches_all());
    screen.press("<Esc>");
    assert!(screen.ui.tasks.selected.is_some() && screen.ui.tasks.wanted.query.matches_all());
    screen.press("<Esc>");
    assert_eq!(screen.ui.tasks.selected, None);
}

#[test]
fn sorting_goes_round_the_columns_and_asks_the_program() {
    let mut screen = Screen::of(world::server(30), 120, 24);
    screen.text();
    let columns: Vec<_> = screen.ui.tasks.view.columns.iter().map(|shown| shown.of.column.key).collect();
    let mut seen = Vec::new();
    for _ in 0..columns.len() {
        let Effect::Ask(asked) = screen.press(">") else { panic!("nothing was asked") };
        seen.push(asked.sort);
    }
    assert_eq!(seen.last().map(String::as_str), Some("busy"), "once round");
    seen.sort();
    let mut keys = columns.clone();
    keys.sort_unstable();
    assert_eq!(seen, keys);
    assert!(matches!(screen.press("r"), Effect::Ask(asked) if asked.reverse && asked.sort == "busy"));
    let busy: Vec<_> = ids(&screen)
        .iter()
        .map(|id| screen.world.task(TaskId(*id)).unwrap().busy(screen.world.now()))
        .collect();
    assert!(busy.is_sorted(), "{busy:?}");
    assert!(matches!(screen.press("<"), Effect::Ask(asked) if !asked.reverse && asked.sort != "busy"));
}

#[test]
fn ended_tasks_come_when_asked_for() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    let alive = ids(&screen).len();
    // They are told always, for the screens that are about them.
    assert_eq!(screen.press("E"), Effect::None);
    assert_eq!(ids(&screen).len(), alive + 6);
}

#[test]
fn pasted_text_is_no_command() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    assert_eq!(screen.act(Action::Paste("q".to_owned())), Effect::None);
    screen.press("/");
    assert!(
        matches!(screen.act(Action::Paste("id:3\n".to_owned())), Effect::Ask(asked) if asked.query == "id:3")
    );
}

#[test]
fn details_outlive_their_task() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    screen.press("<Enter>");
    let of = screen.ui.details.clone().expect("details");
    tell(&mut screen.world, taskscope_model::change::Forgotten { task: of.id });
    screen.refresh();
    let text = screen.text();
    assert!(text.contains(&format!("task {}", of.id)) && text.contains("no longer told of"), "{text}");
    assert!(text.contains("spawned at"), "{text}");
}

#[test]
fn a_lost_program_is_asked_again_when_it_is_back() {
    let mut screen = Screen::of(world::server(30), 80, 24);
    screen.press("/server<Enter><Down>");
    screen.act(Action::Lost { why: "gone".to_owned(), played: false });
    assert_eq!(screen.press("r"), Effect::None, "there is nobody to ask");
    let rows = ids(&screen).len();
    screen.refresh();
    assert_eq!(ids(&screen).len(), rows, "the last state stays visible");
    let selected = screen.ui.tasks.selected;
    let effect = screen.act(Action::Attached(Box::new(world::hello(4711))));
    assert!(matches!(effect, Effect::Ask(asked) if asked.query == "server" && asked.reverse));
    assert_eq!(screen.ui.tasks.selected, selected, "the same process has the same tasks");
    screen.act(Action::Lost { why: "gone".to_owned(), played: false });
    screen.act(Action::Attached(Box::new(world::hello(4712))));
    assert_eq!(screen.ui.tasks.selected, None, "another process has others");
    assert_eq!(screen.ui.notice.as_deref(), Some("reconnected to echo_server, pid 4712"));
    assert_eq!(screen.ui.link, Link::Up);
}

#[test]
fn the_picker_attaches_and_its_selection_is_a_process() {
    let process = |pid: u32| Process {
        pid,
        program: "p".to_owned(),
        address: Some(Address::Unix { path: format!("{pid}.sock").into(), pid: Some(pid) }),
        seen_by: vec![Source::AGENT],
        tasks: Some(1),
        uptime: Some(Nanos(1)),
        trouble: None,
    };
    let mut screen = Screen::of(world::server(3), 80, 24);
    assert_eq!(screen.press("p"), Effect::List(true));
    screen.act(Action::Processes(vec![process(5), process(7), process(4711)]));
    screen.press("g<Down>");
    screen.act(Action::Processes(vec![process(4), process(5), process(7)]));
    assert_eq!(screen.ui.picker.selected, Some(7));
    let seven = process(7).address.unwrap();
    assert_eq!(screen.press("<Enter>"), Effect::Attach(seven.clone()));
    screen.act(Action::Attach(seven));
    assert_eq!((screen.ui.screen, screen.ui.target.is_none()), (Front::Tasks, true));
    assert_eq!(screen.act(Action::NotAttached("no".to_owned())), Effect::List(true));
    assert!(screen.ui.picking);
}
