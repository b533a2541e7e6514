//! What the keys do.

use super::{moves, open, prompt, rearrange, save, table};
use crate::print::fate;
use crate::replay::Order;
use crate::rows::Arrangement;
use crate::rows::groups::Grouping;
use crate::tui::action::Effect;
use crate::tui::history::TaskHistory;
use crate::tui::keys::{Command, Edit, Side};
use crate::tui::screen::Screen;
use crate::tui::typing::{Prompt, TextLine, Typing};
use crate::tui::ui::{Details, Link, Ui};
use crate::tui::view::Shown;
use crate::tui::wanted::Chosen;
use taskscope_model::{TaskId, World};

/// Does it.
pub(in crate::tui) fn run(ui: &mut Ui, world: &World, command: Command) -> Effect {
    match command {
        Command::Quit => return Effect::Quit,
        Command::Help => ui.help = if ui.help.is_some() { None } else { Some(0) },
        Command::Back => return back(ui, world),
        Command::Move(step) => moves::go(ui, world, step),
        Command::Open => return open::open(ui, world),
        Command::Filter => {
            let before = ui.table().wanted.clone();
            ui.typing = Some(Typing::Filter { line: TextLine::new(&before.text), before });
        }
        Command::Prompt => ui.typing = Some(Typing::Command(Prompt::default())),
        Command::Show(screen) => return show(ui, world, screen),
        Command::NextScreen(side) => {
            let (at, all) = (ui.screen.number(), Screen::ALL.len());
            let to = if side == Side::Right { at + 1 } else { at + all - 1 } % all;
            return show(ui, world, Screen::ALL[to]);
        }
        Command::SortBy(side) => return sort_by(ui, world, side),
        Command::Reverse => {
            let (key, reverse) = (ui.table().wanted.order_key(), !ui.table().wanted.order.reverse());
            return order(ui, world, key, reverse);
        }
        Command::Tree => {
            let next = match ui.tasks.wanted.arrangement {
                Arrangement::Flat => Arrangement::BySpawner,
                Arrangement::BySpawner => Arrangement::ByWaits,
                Arrangement::ByWaits => Arrangement::Flat,
            };
            arrange(ui, world, next);
        }
        Command::Group => {
            let next = match ui.tasks.wanted.group {
                None => Some(Grouping::Location),
                Some(Grouping::Location) => Some(Grouping::Stack),
                Some(Grouping::Stack) => None,
            };
            return group(ui, world, next);
        }
        Command::Ended if ui.screen == Screen::Resources => {
            ui.resources.dropped = !ui.resources.dropped;
            rearrange(ui, world);
        }
        Command::Ended if ui.screen == Screen::Events => {
            ui.log.brief = !ui.log.brief;
            ui.log.selected = None;
        }
        Command::Ended => {
            ui.tasks.wanted.ended = !ui.tasks.wanted.ended;
            return want(ui, world);
        }
        Command::Pin => return pin(ui, world),
        Command::NextTask(side) => return next_task(ui, world, side),
        Command::Cancel => {
            let tasks = ui.chosen_task().into_iter().collect();
            cancel(ui, world, tasks);
        }
        Command::Yes => {
            let tasks = std::mem::take(&mut ui.to_cancel);
            return if tasks.is_empty() { Effect::None } else { Effect::Cancel(tasks) };
        }
        Command::Trace => {
            let task = ui.details.as_ref().map(|details| details.id);
            return task.map_or(Effect::None, |task| trace(ui, task));
        }
        Command::Stacks => return if ui.link == Link::Up { Effect::Stacks } else { not_there(ui) },
        Command::Processes => {
            ui.picking = true;
            ui.picker.selected = ui.target.as_ref().map(|target| target.pid).or(ui.picker.selected);
            return Effect::List(true);
        }
        Command::NextProcess(side) => return open::next_process(ui, side),
        // It stands still by itself when it is paused.
        Command::Freeze if ui.replay.is_some() => return Effect::Replay(Order::Toggle),
        Command::Replay(order) => match replay(ui, order) {
            Ok(effect) => return effect,
            Err(why) => ui.notice = Some(why),
        },
        Command::Freeze => {
            ui.frozen = !ui.frozen;
            return Effect::Freeze(ui.frozen);
        }
        Command::Copy => return open::copy(ui, world),
        Command::Editor => return open::editor(ui, world),
        Command::Save => return save(ui, world, None),
        Command::Suspend => return Effect::Suspend,
        Command::Edit(edit) => return typed(ui, world, edit),
        // A filter that is wrong is not kept: the last right one is in force.
        Command::Keep => match ui.typing {
            Some(Typing::Command(_)) => return prompt::enter(ui, world),
            _ => ui.typing = None,
        },
        Command::Complete => prompt::complete(ui, world),
        Command::Recall(side) => {
            if let Some(Typing::Command(prompt)) = &mut ui.typing {
                prompt.recall(&ui.typed, side);
                prompt.error = None;
            }
        }
    }
    Effect::None
}

