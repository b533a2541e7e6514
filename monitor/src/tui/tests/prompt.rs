//! The line behind `:`.

use super::world;
use super::{Action, Effect, Screen};
use crate::fake;
use crate::source::Address;
use crate::source::discover::Process;
use crate::tui::screen;
use insta::assert_snapshot;
use taskscope_model::hello::{Hello, Rights};
use taskscope_model::{Nanos, Source, TaskId, World};

fn orders(width: u16, height: u16) -> Screen {
    let mut world = World::default();
    fake::orders().iter().for_each(|change| world.apply(change));
    Screen::of(world, width, height)
}

#[test]
fn what_is_typed_is_helped_along() {
    let mut screen = orders(80, 16);
    screen.press(":");
    assert_snapshot!("a_command_is_begun", screen.text());
    screen.press("mo<Tab>d");
    assert_snapshot!("a_command_is_completed", screen.text());
    screen.press("<Tab><Enter>");
    assert_eq!(screen.ui.typing, None);
    screen.press(":canel 20<Enter>");
    assert_snapshot!("a_command_is_wrong", screen.text());
    assert_eq!(screen.press("<Esc>"), Effect::None);
}

#[test]
fn commands_do_what_they_say() {
    let mut screen = orders(80, 16);
    assert_eq!(screen.press(":mode debug<Enter>"), Effect::Switch("debug".to_owned()));
    assert_eq!(screen.press(":limit 20ms<Enter>"), Effect::SetLimit(Some(Nanos(20_000_000))));
    assert_eq!(screen.press(":limit off<Enter>"), Effect::SetLimit(None));
    assert_eq!(screen.press(":cancel 20 21<Enter>"), Effect::None);
    assert!(screen.text().contains("cancel 2 tasks of"));
    assert_eq!(screen.press("y"), Effect::Cancel(vec![TaskId(20), TaskId(21)]));
    assert!(matches!(screen.press(":where 20<Enter>"), Effect::Ask(asked) if asked.detail == [TaskId(20)]));
    assert_eq!(screen.ui.screen, screen::Screen::Task);
    assert_eq!(screen.press(":trace 21<Enter>"), Effect::Trace(TaskId(21)));
    assert_eq!(screen.press(":stacktrace<Enter>"), Effect::Stacks);
    assert!(matches!(screen.press(":filter order<Enter>"), Effect::Ask(asked) if asked.query == "order"));
    assert!(matches!(screen.press(":sort polls reverse<Enter>"), Effect::Ask(asked) if asked.reverse));
    screen.press(":show events<Enter>");
    assert_eq!(screen.ui.screen, screen::Screen::Events);
    assert_eq!(screen.press(":q<Enter>"), Effect::Quit);
}

#[test]
fn what_is_wrong_is_said_and_the_line_stays() {
    let mut screen = orders(80, 16);
    for (typed, said) in [
        (":nosuch", "there is no command"),
        (":where", "which task"),
        (":where nine", "nine"),
        (":mode loud", "`log` is near"),
        (":mode", "one of on, log, debug is wanted"),
        (":limit 20", "a number and a unit"),
        (":sort buzy", "`busy` is near"),
        (":filter buzy>5ms", "is no key"),
        (":attach nowhere", "no live program"),
        (":theme tark", "`dark` is near"),
    ] {
        screen.press(&format!("{typed}<Enter>"));
        let text = screen.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said) && screen.ui.typing.is_some(), "{typed}: {text}");
        screen.press("<Esc>");
    }
    let hello = Hello { rights: Rights::READ, ..world::hello(4711) };
    screen.act(Action::Attached(Box::new(hello)));
    screen.press(":mode debug<Enter>");
    assert!(screen.text().contains("may only look"));
}

#[test]
fn earlier_commands_come_back() {
    let mut screen = orders(80, 16);
    let line = |screen: &Screen| screen.ui.typing.as_ref().map(|typing| typing.line().text());
    screen.press(":freeze<Enter>:freeze<Enter>:theme light<Enter>:sh");
    screen.press("<Up>");
    assert_eq!(line(&screen).as_deref(), Some("theme light"));
    screen.press("<Up><Up>");
    assert_eq!(line(&screen).as_deref(), Some("freeze"), "the same one twice is one");
    screen.press("<Down><Down>");
    assert_eq!(line(&screen).as_deref(), Some("sh"), "what was begun is not lost");
    screen.press("<Back><Back><Back>");
    assert_eq!(line(&screen), None, "deleting the : leaves");
}

#[test]
fn one_key_leads_to_the_next_process_with_the_same_view() {
    let mut screen = orders(80, 16);
    let process = |pid: u32, path: &str, trouble: Option<&str>| Process {
        pid,
        program: "worker".to_owned(),
        address: Some(Address::Recording(path.into())),
        seen_by: vec![Source::AGENT],
        tasks: None,
        uptime: None,
        trouble: trouble.map(str::to_owned),
    };
    let all =
        vec![process(4711, "a", None), process(4800, "b", Some("it is stopped")), process(4900, "c", None)];
    screen.act(Action::Processes(all.clone()));
    screen.press("/order<Enter>6");
    assert_eq!(screen.press("<Ctrl-N>"), Effect::List(true));
    let address = Address::Recording("c".into());
    assert_eq!(
        screen.act(Action::Processes(all.clone())),
        Effect::Attach(address),
        "which there are is known now"
    );
    let address = Address::Recording("c".into());
    assert_eq!(screen.press(":attach 4900<Enter>"), Effect::Attach(address.clone()));
    screen.act(Action::Attach(address));
    screen.act(Action::Attached(Box::new(world::hello(4900))));
    assert_eq!(screen.ui.screen, screen::Screen::Ended, "the screen stays");
    assert_eq!(screen.ui.tasks.wanted.text, "order", "and the filter");
    // One that is gone stays in the list, marked.
    screen.act(Action::Processes(all[1..].to_vec()));
    screen.press("p");
    assert_snapshot!("a_process_is_lost", screen.text());
}
