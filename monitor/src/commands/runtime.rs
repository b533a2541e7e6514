//! `taskscope runtime`

use super::fetch::Attached;
use crate::cli::Reading;
use crate::exit::CommandError;
use crate::print::json::{self, Object};
use crate::print::{Look, Output, headline, table, words};
use crate::rows::Cell;
use crate::rows::runtimes::{self, RuntimeRow};
use serde::Serialize;
use taskscope_model::request::Subscribe;

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    runtimes: Vec<RuntimeJson<'a>>,
}

#[derive(Serialize)]
struct RuntimeJson<'a> {
    #[serde(flatten)]
    figures: Object<'a>,
    workers: Vec<Object<'a>>,
}

/// Shows the program's runtimes.
pub(crate) fn runtime(options: &Reading, out: &mut Output) -> Result<(), CommandError> {
    let mut attached = Attached::to(&options.target)?;
    // Figures only: of the tasks, the fewest that can be asked for.
    attached.fetch(Subscribe { figures: true, once: true, limit: 1, ..Subscribe::default() })?;
    show(&attached, options.json, out)
}

fn show(attached: &Attached, json: bool, out: &mut Output) -> Result<(), CommandError> {
    let rows = runtimes::runtimes(attached.session.world());
    if !json {
        let session = &attached.session;
        let head = headline::headline(session.hello(), session.world(), 0, attached.is_recording());
        return Ok(out.text(&format!("{head}\n{}", text(&rows, out.look())))?);
    }
    let (columns, worker_columns) = (runtimes::columns(), runtimes::worker_columns());
    let report = Report {
        process: json::Process::of(attached.session.hello()),
        runtimes: rows
            .iter()
            .map(|row| RuntimeJson {
                figures: Object { columns: &columns, cells: &row.cells },
                workers: row.workers.iter().map(|cells| Object { columns: &worker_columns, cells }).collect(),
            })
            .collect(),
    };
    Ok(out.json(&report)?)
}

fn text(rows: &[RuntimeRow], look: Look) -> String {
    let mut text = String::new();
    for row in rows {
        text.push('\n');
        for (column, cell) in runtimes::columns().iter().zip(&row.cells) {
            if *cell != Cell::Unknown {
                text.push_str(&format!("{:<22}{}\n", column.title, words::cell(cell)));
            }
        }
        if !row.workers.is_empty() {
            text.push('\n');
            text.push_str(&table::text(&runtimes::worker_columns(), &row.workers, look));
        }
    }
    if rows.is_empty() {
        text.push_str("no runtime has been seen yet\n");
    }
    text
}