fn typed(ui: &mut Ui, world: &World, edit: Edit) -> Effect {
    match &mut ui.typing {
        Some(Typing::Filter { line, .. }) => {
            line.edit(edit);
            filter_typed(ui, world)
        }
        Some(Typing::Command(prompt)) => {
            // As in vi, deleting the `:` itself leaves.
            if edit == Edit::Backspace && prompt.line.text().is_empty() {
                ui.typing = None;
            } else {
                prompt.line.edit(edit);
                prompt.error = None;
            }
            Effect::None
        }
        None => Effect::None,
    }
}

/// Something was typed: as soon as it is a query, it is in force.
pub(in crate::tui) fn filter_typed(ui: &mut Ui, world: &World) -> Effect {
    let Some(Typing::Filter { line, .. }) = &ui.typing else { return Effect::None };
    let (Ok(query), text) = (line.query(), line.text()) else { return Effect::None };
    let wanted = &mut ui.table_mut().wanted;
    let same = query == wanted.query;
    (wanted.query, wanted.text) = (query, text);
    if same { Effect::None } else { want(ui, world) }
}

/// Something else is wanted: what is here of it is shown at once, the rest is asked for.
pub(in crate::tui) fn want(ui: &mut Ui, world: &World) -> Effect {
    let effect = ui.ask();
    rearrange(ui, world);
    effect
}

/// Brings a screen in front.
pub(in crate::tui) fn show(ui: &mut Ui, world: &World, screen: Screen) -> Effect {
    (ui.picking, ui.help) = (false, None);
    if screen == Screen::Task && ui.screen != Screen::Task {
        let from = if ui.screen.is_table() { ui.screen } else { Screen::Tasks };
        let task = ui.chosen_task().or(ui.details.as_ref().map(|it| it.id)).or_else(|| ui.table().task());
        return match task {
            Some(task) => look_at(ui, world, task, from),
            None => {
                ui.screen = screen;
                want(ui, world)
            }
        };
    }
    ui.screen = screen;
    want(ui, world)
}

fn back(ui: &mut Ui, world: &World) -> Effect {
    if ui.help.take().is_some() {
        return Effect::None;
    }
    match ui.typing.take() {
        Some(Typing::Filter { before, .. }) => {
            let changed = before.query != ui.table().wanted.query;
            ui.table_mut().wanted = before;
            return if changed { want(ui, world) } else { Effect::None };
        }
        Some(Typing::Command(_)) => return Effect::None,
        None => {}
    }
    if !ui.to_cancel.is_empty() {
        ui.to_cancel.clear();
        return Effect::None;
    }
    if ui.picking {
        // Without a program there is nothing to go back to.
        ui.picking = ui.target.is_none();
        return if ui.picking { Effect::None } else { Effect::List(false) };
    }
    match ui.screen {
        Screen::Task => {
            let from = ui.details.take().map_or(Screen::Tasks, |details| details.from);
            show(ui, world, from)
        }
        Screen::Tasks | Screen::Ended => back_in_table(ui, world),
        Screen::Events if ui.log.selected.is_some() => {
            ui.log.selected = None;
            Effect::None
        }
        _ => show(ui, world, Screen::Tasks),
    }
}

/// One restriction less: chosen tasks, then the filter, then the groups, then the selection.
fn back_in_table(ui: &mut Ui, world: &World) -> Effect {
    let came_from = ui.screen;
    let table = ui.table_mut();
    if let Some(only) = table.wanted.only.take() {
        table.rewind();
        match only.of {
            Chosen::Resource(_) => return show(ui, world, Screen::Resources),
            Chosen::Finding(_) => return show(ui, world, Screen::Findings),
            Chosen::Stack => return want(ui, world),
        }
    }
    if !table.wanted.text.is_empty() {
        table.wanted.clear_filter();
        return want(ui, world);
    }
    if table.wanted.group.take().is_some() {
        return want(ui, world);
    }
    if came_from == Screen::Ended && table.selected.is_none() {
        return show(ui, world, Screen::Tasks);
    }
    table.rewind();
    Effect::None
}

/// All about one task, which is asked for.
pub(in crate::tui) fn look_at(ui: &mut Ui, world: &World, id: TaskId, from: Screen) -> Effect {
    let history = match ui.details.take() {
        Some(details) if details.id == id => details.history,
        _ => TaskHistory::default(),
    };
    ui.details = Some(Details { id, task: world.task(id).cloned(), top: 0, from, history });
    (ui.screen, ui.picking) = (Screen::Task, false);
    want(ui, world)
}

fn next_task(ui: &mut Ui, world: &World, side: Side) -> Effect {
    let Some(details) = &ui.details else { return Effect::None };
    let (id, from) = (details.id, details.from);
    match ui.table().beside(id, side == Side::Right) {
        Some(next) => {
            ui.table_mut().selected = Some(next);
            look_at(ui, world, next, from)
        }
        None => {
            let end = if side == Side::Right { "last" } else { "first" };
            ui.notice = Some(format!("this is the {end} task of the table"));
            Effect::None
        }
    }
}

