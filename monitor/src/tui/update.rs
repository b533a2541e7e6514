//! The one place where the state of the TUI changes. Pure: no IO, no clock; what has to be done outside is
//! given back as an [`Effect`].

mod command;
mod table;

use super::action::{Action, Effect};
use super::keys::Edit;
use super::layout;
use super::resources::Resources;
use super::ui::{Front, Link, Target, Ui};
use super::wanted::Wanted;
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
        Action::Refresh { complete, findings } => {
            ui.complete = complete;
            ui.findings.judged |= complete;
            ui.findings.replace(findings, finding_rows(ui));
            if ui.front == Front::Resources {
                ui.resources.arrange(world, resource_rows(ui));
            }
            table::refresh(ui, world);
        }
        Action::Fit => table::fit(ui, world),
        Action::Attach(address) => {
            *ui = Ui { target: None, selected: None, top: 0, front: Front::Tasks, ..take(ui) };
            ui.link = Link::Attaching(address.to_string());
        }
        Action::Attached(hello) => return attached(ui, &hello),
        Action::NotAttached(why) => {
            ui.link = Link::None;
            ui.front = Front::Picker;
            ui.notice = Some(why);
            return Effect::List(true);
        }
        Action::Lost { played: true, .. } => ui.link = Link::Played,
        Action::Lost { why, played: false } => ui.link = Link::Lost { why, since: None },
        Action::StillLost(why) => {
            if let Link::Lost { since, .. } = &mut ui.link {
                *since = Some(why);
            }
        }
        Action::Denied(Denied { message, .. }) => ui.notice = Some(one_line(&message)),
        Action::Cancelled(result) => ui.notice = Some(cancelled(&result)),
        Action::Processes(processes) => {
            let height = layout::rows(layout::areas(ui.size, ui).body);
            ui.picker.replace(processes, height);
        }
    }
    Effect::None
}

/// What the person has set up stays when another program is chosen.
fn take(ui: &mut Ui) -> Ui {
    let fresh = Ui::new(ui.size, ui.colour);
    let old = std::mem::replace(ui, fresh);
    Ui {
        wanted: Wanted { text: String::new(), query: Default::default(), only: None, ..old.wanted },
        picker: old.picker,
        ..Ui::new(old.size, old.colour)
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
    };
    if ui.is_old() {
        ui.notice = Some(format!("reconnected to {}, pid {}", target.program, target.pid));
    }
    // Another process numbers its tasks anew.
    if ui.target.as_ref().is_some_and(|before| before.pid != target.pid) {
        ui.selected = None;
        ui.top = 0;
        ui.to_cancel = None;
        ui.wanted.only = None;
        ui.resources = Resources::default();
        ui.findings.judged = false;
        if matches!(ui.front, Front::Details(_)) {
            ui.front = Front::Tasks;
        }
    }
    if ui.target.is_none() && ui.front == Front::Picker {
        ui.front = Front::Tasks;
    }
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
    let Some((line, _)) = &mut ui.typing else { return Effect::None };
    text.trim_end_matches(['\r', '\n']).chars().for_each(|c| line.edit(Edit::Insert(c)));
    command::filter_typed(ui, world)
}
