//! The one place where the state of the TUI changes. Pure: no IO, no clock; what has to be done outside is
//! given back as an [`Effect`].

mod command;
mod mouse;
mod moves;
mod open;
mod prompt;
mod save;
mod table;

pub(super) use command::{cancel, group, look_at, may_control, replay, run as command, show, want};
pub(super) use prompt::help as prompt_help;
pub(super) use save::save;

use super::action::{Action, Effect};
use super::events::Log;
use super::history::History;
use super::keys::Edit;
use super::layout;
use super::resources::Resources;
use super::screen::Screen;
use super::typing::Typing;
use super::ui::{Link, Target, Ui};
use crate::print::fate;
use crate::source::error::one_line;
use taskscope_model::World;
use taskscope_model::hello::Hello;
use taskscope_model::request::{CancelResult, Denied};

/// Takes in what happened. The World is the one that is shown.
pub(super) fn update(ui: &mut Ui, world: &World, action: Action) -> Effect {
    match action {
        Action::Do(command) => {
            ui.notice = None;
            return command::run(ui, world, command);
        }
        Action::Paste(text) => return paste(ui, world, &text),
        Action::Resized(size) => {
            ui.size = size;
            table::keep_in_sight(ui);
        }
        Action::Refresh { complete, findings, events } => {
            ui.complete = complete;
            ui.findings.judged |= complete;
            ui.findings.replace(findings, finding_rows(ui));
            ui.log.extend(events);
            ui.history.note(world);
            note_details(ui, world);
            rearrange(ui, world);
        }
        Action::Fit => table::fit(ui, world),
        Action::Attach(address) => {
            *ui = take(ui);
            ui.link = Link::Attaching(address.to_string());
        }
        Action::Attached(hello) => return attached(ui, &hello),
        Action::NotAttached(why) => {
            ui.link = Link::None;
            ui.picking = true;
            ui.notice = Some(why);
            return Effect::List(true);
        }
        Action::Lost { why, played: true } => (ui.link, ui.notice) = (Link::Played, Some(one_line(&why))),
        Action::Lost { why, played: false } => ui.link = Link::Lost { why, since: None },
        Action::StillLost(why) => {
            if let Link::Lost { since, .. } = &mut ui.link {
                *since = Some(why);
            }
        }
        Action::Denied(Denied { message, .. }) => ui.notice = Some(one_line(&message)),
        Action::Done(message) | Action::Told(message) => {
            ui.notice = Some(one_line(&message)).filter(|it| !it.is_empty());
        }
        Action::Cancelled(results) => {
            let all: Vec<_> = results.iter().map(cancelled).collect();
            ui.notice = Some(all.join("; "));
        }
        Action::Replayed(line) => {
            ui.link = Link::Played;
            ui.replay = Some(*line);
        }
        Action::Moment => {
            (ui.log, ui.history) = (Log::default(), History::default());
            ui.tasks.view.start_over();
            ui.groups.start_over();
        }
        Action::Recording(written) => ui.recording = written,
        Action::Mouse(mouse) => return mouse::take(ui, world, mouse),
        Action::Judged(health) => ui.picker.judge(health),
        Action::Processes(processes) => {
            let height = layout::rows(layout::areas(ui.size, ui).body);
            ui.picker.replace(processes, height);
            return open::switch(ui);
        }
    }
    Effect::None
}

/// What the person has set up stays when another program is chosen: the screen, the order, the filter.
fn take(ui: &mut Ui) -> Ui {
    let fresh = Ui::new(ui.size, ui.looks);
    let mut old = std::mem::replace(ui, fresh);
    old.tasks.wanted.only = None;
    let mut new = Ui::new(old.size, old.looks);
    new.screen = if old.screen == Screen::Task { Screen::Tasks } else { old.screen };
    (new.tasks.wanted, new.ended.wanted) = (old.tasks.wanted, old.ended.wanted);
    (new.picker, new.typed, new.picking) = (old.picker, old.typed, false);
    new.recording = old.recording;
    new
}

/// The lists that the World alone makes, put in order again; what is not in front waits until it is.
pub(super) fn rearrange(ui: &mut Ui, world: &World) {
    if ui.screen == Screen::Resources {
        ui.resources.arrange(world, resource_rows(ui));
    }
    if ui.shows_groups() {
        let height = layout::rows(layout::areas(ui.size, ui).body);
        ui.groups.arrange(world, &ui.tasks.wanted, height);
    }
    table::refresh(ui, world);
}

/// A task is remembered as it was last seen.
fn note_details(ui: &mut Ui, world: &World) {
    let Some(details) = &mut ui.details else { return };
    if let Some(task) = world.task(details.id) {
        details.task = Some(task.clone());
        details.history.note(task, world.now());
    }
}

/// A program answered: a new one, the one that was lost, or its successor.
fn attached(ui: &mut Ui, hello: &Hello) -> Effect {
    let target = Target {
        program: one_line(&hello.program),
        pid: hello.pid,
        mode: one_line(&hello.mode),
        since: hello.started_at,
        rights: hello.rights,
        clock: hello.clock,
    };
    if ui.is_old() {
        ui.notice = Some(format!("reconnected to {}, pid {}", target.program, target.pid));
    }
    // Another process numbers its tasks anew.
    if ui.target.as_ref().is_some_and(|before| before.pid != target.pid) {
        ui.tasks.rewind();
        ui.ended.rewind();
        ui.tasks.view.start_over();
        ui.ended.view.start_over();
        ui.to_cancel.clear();
        ui.pinned.clear();
        ui.tasks.wanted.only = None;
        ui.resources = Resources::default();
        ui.groups = Default::default();
        (ui.log, ui.history, ui.details) = (Log::default(), History::default(), None);
        ui.findings.judged = false;
        if ui.screen == Screen::Task {
            ui.screen = Screen::Tasks;
        }
    }
    if ui.target.is_none() {
        ui.picking = false;
    }
    (ui.asked, ui.replay) = (None, None);
    ui.target = Some(target);
    ui.link = Link::Up;
    ui.ask()
}

/// What the program says of a task that was to stop. That it has stopped is seen in the task itself.
fn cancelled(result: &CancelResult) -> String {
    match (result.asked, result.message.is_empty()) {
        (true, true) => format!("{} is asked to stop", fate::called(result.task)),
        (false, true) => format!("cannot cancel {}: the program does not say why", result.task),
        (_, false) => one_line(&result.message),
    }
}

/// How many findings the list shows at a time.
fn finding_rows(ui: &Ui) -> usize {
    layout::rows(layout::list_and_panel(layout::areas(ui.size, ui).body).0)
}

/// How many resources the list shows at a time.
fn resource_rows(ui: &Ui) -> usize {
    finding_rows(ui)
}

/// A text that comes in one piece is typed where one types; elsewhere its letters are no commands.
fn paste(ui: &mut Ui, world: &World, text: &str) -> Effect {
    let Some(typing) = &mut ui.typing else { return Effect::None };
    let line = typing.line_mut();
    text.trim_end_matches(['\r', '\n']).chars().for_each(|c| line.edit(Edit::Insert(c)));
    match typing {
        Typing::Filter { .. } => command::filter_typed(ui, world),
        Typing::Command(_) => Effect::None,
    }
}
