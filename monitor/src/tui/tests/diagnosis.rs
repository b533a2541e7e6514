//! What is wrong, what became of tasks, and cancelling them: screens and keys.

use super::world::hello;
use super::{Action, Effect, Screen};
use crate::fake;
use crate::rows::findings::FindingRow;
use crate::tui::screen::Screen as Front;
use crate::tui::ui::Target;
use insta::assert_snapshot;
use taskscope_model::change::Location;
use taskscope_model::hello::{Hello, Rights};
use taskscope_model::request::CancelResult;
use taskscope_model::task::By;
use taskscope_model::{Kind, LocationId, Nanos, Severity, Source, TaskId, World};

/// The program whose tasks are wrapped.
fn orders(width: u16, height: u16) -> Screen {
    let mut world = World::default();
    fake::orders().iter().for_each(|change| world.apply(change));
    Screen::of(world, width, height)
}

fn finding(kind: Kind, severity: Severity, tasks: &[u64], line: u32) -> FindingRow {
    let place = By { source: Source::AGENT, id: LocationId(line) };
    FindingRow {
        key: (kind, Some(place)),
        kind,
        severity,
        message: format!("{} of it went wrong in a way that takes some words to say", tasks.len()),
        advice: "look at what it says, and mend it".to_owned(),
        tasks: tasks.iter().copied().map(TaskId).collect(),
        location: Some(Location { id: place.id, file: "src/orders.rs".to_owned(), line, column: 5 }),
        count: 1_204,
        since: Nanos(12_000_000_000),
        evidence: vec!["task 33: index out of bounds: the len is 0 but the index is 1".to_owned()],
    }
}

pub(super) fn some_findings() -> Vec<FindingRow> {
    vec![
        finding(Kind::PanicUnseen, Severity::Error, &[33], 88),
        finding(Kind::ErrorUnseen, Severity::Warning, &[34, 31, 32], 40),
        finding(Kind::DroppedHalfWay, Severity::Info, &[], 7),
    ]
}

fn with_findings(width: u16, height: u16) -> Screen {
    let mut screen = orders(width, height);
    screen.findings = some_findings();
    screen.refresh();
    screen
}

#[test]
fn findings_screen() {
    let mut screen = with_findings(80, 24);
    assert_snapshot!("a_program_with_findings", screen.text());
    screen.press("f");
    assert_snapshot!("findings", screen.text());
    screen.press("<Down>");
    assert_snapshot!("the_second_finding", screen.text());
    let mut wide = with_findings(140, 12);
    wide.press("f");
    assert_snapshot!("findings_in_a_wide_terminal", wide.text());
    screen.press("<Enter>");
    screen.refresh();
    assert_snapshot!("the_tasks_of_a_finding", screen.text());
    let mut healthy = orders(80, 12);
    healthy.press("f");
    assert_snapshot!("no_findings", healthy.text());
}

#[test]
fn details_tell_what_became_of_a_task() {
    for (task, what) in [
        ("20", "details_of_one_that_waits"),
        ("32", "details_of_a_cancelled_one"),
        ("33", "details_of_a_panicked_one"),
    ] {
        let mut screen = with_findings(80, 24);
        screen.press(&format!("E/id:{task}<Enter>"));
        screen.refresh();
        screen.press("<Down><Enter>");
        screen.refresh();
        assert_snapshot!(what, screen.text());
    }
}

#[test]
fn enter_leads_from_a_finding_to_its_tasks_and_esc_back() {
    let mut screen = with_findings(80, 24);
    screen.press("f");
    let Effect::Ask(asked) = screen.press("<Enter>") else { panic!("nothing was asked") };
    assert_eq!(asked.detail, [TaskId(33)]);
    assert!(
        screen.ui.screen == Front::Task && screen.ui.details.as_ref().is_some_and(|of| of.id == TaskId(33))
    );
    assert!(matches!(screen.press("<Esc>"), Effect::Ask(asked) if asked.detail.is_empty()));
    assert_eq!(screen.ui.screen, Front::Findings);

    let Effect::Ask(asked) = screen.press("<Down><Enter>") else { panic!("nothing was asked") };
    assert_eq!(asked.detail, [31, 32, 34].map(TaskId), "many are shown as a table");
    screen.refresh();
    let rows: Vec<_> = screen.ui.tasks.view.placed.iter().map(|place| place.id.0).collect();
    assert_eq!((screen.ui.screen, rows.len()), (Front::Tasks, 3), "{rows:?}");
    assert!(matches!(screen.press("<Esc>"), Effect::Ask(asked) if asked.detail.is_empty()));
    assert_eq!(screen.ui.screen, Front::Findings);
    screen.press("<Esc>");
    assert!(screen.ui.screen == Front::Tasks && screen.ui.tasks.view.placed.len() > 3);
}

