//! Following what is selected: to a task, to tasks, to a process, to a line of the source.

use super::command::{choose, look_at, want};
use crate::rows::groups::GroupKey;
use crate::source::discover::Process;
use crate::tui::action::Effect;
use crate::tui::cell;
use crate::tui::keys::Side;
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use crate::tui::wanted::Chosen;
use taskscope_model::World;
use taskscope_model::change::Location;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;

/// Opens what is selected.
pub(super) fn open(ui: &mut Ui, world: &World) -> Effect {
    match ui.front() {
        None => attach(ui),
        Some(Screen::Tasks) if ui.shows_groups() => open_group(ui, world),
        Some(screen @ (Screen::Tasks | Screen::Ended)) => match ui.table().task() {
            Some(id) => {
                ui.table_mut().selected = Some(id);
                look_at(ui, world, id, screen)
            }
            None => Effect::None,
        },
        Some(Screen::Findings | Screen::Overview) => open_finding(ui, world),
        Some(Screen::Resources) => open_resource(ui, world),
        Some(Screen::Events) => {
            let entry = ui.log.entry().or_else(|| ui.log.entries().next_back());
            match entry.and_then(|entry| entry.task) {
                Some(task) => look_at(ui, world, task, Screen::Events),
                None => said(ui, "this is about no task that is known"),
            }
        }
        Some(Screen::Task | Screen::Runtime) => Effect::None,
    }
}

fn said(ui: &mut Ui, notice: &str) -> Effect {
    ui.notice = Some(notice.to_owned());
    Effect::None
}

/// The finding's task, or the table of its tasks.
fn open_finding(ui: &mut Ui, world: &World) -> Effect {
    let Some(finding) = ui.findings.finding() else { return Effect::None };
    match finding.tasks[..] {
        [] if ui.screen == Screen::Overview => super::show(ui, world, Screen::Findings),
        [] => said(ui, "it is not about any task that is known"),
        [task] => look_at(ui, world, task, ui.screen),
        _ => {
            let (kind, tasks) = (finding.kind, finding.tasks.clone());
            choose(ui, world, Chosen::Finding(kind), tasks)
        }
    }
}

/// The tasks that wait for the resource.
fn open_resource(ui: &mut Ui, world: &World) -> Effect {
    let Some(resource) = ui.resources.resource(world) else { return Effect::None };
    match resource.waiting[..] {
        [] => said(ui, "no task waits for it"),
        _ => choose(ui, world, Chosen::Resource(resource.key.id), resource.waiting),
    }
}

/// The tasks of the group: those of a place by a filter, which finds new ones too.
fn open_group(ui: &mut Ui, world: &World) -> Effect {
    let Some(group) = ui.groups.group().cloned() else { return Effect::None };
    ui.groups.selected = Some(group.key.clone());
    let place = match group.key {
        GroupKey::Stack(_) => return choose(ui, world, Chosen::Stack, group.tasks),
        GroupKey::Place(place) => place.and_then(|place| world.location(place)),
    };
    let Some(place) = place else { return said(ui, "where these were spawned is not known") };
    let before = ui.tasks.wanted.text.trim();
    let gap = if before.is_empty() { "" } else { " " };
    let text = format!("{before}{gap}location:\"{place}\"");
    if let Err(error) = ui.tasks.wanted.filter(&text) {
        return said(ui, &error.to_string());
    }
    ui.tasks.wanted.group = None;
    ui.tasks.rewind();
    want(ui, world)
}

/// Attaches to the selected process, or goes back to it.
fn attach(ui: &mut Ui) -> Effect {
    let Some(process) = ui.picker.process() else { return Effect::None };
    let shown = ui.target.as_ref().is_some_and(|target| target.pid == process.pid);
    if shown && !ui.is_old() {
        ui.picking = false;
        return Effect::List(false);
    }
    match (&process.address, &process.trouble) {
        (Some(address), None) => Effect::Attach(address.clone()),
        (_, trouble) => {
            let why = trouble.as_deref().unwrap_or("it has no agent");
            let text = format!("cannot attach to {}, pid {}: {why}", process.program, process.pid);
            said(ui, &text)
        }
    }
}