/// Takes tasks as those of which alone the table shows.
pub(in crate::tui) fn choose(ui: &mut Ui, world: &World, of: Chosen, mut tasks: Vec<TaskId>) -> Effect {
    tasks.sort_unstable();
    ui.tasks.wanted.only = Some(crate::tui::wanted::Only { of, tasks });
    ui.tasks.wanted.clear_filter();
    ui.tasks.rewind();
    ui.screen = Screen::Tasks;
    want(ui, world)
}

fn pin(ui: &mut Ui, world: &World) -> Effect {
    let Some(task) = ui.chosen_task() else {
        ui.notice = Some("select a task first".to_owned());
        return Effect::None;
    };
    match ui.pinned.iter().position(|pinned| *pinned == task) {
        Some(at) => {
            ui.pinned.remove(at);
            ui.notice = Some(format!("{} is no longer pinned", fate::called(task)));
        }
        None => {
            ui.pinned.push(task);
            ui.notice = Some(format!("{} stays at the top of the tasks", fate::called(task)));
        }
    }
    want(ui, world)
}

/// Asks whether these tasks are to be cancelled, unless it is clear that they cannot be.
pub(in crate::tui) fn cancel(ui: &mut Ui, world: &World, tasks: Vec<TaskId>) {
    let Some(first) = tasks.first() else {
        ui.notice = Some("select a task first".to_owned());
        return;
    };
    match may_control(ui) {
        Err(why) => ui.notice = Some(why),
        Ok(()) if tasks.len() == 1 && world.task(*first).is_some_and(|task| task.ended().is_some()) => {
            ui.notice = Some(format!("{} has ended already", fate::called(*first)));
        }
        Ok(()) => ui.to_cancel = tasks,
    }
}

/// Asks for the stack of a task's awaits.
pub(in crate::tui) fn trace(ui: &mut Ui, task: TaskId) -> Effect {
    match may_control(ui) {
        Ok(()) => Effect::Trace(task),
        Err(why) => {
            ui.notice = Some(why);
            Effect::None
        }
    }
}

/// Goes about in the recording.
pub(in crate::tui) fn replay(ui: &mut Ui, order: Order) -> Result<Effect, String> {
    match ui.replay {
        Some(_) => Ok(Effect::Replay(order)),
        None => Err("this is no recording: `taskscope replay FILE` shows one".to_owned()),
    }
}

fn not_there(ui: &mut Ui) -> Effect {
    let why = if ui.link == Link::Played { "this is a recording" } else { "the program is not there" };
    ui.notice = Some(why.to_owned());
    Effect::None
}

/// Why nothing can be done to the program.
pub(in crate::tui) fn may_control(ui: &Ui) -> Result<(), String> {
    match (&ui.link, &ui.target) {
        (Link::Up, Some(target)) if target.rights.control => Ok(()),
        (Link::Up, _) => {
            Err("this connection may only look; TASKSCOPE_RIGHTS=read,control in the program lets it do more"
                .to_owned())
        }
        (Link::Played, _) => Err("this is a recording".to_owned()),
        _ => Err("the program is not there".to_owned()),
    }
}

/// Goes on to the next column on the screen that has an order, round and round.
fn sort_by(ui: &mut Ui, world: &World, side: Side) -> Effect {
    let key = |shown: &Shown| shown.of.column.key;
    let keys: Vec<&'static str> =
        ui.table().view.columns.iter().map(key).filter(|key| !key.is_empty()).collect();
    let now = keys.iter().position(|key| *key == ui.table().wanted.order_key());
    let next = match (now, side) {
        (Some(at), Side::Right) => (at + 1) % keys.len(),
        (Some(at), Side::Left) => (at + keys.len() - 1) % keys.len(),
        (None, _) => 0,
    };
    match keys.get(next) {
        Some(key) => order(ui, world, key, false),
        None => Effect::None,
    }
}

/// Sorts by a key. One that does not exist is left out of account.
pub(in crate::tui) fn order(ui: &mut Ui, world: &World, key: &str, reverse: bool) -> Effect {
    if ui.table_mut().wanted.sort(key, reverse) { want(ui, world) } else { Effect::None }
}

/// A plain list or a tree.
pub(in crate::tui) fn arrange(ui: &mut Ui, world: &World, arrangement: Arrangement) {
    ui.tasks.wanted.arrangement = arrangement;
    ui.tasks.view.forget_widths();
    table::refresh(ui, world);
}

/// Groups, or a line for each task.
pub(in crate::tui) fn group(ui: &mut Ui, world: &World, grouping: Option<Grouping>) -> Effect {
    ui.tasks.wanted.group = grouping;
    ui.tasks.wanted.only = None;
    ui.groups = Default::default();
    // Where tasks wait is asked for once it is known which tasks there are.
    rearrange(ui, world);
    want(ui, world)
}
