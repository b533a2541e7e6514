//! `taskscope ls`

use crate::cli::Ls;
use crate::exit::CommandError;
use crate::print::json::Object;
use crate::print::{Output, table};
use crate::rows::{Cell, Column};
use crate::source::discover::{self, Process};
use serde::Serialize;

const NUMBER: Column = Column::NUMBER;
const TEXT: Column = Column::TEXT;

/// Those of the JSON, then the one for people only.
static COLUMNS: [Column; 6] = [
    Column { json: "pid", title: "PID", worth: 250, ..NUMBER },
    Column { json: "program", title: "PROGRAM", worth: 240, flexible: true, min_width: 8, ..TEXT },
    Column { json: "seen_by", title: "SEEN BY", worth: 10, ..TEXT },
    Column { json: "tasks", title: "TASKS", worth: 200, ..NUMBER },
    Column { json: "uptime_ns", title: "UPTIME", worth: 150, ..NUMBER },
    Column { title: "", worth: 220, flexible: true, min_width: 15, ..TEXT },
];
const FOR_PEOPLE: usize = 1;

#[derive(Serialize)]
struct Listing<'a> {
    processes: Vec<Object<'a>>,
}

/// Lists the live programs.
pub(crate) fn ls(options: &Ls, out: &mut Output) -> Result<(), CommandError> {
    list(&discover::processes(), options.json, out)
}

fn list(processes: &[Process], json: bool, out: &mut Output) -> Result<(), CommandError> {
    let rows: Vec<_> = processes.iter().map(cells).collect();
    let columns: Vec<_> = COLUMNS.iter().collect();
    if json {
        let columns = &columns[..columns.len() - FOR_PEOPLE];
        let processes = rows.iter().map(|cells| Object { columns, cells }).collect();
        return Ok(out.json(&Listing { processes })?);
    }
    if rows.is_empty() {
        let why = "no live tokio program is to be seen for this user; \
                   put #[taskscope_agent::main] on a main function, or see `taskscope demo`\n";
        return Ok(out.text(why)?);
    }
    Ok(out.text(&table::text(&columns, &rows, out.look()))?)
}

fn cells(process: &Process) -> Vec<Cell> {
    vec![
        Cell::Count(process.pid.into()),
        Cell::Text(process.program.clone()),
        Cell::Sources(process.seen_by.clone()),
        Cell::of(process.tasks, Cell::Count),
        Cell::of(process.uptime, Cell::Span),
        Cell::Text(process.trouble.clone().unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::Look;
    use taskscope_model::{Nanos, Source};

    fn process(pid: u32, program: &str) -> Process {
        Process {
            pid,
            program: program.to_owned(),
            address: None,
            seen_by: vec![Source::AGENT],
            tasks: Some(312),
            uptime: Some(Nanos(90_000_000_000)),
            trouble: None,
        }
    }

    fn listed(json: bool, processes: &[Process]) -> String {
        Output::collect(Look::default(), |out| list(processes, json, out).unwrap())
    }

    #[test]
    fn text_and_json_are_as_promised() {
        let trouble = Some("does not answer".to_owned());
        let hung = Process { tasks: None, uptime: None, trouble, ..process(99, "hung\x1b[2J") };
        let processes = [process(4711, "echo_server"), hung];
        let text = " PID  PROGRAM      SEEN BY  TASKS  UPTIME\n\
                    4711  echo_server  agent      312   1m30s\n  \
                      99  hung [2J     agent        -       -  does not answer\n";
        assert_eq!(listed(false, &processes), text);
        let json = concat!(
            r#"{"processes":[{"pid":4711,"program":"echo_server","seen_by":["agent"],"tasks":312,"#,
            r#""uptime_ns":90000000000},{"pid":99,"program":"hung\u001b[2J","seen_by":["agent"],"#,
            r#""tasks":null,"uptime_ns":null}]}"#,
            "\n"
        );
        assert_eq!(listed(true, &processes), json);
    }

    #[test]
    fn nothing_says_what_to_do() {
        assert!(listed(false, &[]).contains("taskscope_agent::main"));
        assert_eq!(listed(true, &[]), "{\"processes\":[]}\n");
    }
}
