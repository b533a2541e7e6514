//! What could stand behind the name of a command.

use crate::rows::columns::TASKS;
use crate::tui::looks::Palette;
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use taskscope_model::{Task, World};

/// Tasks that are offered; nobody reads more.
const MOST: usize = 1_000;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(super) fn nothing(_: &Ui, _: &World) -> Vec<String> {
    Vec::new()
}

/// The selected task first.
fn ids<'a>(ui: &Ui, tasks: impl Iterator<Item = &'a Task>) -> Vec<String> {
    let chosen = ui.chosen_task();
    let others = tasks.map(Task::id).filter(|id| Some(*id) != chosen).take(MOST);
    chosen.into_iter().chain(others).map(|id| id.to_string()).collect()
}

pub(super) fn tasks(ui: &Ui, world: &World) -> Vec<String> {
    ids(ui, world.tasks())
}

pub(super) fn living(ui: &Ui, world: &World) -> Vec<String> {
    ids(ui, world.tasks().filter(|task| task.ended().is_none()))
}

pub(super) fn pinned(ui: &Ui, _: &World) -> Vec<String> {
    ui.pinned.iter().map(ToString::to_string).collect()
}

pub(super) fn modes(_: &Ui, _: &World) -> Vec<String> {
    words(&["on", "log", "debug"])
}

pub(super) fn limits(_: &Ui, _: &World) -> Vec<String> {
    words(&["100ms", "10ms", "off"])
}

pub(super) fn keys(_: &Ui, _: &World) -> Vec<String> {
    let keys = TASKS.iter().map(|column| column.column.key).filter(|key| !key.is_empty());
    keys.map(str::to_owned).collect()
}

pub(super) fn trees(_: &Ui, _: &World) -> Vec<String> {
    words(&["spawner", "waits", "off"])
}

pub(super) fn groups(_: &Ui, _: &World) -> Vec<String> {
    words(&["location", "stack", "off"])
}

pub(super) fn on_off(_: &Ui, _: &World) -> Vec<String> {
    words(&["on", "off"])
}

pub(super) fn screens(_: &Ui, _: &World) -> Vec<String> {
    Screen::ALL.iter().map(|screen| screen.title().to_lowercase()).collect()
}

pub(super) fn processes(ui: &Ui, _: &World) -> Vec<String> {
    let all = ui.picker.list().iter();
    all.flat_map(|process| [process.pid.to_string(), process.program.clone()]).collect()
}

pub(super) fn themes(_: &Ui, _: &World) -> Vec<String> {
    let palettes = Palette::ALL.iter().map(|(name, _)| (*name).to_owned());
    palettes.chain(words(&["ascii", "unicode"])).collect()
}
