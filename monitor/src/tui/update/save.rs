//! Rows as JSON, in the shapes of the command line.

use crate::print::json::{self, Object};
use crate::rows::{Columns, TaskTable, fill, runtimes};
use crate::tui::action::Effect;
use crate::tui::screen::Screen;
use crate::tui::ui::Ui;
use serde::Serialize;
use std::path::PathBuf;
use taskscope_model::World;

#[derive(Serialize)]
struct Saved<'a, Rows> {
    process: json::Process<'a>,
    coverage: json::Coverage<'a>,
    #[serde(flatten)]
    rows: Rows,
}

#[derive(Serialize)]
struct Tasks<'a> {
    tasks: Vec<Object<'a>>,
    not_shown: u64,
}

#[derive(Serialize)]
struct Groups<'a> {
    groups: Vec<Object<'a>>,
}

#[derive(Serialize)]
struct Findings<'a> {
    findings: Vec<json::Finding<'a>>,
}

#[derive(Serialize)]
struct Runtimes<'a> {
    runtimes: Vec<Runtime<'a>>,
}

#[derive(Serialize)]
struct Runtime<'a> {
    #[serde(flatten)]
    runtime: Object<'a>,
    workers: Vec<Object<'a>>,
}

/// Saves what is in front: to that file, or to one named after the program and the screen.
pub(in crate::tui) fn save(ui: &mut Ui, world: &World, path: Option<PathBuf>) -> Effect {
    let Some(target) = &ui.target else {
        ui.notice = Some("there is no program to look at".to_owned());
        return Effect::None;
    };
    let name: String = target.program.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let screen = ui.screen.title().to_lowercase();
    let path =
        path.unwrap_or_else(|| PathBuf::from(format!("taskscope-{name}-{}-{screen}.json", target.pid)));
    match text(ui, world) {
        Ok(text) => Effect::Save { path, text },
        Err(why) => {
            ui.notice = Some(why);
            Effect::None
        }
    }
}

fn text(ui: &Ui, world: &World) -> Result<String, String> {
    match ui.screen {
        Screen::Tasks if ui.shows_groups() => {
            let object = |group| Object { columns: &ui.groups.columns, cells: cells(group) };
            written(ui, world, Groups { groups: ui.groups.rows.iter().map(object).collect() })
        }
        Screen::Tasks | Screen::Ended => {
            let table = fill(world, &ui.table().view.placed, Columns::All);
            written(ui, world, Tasks { tasks: objects(&table), not_shown: ui.table().view.not_shown })
        }
        Screen::Task => {
            let chosen = ui.details.as_ref().map(|details| details.id);
            let placed: Vec<_> = chosen.map(|id| crate::rows::Placed { id, depth: 0 }).into_iter().collect();
            let table = fill(world, &placed, Columns::All);
            written(ui, world, Tasks { tasks: objects(&table), not_shown: 0 })
        }
        Screen::Findings | Screen::Overview => {
            let findings = ui.findings.rows.iter().map(json::Finding::of).collect();
            written(ui, world, Findings { findings })
        }
        Screen::Runtime => {
            let (columns, workers) = (runtimes::columns(), runtimes::worker_columns());
            let rows = runtimes::runtimes(world);
            let worker = |cells| Object { columns: &workers, cells };
            let runtimes = rows.iter().map(|row| Runtime {
                runtime: Object { columns: &columns, cells: &row.cells },
                workers: row.workers.iter().map(|cells| worker(cells)).collect(),
            });
            written(ui, world, Runtimes { runtimes: runtimes.collect() })
        }
        Screen::Events => Err("events are in no JSON yet; `taskscope record` keeps all of them".to_owned()),
        Screen::Resources => Err("`taskscope resources --json` writes these".to_owned()),
    }
}

fn cells(group: &crate::rows::groups::Group) -> &[crate::rows::Cell] {
    &group.cells
}

fn objects(table: &TaskTable) -> Vec<Object<'_>> {
    table.rows.iter().map(|row| Object { columns: &table.columns, cells: &row.cells }).collect()
}

fn written(ui: &Ui, world: &World, rows: impl Serialize) -> Result<String, String> {
    let (program, pid) = ui.target.as_ref().map_or(("", 0), |target| (target.program.as_str(), target.pid));
    let saved = Saved { process: json::Process::named(program, pid), coverage: json::coverage(world), rows };
    let text = serde_json::to_string_pretty(&saved).map_err(|error| format!("cannot write JSON: {error}"))?;
    Ok(text + "\n")
}
