//! What the commands do. Each is given what stands behind its name; most do what a key does.

use crate::rows::Arrangement;
use crate::rows::groups::Grouping;
use crate::tui::action::Effect;
use crate::tui::keys::Command;
use crate::tui::looks::Palette;
use crate::tui::nearest::words_near as wrong;
use crate::tui::screen::Screen;
use crate::tui::ui::{Link, Ui};
use crate::tui::update;
use std::path::PathBuf;
use taskscope_model::query::KEYS;
use taskscope_model::{Nanos, TaskId, World};

type Done = Result<Effect, String>;

fn one_task(text: &str) -> Result<TaskId, String> {
    match text {
        "" => Err("which task? Tab lists them".to_owned()),
        text => text.parse().map_err(|error| format!("{error}")),
    }
}

fn several(text: &str) -> Result<Vec<TaskId>, String> {
    let tasks = text.split_whitespace().map(one_task).collect::<Result<Vec<_>, _>>()?;
    if tasks.is_empty() { one_task("").map(|_| tasks) } else { Ok(tasks) }
}

pub(super) fn where_is(ui: &mut Ui, world: &World, text: &str) -> Done {
    let task = one_task(text)?;
    let from = if ui.screen == Screen::Task { Screen::Tasks } else { ui.screen };
    Ok(update::look_at(ui, world, task, from))
}

pub(super) fn cancel(ui: &mut Ui, world: &World, text: &str) -> Done {
    let tasks = match text {
        "" => ui.chosen_task().into_iter().collect(),
        text => several(text)?,
    };
    update::cancel(ui, world, tasks);
    Ok(Effect::None)
}

pub(super) fn trace(ui: &mut Ui, world: &World, text: &str) -> Done {
    let task = if text.is_empty() { ui.chosen_task().ok_or("which task?")? } else { one_task(text)? };
    update::may_control(ui)?;
    // Its answer stands among all else about the task.
    let from = if ui.screen == Screen::Task { Screen::Tasks } else { ui.screen };
    update::look_at(ui, world, task, from);
    Ok(Effect::Trace(task))
}

pub(super) fn stacktrace(ui: &mut Ui, world: &World, _: &str) -> Done {
    update::show(ui, world, Screen::Runtime);
    Ok(update::command(ui, world, Command::Stacks))
}

pub(super) fn mode(ui: &mut Ui, _: &World, text: &str) -> Done {
    const MODES: &[&str] = &["on", "log", "debug"];
    if !MODES.contains(&text) {
        return Err(wrong(text, MODES));
    }
    update::may_control(ui)?;
    Ok(Effect::Switch(text.to_owned()))
}

pub(super) fn limit(ui: &mut Ui, _: &World, text: &str) -> Done {
    let limit = match text {
        "off" => None,
        text => Some(Nanos::parse(text).map_err(|error| format!("{error}, or `off`"))?),
    };
    update::may_control(ui)?;
    Ok(Effect::SetLimit(limit))
}

pub(super) fn filter(ui: &mut Ui, world: &World, text: &str) -> Done {
    if !ui.screen.is_table() {
        ui.screen = Screen::Tasks;
    }
    ui.table_mut().wanted.filter(text).map_err(|error| error.to_string())?;
    Ok(update::want(ui, world))
}