#[test]
fn the_selection_stays_on_its_finding() {
    let mut screen = with_findings(80, 24);
    screen.press("f<Down>");
    screen.findings.remove(0);
    screen.refresh();
    assert_eq!(screen.ui.findings.row(), Some(0), "it has moved up");
    assert_eq!(screen.ui.findings.finding().map(|row| row.kind), Some(Kind::ErrorUnseen));
    screen.findings.remove(0);
    screen.refresh();
    assert_eq!(screen.ui.findings.finding().map(|row| row.kind), Some(Kind::DroppedHalfWay), "it is gone");
    screen.findings.clear();
    screen.refresh();
    assert_eq!(screen.press("<Enter>"), Effect::None);
}

#[test]
fn cancelling_asks_first() {
    let mut screen = orders(80, 16);
    assert_eq!(screen.press("c"), Effect::None);
    assert_eq!(screen.ui.notice.as_deref(), Some("select a task first"));
    screen.press("/id:20<Enter><Down>");
    assert_eq!(screen.press("c"), Effect::None);
    assert_snapshot!("whether_to_cancel", screen.text());
    assert_eq!(screen.press("n"), Effect::None);
    assert_eq!(screen.press("y"), Effect::Copy("20".to_owned()), "the question is over");
    assert_eq!(screen.press("cq"), Effect::None, "q is no as well, not quit");
    assert_eq!(screen.press("cy"), Effect::Cancel(vec![TaskId(20)]));
    let (task, message) = (TaskId(20), String::new());
    screen.act(Action::Cancelled(vec![CancelResult { task, asked: true, message }]));
    assert_eq!(screen.ui.notice.as_deref(), Some("task 20 is asked to stop"));
    let message = "cannot cancel 20: tokio::spawn at src/a.rs:1 keeps its handle".to_owned();
    screen.act(Action::Cancelled(vec![CancelResult { task, asked: false, message: message.clone() }]));
    assert_eq!(screen.ui.notice, Some(message));
}

#[test]
fn what_cannot_be_cancelled_is_said_before_asking() {
    let mut screen = orders(80, 16);
    screen.press("E/id:31<Enter><Down>c");
    assert_eq!(screen.ui.notice.as_deref(), Some("task 31 has ended already"));
    screen.press("<Esc>/id:20<Enter><Down>");
    let hello = Hello { rights: Rights::READ, ..hello(4711) };
    screen.act(Action::Attached(Box::new(hello)));
    screen.press("c");
    assert!(screen.ui.notice.as_deref().is_some_and(|notice| notice.contains("may only look")));
    assert!(screen.ui.target.as_ref().is_some_and(|Target { rights, .. }| !rights.control));
    screen.act(Action::Lost { why: "gone".to_owned(), played: false });
    screen.press("c");
    assert_eq!(screen.ui.notice.as_deref(), Some("the program is not there"));
}

#[test]
fn details_ask_for_more() {
    let mut screen = orders(80, 16);
    screen.press("/id:21<Enter><Down>");
    assert!(matches!(screen.press("<Enter>"), Effect::Ask(asked) if asked.detail == [TaskId(21)]));
    assert_eq!(screen.press("x"), Effect::Trace(TaskId(21)));
    assert_eq!(screen.press("cy"), Effect::Cancel(vec![TaskId(21)]));
    assert!(matches!(screen.press("f"), Effect::Ask(asked) if asked.detail.is_empty() && asked.totals));
    assert_eq!(screen.ui.screen, Front::Findings);
}