/// The next process that answers, with the view as it is: as soon as it is known which there are now.
pub(super) fn next_process(ui: &mut Ui, side: Side) -> Effect {
    ui.switching = Some(side);
    ui.notice = Some("looking for other programs ...".to_owned());
    Effect::List(true)
}

/// Which processes there are is known now: goes on to the next one, if that is wanted.
pub(super) fn switch(ui: &mut Ui) -> Effect {
    let Some(side) = ui.switching.take() else { return Effect::None };
    let here = ui.target.as_ref().map(|target| target.pid);
    let answers = |it: &&Process| it.trouble.is_none() && it.address.is_some();
    let all: Vec<_> = ui.picker.list().iter().filter(answers).collect();
    let at = all.iter().position(|process| Some(process.pid) == here);
    let next = match (at, side) {
        (_, _) if all.is_empty() => None,
        (Some(at), Side::Right) => all.get((at + 1) % all.len()),
        (Some(at), Side::Left) => all.get((at + all.len() - 1) % all.len()),
        (None, _) => all.first(),
    };
    let address =
        next.filter(|process| Some(process.pid) != here).and_then(|process| process.address.clone());
    match address {
        Some(address) => Effect::Attach(address),
        None => {
            ui.notice = Some("there is no other live program with an agent".to_owned());
            Effect::List(ui.picking)
        }
    }
}

/// The place in the source that what is selected is about.
fn place(ui: &Ui, world: &World) -> Option<Location> {
    if ui.screen == Screen::Tasks && ui.shows_groups() {
        return match ui.groups.group()?.key {
            GroupKey::Place(place) => world.location(place?).cloned(),
            GroupKey::Stack(_) => None,
        };
    }
    match ui.screen {
        Screen::Findings | Screen::Overview => ui.findings.finding()?.location.clone(),
        Screen::Resources => ui.resources.resource(world)?.location,
        _ => {
            let known =
                ui.details.as_ref().filter(|_| ui.screen == Screen::Task).and_then(|it| it.task.as_ref());
            let task = known.or_else(|| world.task(ui.chosen_task()?))?;
            let failed = task.failure().and_then(|it| Some(By { source: it.source, id: it.id.location? }));
            world.location(failed.or_else(|| task.location())?).cloned()
        }
    }
}

/// Opens the place in an editor.
pub(super) fn editor(ui: &mut Ui, world: &World) -> Effect {
    match place(ui, world) {
        Some(Location { file, line, .. }) => Effect::Edit { file, line },
        None => said(ui, "no line of the source is known for it; select a row first"),
    }
}

/// Copies what one would want to paste somewhere: a finding in words, else a task's id, else a place.
pub(super) fn copy(ui: &mut Ui, world: &World) -> Effect {
    let finding = ui.findings.finding().filter(|_| ui.screen == Screen::Findings);
    let text = match (finding, ui.chosen_task()) {
        (Some(finding), _) => {
            let at = finding.location.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
            Some(format!("{}{at}: {}; {}", finding.kind, finding.message, finding.advice))
        }
        (None, Some(task)) if ui.screen != Screen::Task => Some(task.to_string()),
        (None, _) if ui.screen == Screen::Task => {
            let room = u16::MAX;
            let lines = crate::tui::draw::details::lines(ui, world, room);
            Some(lines.iter().map(|line| format!("{line}\n")).collect())
        }
        _ => place(ui, world).map(|at| at.to_string()),
    };
    match text {
        Some(text) => {
            let short = cell::cut_end(text.lines().next().unwrap_or_default().trim(), 60);
            ui.notice = Some(format!("copied: {short}"));
            Effect::Copy(text)
        }
        None => said(ui, "select a row first"),
    }
}
