//! What the keys do.

use super::table;
use crate::print::fate;
use crate::rows::Arrangement;
use crate::tui::action::Effect;
use crate::tui::draw::{details, help};
use crate::tui::filter::FilterLine;
use crate::tui::keys::{Command, Side, Step};
use crate::tui::ui::{Details, Front, Link, Ui};
use crate::tui::wanted::{Chosen, Only, Wanted};
use crate::tui::{layout, scroll};
use taskscope_model::{Order, Query, TaskId, World};

/// Does it.
pub(super) fn run(ui: &mut Ui, world: &World, command: Command) -> Effect {
    let was_details = matches!(ui.front, Front::Details(_));
    match command {
        Command::Quit => return Effect::Quit,
        Command::Help => ui.help = if ui.help.is_some() { None } else { Some(0) },
        Command::Back => return back(ui, world),
        Command::Move(step) => go(ui, world, step),
        Command::Open => return open(ui, world),
        Command::Filter => ui.typing = Some((FilterLine::new(&ui.wanted.text), ui.wanted.clone())),
        Command::SortBy(side) => return sort_by(ui, world, side),
        Command::Reverse => {
            let (key, reverse) = (ui.wanted.order.key(), !ui.wanted.order.reverse());
            return order(ui, world, key, reverse);
        }
        Command::Tree => {
            ui.wanted.arrangement = match ui.wanted.arrangement {
                Arrangement::Flat => Arrangement::BySpawner,
                Arrangement::BySpawner => Arrangement::Flat,
            };
            ui.view.forget_widths();
            table::refresh(ui, world);
        }
        Command::Ended if ui.front == Front::Resources => {
            ui.resources.dropped = !ui.resources.dropped;
            ui.resources.arrange(world, super::resource_rows(ui));
        }
        Command::Ended => {
            ui.wanted.ended = !ui.wanted.ended;
            return want(ui, world);
        }
        Command::Findings => {
            ui.front = Front::Findings;
            return if was_details { ui.ask() } else { Effect::None };
        }
        Command::Resources => {
            ui.front = Front::Resources;
            ui.resources.arrange(world, super::resource_rows(ui));
            return if was_details { ui.ask() } else { Effect::None };
        }
        Command::Cancel => ask_whether_to_cancel(ui, world),
        Command::Yes => return ui.to_cancel.take().map_or(Effect::None, Effect::Cancel),
        Command::Trace => return trace(ui),
        Command::Processes => {
            ui.front = Front::Picker;
            ui.picker.selected = ui.target.as_ref().map(|target| target.pid).or(ui.picker.selected);
            return Effect::List(true);
        }
        Command::Edit(edit) => {
            if let Some((line, _)) = &mut ui.typing {
                line.edit(edit);
            }
            return filter_typed(ui, world);
        }
        // A filter that is wrong is not kept: the last right one is in force.
        Command::Keep => ui.typing = None,
    }
    Effect::None
}

/// Something was typed: as soon as it is a query, it is in force.
pub(super) fn filter_typed(ui: &mut Ui, world: &World) -> Effect {
    let Some((line, _)) = &ui.typing else { return Effect::None };
    let Ok(query) = line.query() else { return Effect::None };
    let text = line.text();
    if query == ui.wanted.query {
        ui.wanted.text = text;
        return Effect::None;
    }
    ui.wanted = Wanted { text, query, ..ui.wanted.clone() };
    want(ui, world)
}

/// Something else is wanted: what is here of it is shown at once, the rest is asked for.
fn want(ui: &mut Ui, world: &World) -> Effect {
    let effect = ui.ask();
    table::refresh(ui, world);
    effect
}

fn back(ui: &mut Ui, world: &World) -> Effect {
    if ui.help.take().is_some() {
        return Effect::None;
    }
    if let Some((_, before)) = ui.typing.take() {
        let changed = before.query != ui.wanted.query;
        ui.wanted = before;
        return if changed { want(ui, world) } else { Effect::None };
    }
    if ui.to_cancel.take().is_some() {
        return Effect::None;
    }
    match &ui.front {
        Front::Details(of) => {
            ui.front = if of.of_finding { Front::Findings } else { Front::Tasks };
            return ui.ask();
        }
        Front::Findings | Front::Resources => ui.front = Front::Tasks,
        Front::Picker if ui.target.is_some() => {
            ui.front = Front::Tasks;
            return Effect::List(false);
        }
        Front::Picker => {}
        Front::Tasks if ui.wanted.only.is_some() => {
            ui.front = match ui.wanted.only.take().map(|only| only.of) {
                Some(Chosen::Resource(_)) => Front::Resources,
                _ => Front::Findings,
            };
            return want(ui, world);
        }
        Front::Tasks if !ui.wanted.text.is_empty() => {
            ui.wanted.text = String::new();
            ui.wanted.query = Query::default();
            return want(ui, world);
        }
        Front::Tasks => {
            ui.selected = None;
            ui.top = 0;
        }
    }
    Effect::None
}