pub(super) fn sort(ui: &mut Ui, world: &World, text: &str) -> Done {
    let (key, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let reverse = match rest.trim() {
        "" => false,
        "reverse" => true,
        other => return Err(wrong(other, &["reverse"])),
    };
    if !ui.screen.is_table() {
        ui.screen = Screen::Tasks;
    }
    if key.is_empty() || !ui.table_mut().wanted.sort(key, reverse) {
        let keys: Vec<_> = KEYS.iter().map(|key| key.name).collect();
        return Err(wrong(key, &keys));
    }
    Ok(update::want(ui, world))
}

pub(super) fn tree(ui: &mut Ui, world: &World, text: &str) -> Done {
    ui.tasks.wanted.arrangement = match text {
        "spawner" | "" => Arrangement::BySpawner,
        "waits" => Arrangement::ByWaits,
        "off" => Arrangement::Flat,
        other => return Err(wrong(other, &["spawner", "waits", "off"])),
    };
    ui.tasks.wanted.group = None;
    ui.tasks.view.forget_widths();
    Ok(update::show(ui, world, Screen::Tasks))
}

pub(super) fn group(ui: &mut Ui, world: &World, text: &str) -> Done {
    let grouping = match text {
        "location" | "" => Some(Grouping::Location),
        "stack" => Some(Grouping::Stack),
        "off" => None,
        other => return Err(wrong(other, &["location", "stack", "off"])),
    };
    ui.screen = Screen::Tasks;
    Ok(update::group(ui, world, grouping))
}

pub(super) fn ended(ui: &mut Ui, world: &World, text: &str) -> Done {
    ui.tasks.wanted.ended = match text {
        "on" | "" => true,
        "off" => false,
        other => return Err(wrong(other, &["on", "off"])),
    };
    Ok(update::show(ui, world, Screen::Tasks))
}

pub(super) fn pin(ui: &mut Ui, world: &World, text: &str) -> Done {
    for task in several(text)? {
        if !ui.pinned.contains(&task) {
            ui.pinned.push(task);
        }
    }
    Ok(update::want(ui, world))
}

pub(super) fn unpin(ui: &mut Ui, world: &World, text: &str) -> Done {
    match text {
        "" => ui.pinned.clear(),
        text => {
            let tasks = several(text)?;
            ui.pinned.retain(|pinned| !tasks.contains(pinned));
        }
    }
    Ok(update::want(ui, world))
}

pub(super) fn show(ui: &mut Ui, world: &World, text: &str) -> Done {
    let names: Vec<String> = Screen::ALL.iter().map(|screen| screen.title().to_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let screen = Screen::named(text).ok_or_else(|| wrong(text, &names))?;
    Ok(update::show(ui, world, screen))
}

pub(super) fn write(ui: &mut Ui, world: &World, text: &str) -> Done {
    Ok(update::save(ui, world, Some(PathBuf::from(text)).filter(|_| !text.is_empty())))
}

pub(super) fn attach(ui: &mut Ui, _: &World, text: &str) -> Done {
    if text.is_empty() {
        return Err("which program? `processes` lists them".to_owned());
    }
    let pid: Option<u32> = text.parse().ok();
    let mut found = ui.picker.list().iter().filter(|it| Some(it.pid) == pid || it.program == text);
    let process =
        found.next().ok_or_else(|| format!("no live program `{text}` is known; `processes` lists them"))?;
    if found.next().is_some() {
        return Err(format!("several programs are called {text}: name a pid"));
    }
    match (&process.address, &process.trouble) {
        (Some(address), None) => Ok(Effect::Attach(address.clone())),
        (_, trouble) => Err(trouble.clone().unwrap_or_else(|| "it has no agent".to_owned())),
    }
}

pub(super) fn processes(ui: &mut Ui, world: &World, _: &str) -> Done {
    Ok(update::command(ui, world, Command::Processes))
}

pub(super) fn theme(ui: &mut Ui, _: &World, text: &str) -> Done {
    match (text, Palette::named(text)) {
        (_, Some(palette)) => ui.looks.palette = palette,
        ("ascii", _) => ui.looks.ascii = true,
        ("unicode", _) => ui.looks.ascii = false,
        _ => return Err(wrong(text, &["dark", "light", "16", "none", "ascii", "unicode"])),
    }
    Ok(Effect::None)
}

pub(super) fn freeze(ui: &mut Ui, world: &World, _: &str) -> Done {
    if ui.link == Link::None {
        return Err("there is no program to look at".to_owned());
    }
    Ok(update::command(ui, world, Command::Freeze))
}

pub(super) fn help(ui: &mut Ui, _: &World, _: &str) -> Done {
    ui.help = Some(0);
    Ok(Effect::None)
}

pub(super) fn quit(_: &mut Ui, _: &World, _: &str) -> Done {
    Ok(Effect::Quit)
}
