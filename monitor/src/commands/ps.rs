//! `taskscope ps`

use super::fetch::{Attached, Came};
use crate::cli::{GroupBy, Ps, TreeBy};
use crate::exit::CommandError;
use crate::print::json::{self, Object};
use crate::print::{Output, headline, table};
use crate::rows::groups::{self, GroupTable};
use crate::rows::stack_groups;
use crate::rows::{self, Arrangement, Columns, Shape, TaskRow, TaskTable};
use serde::Serialize;
use std::time::Duration;
use taskscope_model::request::Subscribe;
use taskscope_model::{Order, Query};

/// How often `--watch` shows a new table.
const EVERY: Duration = Duration::from_secs(1);

/// What was asked for, understood.
struct Wanted<'a> {
    options: &'a Ps,
    query: Query,
    order: Order,
}

#[derive(Serialize)]
struct Tasks<'a> {
    process: json::Process<'a>,
    coverage: json::Coverage<'a>,
    tasks: Vec<Object<'a>>,
    not_shown: u64,
}

#[derive(Serialize)]
struct Groups<'a> {
    process: json::Process<'a>,
    coverage: json::Coverage<'a>,
    groups: Vec<Object<'a>>,
    not_shown: u64,
}

/// Lists the program's tasks.
pub(crate) fn ps(options: &Ps, out: &mut Output) -> Result<(), CommandError> {
    let wanted = understand(options)?;
    let mut attached = Attached::to(&options.target)?;
    attached.fetch(subscription(options))?;
    if !options.watch || attached.is_recording() {
        return wanted.show(&attached, out);
    }
    loop {
        wanted.show(&attached, out)?;
        if let Came::End { goodbye } = attached.follow(EVERY)? {
            wanted.show(&attached, out)?;
            return match goodbye {
                true if options.json => Ok(()),
                true => Ok(out.text(&format!("{} has ended\n", attached.name()))?),
                false => Err(attached.gone(false).into()),
            };
        }
    }
}

/// Finds what is wrong before any program is asked.
fn understand(options: &Ps) -> Result<Wanted<'_>, CommandError> {
    let wrong = |what: String| CommandError::WrongUse(what);
    let query = Query::parse(&options.filter).map_err(|error| wrong(error.to_string()))?;
    if options.group.is_none() {
        // A tree begins with the eldest: its roots.
        let of_tree = options.tree.is_some() && options.sort.is_empty();
        let sort = if of_tree { "age" } else { &options.sort };
        let order = Order::parse(sort, options.reverse).map_err(|error| wrong(error.to_string()))?;
        return Ok(Wanted { options, query, order });
    }
    let keys: Vec<_> = match options.group {
        Some(GroupBy::Stack) => stack_groups::keys().collect(),
        _ => groups::keys().collect(),
    };
    let known = options.sort.is_empty() || keys.contains(&options.sort.as_str());
    if !known {
        let keys = keys.join(", ");
        return Err(wrong(format!("`{}` is no sort key of groups; there are {keys}", options.sort)));
    }
    Ok(Wanted { options, query, order: Order::default() })
}

/// What the program is asked: for a plain list only as much as is shown, else every task that matches.
fn subscription(options: &Ps) -> Subscribe {
    let plain = options.tree.is_none() && options.group.is_none();
    Subscribe {
        number: 0,
        query: options.filter.clone(),
        sort: if plain { options.sort.clone() } else { String::new() },
        reverse: plain && options.reverse,
        limit: options.limit.filter(|_| plain).unwrap_or(0),
        ended: options.ended,
        // The groups show them, and findings are made of them.
        totals: true,
        figures: false,
        once: !options.watch,
        ..Subscribe::default()
    }
}

impl Wanted<'_> {
    fn show(&self, attached: &Attached, out: &mut Output) -> Result<(), CommandError> {
        let limit = self.options.limit.map(|limit| limit as usize);
        let world = attached.session.world();
        if self.options.group.is_some() {
            let (sort, reverse) = (&self.options.sort, self.options.reverse);
            let by = match self.options.group {
                Some(GroupBy::Stack) => stack_groups::by_stack,
                _ => groups::by_location,
            };
            let groups = by(world, &self.query, self.options.ended, sort, reverse, limit);
            return self.show_groups(attached, &groups, out);
        }
        let arrangement = match self.options.tree {
            None => Arrangement::Flat,
            Some(TreeBy::Spawner) => Arrangement::BySpawner,
            Some(TreeBy::Waits) => Arrangement::ByWaits,
        };
        let columns = if self.options.json { Columns::All } else { Columns::Filled };
        let shape = Shape { arrangement, ended: self.options.ended, limit, columns };
        self.show_tasks(attached, &rows::tasks(world, &self.query, &self.order, shape), out)
    }

    fn show_tasks<'a>(
        &self,
        attached: &Attached,
        tasks: &'a TaskTable,
        out: &mut Output,
    ) -> Result<(), CommandError> {
        let session = &attached.session;
        if self.options.json {
            let object = |row: &'a TaskRow| Object { columns: &tasks.columns, cells: &row.cells };
            return Ok(out.json(&Tasks {
                process: json::Process::of(session.hello()),
                coverage: json::coverage(session.world()),
                tasks: tasks.rows.iter().map(object).collect(),
                not_shown: tasks.not_shown,
            })?);
        }
        let table = table::text(&tasks.columns, &tasks.rows, out.look());
        let rows = (!tasks.rows.is_empty()).then_some(table);
        self.show_text(attached, rows, tasks.not_shown, &tasks.footnotes, out)
    }

    fn show_groups(
        &self,
        attached: &Attached,
        groups: &GroupTable,
        out: &mut Output,
    ) -> Result<(), CommandError> {
        let session = &attached.session;
        if self.options.json {
            let object = |cells| Object { columns: &groups.columns, cells };
            return Ok(out.json(&Groups {
                process: json::Process::of(session.hello()),
                coverage: json::coverage(session.world()),
                groups: groups.rows.iter().map(|cells| object(cells)).collect(),
                not_shown: groups.not_shown,
            })?);
        }
        let table = table::text(&groups.columns, &groups.rows, out.look());
        let rows = (!groups.rows.is_empty()).then_some(table);
        self.show_text(attached, rows, groups.not_shown, &[], out)
    }

    fn show_text(
        &self,
        attached: &Attached,
        rows: Option<String>,
        not_shown: u64,
        footnotes: &[String],
        out: &mut Output,
    ) -> Result<(), CommandError> {
        let (hello, world) = (attached.session.hello(), attached.session.world());
        let mut text =
            headline::headline(hello, world, attached.session.health().ills(), attached.is_recording());
        text.push('\n');
        match rows {
            Some(rows) => text.push_str(&rows),
            None => text.push_str(&format!(
                "{}\n",
                headline::why_empty(world, &self.options.filter, self.options.ended)
            )),
        }
        if not_shown > 0 {
            text.push_str(&format!("not shown: {not_shown}\n"));
        }
        for footnote in footnotes {
            text.push_str(footnote);
            text.push('\n');
        }
        if self.options.watch && !attached.is_recording() {
            out.replace(&text)?;
        } else {
            out.text(&text)?;
        }
        Ok(())
    }
}