fn go(ui: &mut Ui, world: &World, step: Step) {
    let body = layout::areas(ui.size, ui).body;
    let lines = usize::from(body.height);
    if let Some(top) = ui.help {
        ui.help = Some(scrolled(step, top, help::lines(body.width).len(), lines));
        return;
    }
    match &ui.front {
        Front::Tasks => table::go(ui, step),
        Front::Picker => {
            let (row, rows, height) = (ui.picker.row(), ui.picker.list().len(), layout::rows(body));
            let to = row.map_or(0, |row| scroll::step(step, row, rows, height));
            ui.picker.select(to, height);
        }
        Front::Resources => {
            let height = super::resource_rows(ui);
            let (row, rows) = (ui.resources.row(), ui.resources.keys.len());
            let to = row.map_or(0, |row| scroll::step(step, row, rows, height));
            ui.resources.select(to, height);
        }
        Front::Findings => {
            let height = super::finding_rows(ui);
            let (row, rows) = (ui.findings.row(), ui.findings.rows.len());
            let to = row.map_or(0, |row| scroll::step(step, row, rows, height));
            ui.findings.select(to, height);
        }
        Front::Details(of) => {
            let all = details::lines(of, ui, world, body.width).len();
            let top = scrolled(step, of.top, all, lines);
            ui.front = Front::Details(Details { top, ..of.clone() });
        }
    }
}

/// The first line on the screen after a step through a text.
fn scrolled(step: Step, top: usize, all: usize, lines: usize) -> usize {
    let last_top = all.saturating_sub(lines);
    scroll::step(step, top.min(last_top), last_top + 1, lines)
}

fn open(ui: &mut Ui, world: &World) -> Effect {
    match &ui.front {
        Front::Tasks => {
            let first = ui.view.placed.first().map(|place| place.id);
            if let Some(id) = ui.selected.or(first) {
                ui.selected = Some(id);
                return look_at(ui, world, id, false);
            }
            Effect::None
        }
        Front::Findings => open_finding(ui, world),
        Front::Resources => open_resource(ui, world),
        Front::Picker => attach(ui),
        Front::Details(_) => Effect::None,
    }
}

/// All about one task, which is asked for.
fn look_at(ui: &mut Ui, world: &World, id: TaskId, of_finding: bool) -> Effect {
    ui.front = Front::Details(Details { id, task: world.task(id).cloned(), top: 0, of_finding });
    ui.ask()
}

/// The finding's task, or the table of its tasks.
fn open_finding(ui: &mut Ui, world: &World) -> Effect {
    let Some(finding) = ui.findings.finding() else { return Effect::None };
    match finding.tasks[..] {
        [] => {
            ui.notice = Some("it is not about any task that is known".to_owned());
            Effect::None
        }
        [task] => look_at(ui, world, task, true),
        _ => {
            let mut tasks = finding.tasks.clone();
            tasks.sort_unstable();
            ui.wanted.only = Some(Only { of: Chosen::Finding(finding.kind), tasks });
            ui.wanted.text = String::new();
            ui.wanted.query = Query::default();
            (ui.front, ui.selected, ui.top) = (Front::Tasks, None, 0);
            want(ui, world)
        }
    }
}

/// The task that waits for the resource, or the table of those that do.
fn open_resource(ui: &mut Ui, world: &World) -> Effect {
    let Some(resource) = ui.resources.resource(world) else { return Effect::None };
    if let [] = resource.waiting[..] {
        ui.notice = Some("no task waits for it".to_owned());
        return Effect::None;
    }
    let of = Chosen::Resource(resource.key.id);
    ui.wanted.only = Some(Only { of, tasks: resource.waiting });
    ui.wanted.text = String::new();
    ui.wanted.query = Query::default();
    (ui.front, ui.selected, ui.top) = (Front::Tasks, None, 0);
    want(ui, world)
}

/// The task in front or selected, unless it is clear that it cannot be cancelled.
fn ask_whether_to_cancel(ui: &mut Ui, world: &World) {
    let id = match &ui.front {
        Front::Details(of) => Some(of.id),
        Front::Tasks => ui.selected,
        _ => None,
    };
    let Some(id) = id else {
        ui.notice = Some("select a task first".to_owned());
        return;
    };
    match may_control(ui) {
        Err(why) => ui.notice = Some(why),
        Ok(()) if world.task(id).is_some_and(|task| task.ended().is_some()) => {
            ui.notice = Some(format!("{} has ended already", fate::called(id)));
        }
        Ok(()) => ui.to_cancel = Some(id),
    }
}

fn trace(ui: &mut Ui) -> Effect {
    let Front::Details(of) = &ui.front else { return Effect::None };
    let id = of.id;
    match may_control(ui) {
        Ok(()) => Effect::Trace(id),
        Err(why) => {
            ui.notice = Some(why);
            Effect::None
        }
    }
}

/// Why nothing can be done to the program.
fn may_control(ui: &Ui) -> Result<(), String> {
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

fn attach(ui: &mut Ui) -> Effect {
    let Some(process) = ui.picker.process() else { return Effect::None };
    let shown = ui.target.as_ref().is_some_and(|target| target.pid == process.pid);
    if shown && !ui.is_old() {
        ui.front = Front::Tasks;
        return Effect::List(false);
    }
    match (&process.address, &process.trouble) {
        (Some(address), None) => Effect::Attach(address.clone()),
        (_, trouble) => {
            let why = trouble.as_deref().unwrap_or("it has no agent");
            ui.notice = Some(format!("cannot attach to {}, pid {}: {why}", process.program, process.pid));
            Effect::None
        }
    }
}

/// Goes on to the next column on the screen that has an order, round and round.
fn sort_by(ui: &mut Ui, world: &World, side: Side) -> Effect {
    let keys: Vec<&'static str> =
        ui.view.columns.iter().map(|shown| shown.of.column.key).filter(|key| !key.is_empty()).collect();
    let now = keys.iter().position(|key| *key == ui.wanted.order.key());
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

fn order(ui: &mut Ui, world: &World, key: &str, reverse: bool) -> Effect {
    let Ok(order) = Order::parse(key, reverse) else { return Effect::None };
    ui.wanted.order = order;
    want(ui, world)
}
