//! `taskscope stacktrace`

use super::fetch::{Attached, refused};
use crate::cli::Reading;
use crate::exit::CommandError;
use crate::print::{Output, headline, json};
use crate::rows::stacks::{self, FrameRow, ThreadRow};
use crate::source::one_line;
use serde::Serialize;
use taskscope_model::Worker;
use taskscope_model::codes::{Doing, Origin};
use taskscope_model::request::{Answer, Stacks, Subscribe};

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    threads: Vec<ThreadJson<'a>>,
}

#[derive(Serialize)]
struct ThreadJson<'a> {
    tid: u32,
    name: &'a str,
    worker: Option<Worker>,
    task: Option<String>,
    since_ns_ago: Option<u64>,
    doing: Option<&'static str>,
    call: Option<&'a str>,
    complete: bool,
    frames: Vec<FrameJson<'a>>,
}

#[derive(Serialize)]
struct FrameJson<'a> {
    function: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    inlined: bool,
    origin: Option<&'static str>,
    module: &'a str,
    offset: u64,
}

/// Shows what every worker and blocking thread does now, with its native stack.
pub(crate) fn stacktrace(options: &Reading, out: &mut Output) -> Result<(), CommandError> {
    let mut attached = Attached::to(&options.target)?;
    // The runtimes' names; of the tasks, the fewest that can be asked for.
    attached.fetch(Subscribe { once: true, limit: 1, ..Subscribe::default() })?;
    if !attached.is_recording() {
        match attached.answer(|number| Stacks { number }.into())? {
            Some(Answer::Denied(denied)) => return Err(refused(&denied)),
            Some(_) => {}
            None => return Err(attached.silent().into()),
        }
    }
    let (rows, others) = stacks::threads(attached.session.world());
    let (hello, world) = (attached.session.hello(), attached.session.world());
    if options.json {
        let threads = rows.iter().map(thread_json).collect();
        return Ok(out.json(&Report { process: json::Process::of(hello), threads })?);
    }
    let head = headline::headline(hello, world, 0, attached.is_recording());
    Ok(out.text(&format!("{head}\n{}", text(&rows, others, attached.is_recording())))?)
}

fn thread_json(row: &ThreadRow) -> ThreadJson<'_> {
    ThreadJson {
        tid: row.tid,
        name: &row.name,
        worker: row.worker,
        task: row.task.map(|task| task.to_string()),
        since_ns_ago: row.since.map(|since| since.0),
        doing: row.doing.name(),
        call: Some(row.call.as_str()).filter(|call| !call.is_empty()),
        complete: row.complete,
        frames: row.frames.iter().map(frame_json).collect(),
    }
}

fn frame_json(row: &FrameRow) -> FrameJson<'_> {
    FrameJson {
        function: row.function.as_deref(),
        file: row.file.as_deref(),
        line: row.line,
        inlined: row.inlined,
        origin: row.origin.name(),
        module: &row.module,
        offset: row.offset,
    }
}

fn text(rows: &[ThreadRow], others: usize, is_recording: bool) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&format!("\n{}\n", title(row)));
        let inner = row.inner();
        for frame in row.frames.iter().take(inner) {
            text.push_str(&format!("    {}\n", line(frame)));
        }
        match row.frames.len() - inner {
            0 if row.complete => {}
            0 if row.frames.is_empty() => {
                text.push_str("      (no stack: it did not answer in time, or may not be asked)\n");
            }
            0 => text.push_str("      (what is further out could not be followed)\n"),
            more => text.push_str(&format!("      (and {more} frames of the runtime; --json has them)\n")),
        }
    }
    if others > 0 {
        let threads = if others == 1 { "thread that has" } else { "threads that have" };
        text.push_str(&format!("\nnot shown: {others} {threads} nothing to do with tokio\n"));
    }
    if rows.is_empty() {
        text.push_str(match is_recording {
            true => "the recording holds no stacks of threads\n",
            false => "no thread has run a task yet, or stacks cannot be taken: taskscope doctor says why\n",
        });
    }
    text
}

/// `worker 0 (thread 4711, tokio-rt-worker): task 7 for 1.2s, in the system call futex`
fn title(row: &ThreadRow) -> String {
    let name = one_line(&row.name);
    let who = match row.worker {
        Some(worker) => format!("worker {worker} (thread {}, {name})", row.tid),
        None => format!("thread {} ({name})", row.tid),
    };
    let task = match (row.task, row.since) {
        (Some(task), Some(since)) => format!("task {task} for {since}, "),
        (Some(task), None) => format!("task {task}, "),
        _ => "no task, ".to_owned(),
    };
    let doing = match row.doing {
        Doing::IN_CALL if !row.call.is_empty() => format!("in the system call {}", one_line(&row.call)),
        doing => doing.to_string(),
    };
    format!("{who}: {task}{doing}")
}

/// `app::ask at src/main.rs:12 (inlined)`; of others' code no line, for it says little.
fn line(row: &FrameRow) -> String {
    let Some(function) = &row.function else {
        let module = row.module.rsplit('/').next().unwrap_or_default();
        return format!("{}+{:#x}", one_line(module), row.offset);
    };
    let own = row.origin == Origin::USER;
    let place = match (&row.file, row.line) {
        (Some(file), Some(line)) if own => format!(" at {}:{line}", one_line(file)),
        _ => String::new(),
    };
    let mark = if own { "> " } else { "  " };
    format!("{mark}{}{place}", one_line(function))
}
