//! Locks and who waits for them: screens and keys.

use super::{Effect, Screen};
use crate::fake;
use crate::tui::screen::Screen as Front;
use insta::assert_snapshot;
use taskscope_model::change::ResourceForgotten;
use taskscope_model::{Change, ResourceId, Source, TaskId, World};

fn locks(width: u16, height: u16) -> Screen {
    let mut world = World::default();
    fake::locks().iter().for_each(|change| world.apply(change));
    Screen::of(world, width, height)
}

#[test]
fn resources_screen() {
    let mut screen = locks(80, 20);
    screen.press("R");
    assert_snapshot!("resources", screen.text());
    screen.press("<Down>e");
    assert_snapshot!("dropped_resources_too", screen.text());
    let mut wide = locks(130, 20);
    wide.press("R");
    assert_snapshot!("resources_in_a_wide_terminal", wide.text());
    let mut none = Screen::of(World::default(), 80, 12);
    none.press("R");
    assert_snapshot!("no_resources", none.text());
}

#[test]
fn enter_leads_to_the_tasks_that_wait_and_esc_back() {
    let mut screen = locks(80, 20);
    screen.press("R");
    let Effect::Ask(asked) = screen.press("<Enter>") else { panic!("nothing was asked") };
    assert_eq!(asked.detail, [TaskId(11), TaskId(12)]);
    screen.refresh();
    assert_snapshot!("tasks_that_wait", screen.text());
    screen.press("<Esc>");
    assert_eq!(screen.ui.screen, Front::Resources);
    screen.press("<Down><Enter>");
    assert_eq!(screen.ui.notice.as_deref(), Some("no task waits for it"));
    screen.press("<Esc>");
    assert_eq!(screen.ui.screen, Front::Tasks);
}

#[test]
fn the_selection_stays_on_its_resource() {
    let mut screen = locks(80, 20);
    screen.press("R<Down>");
    let selected = |screen: &Screen| screen.ui.resources.selected.map(|key| key.id.0);
    assert_eq!(selected(&screen), Some(20));
    let forget = |screen: &mut Screen, id| {
        let fact = ResourceForgotten { id: ResourceId(id) }.into();
        screen.world.apply(&Change { source: Source::CONSOLE, fact });
        screen.refresh();
    };
    forget(&mut screen, 7);
    assert_eq!(selected(&screen), Some(20));
    forget(&mut screen, 20);
    assert_eq!(selected(&screen), None);
    screen.press("<Enter><PageDown><Up>");
    screen.text();
}
