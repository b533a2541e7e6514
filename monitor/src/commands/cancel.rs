//! `taskscope cancel`

use super::fetch::{Attached, refused};
use crate::cli::Cancel;
use crate::exit::{CommandError, Exit};
use crate::print::{Output, fate, json};
use crate::source::one_line;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use taskscope_model::codes::Outcome;
use taskscope_model::request::{Answer, CancelResult, Request, Subscribe};
use taskscope_model::{State, TaskId, World, request};

/// How long the tasks are given to stop.
const MOMENT: Duration = Duration::from_secs(1);
/// Tasks of one request: a request has to fit into one frame.
const AT_ONCE: usize = 500;

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    results: Vec<Row>,
}

/// What became of one task.
#[derive(Serialize)]
struct Row {
    id: String,
    result: Became,
    reason: Option<String>,
}

/// The same in a word.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Became {
    /// It has stopped.
    Cancelled,
    /// It was asked, and has not stopped yet.
    StillRunning,
    /// It ended by itself, before or meanwhile.
    Ended,
    /// It cannot be asked.
    NotCancelled,
    /// There is none.
    NoSuchTask,
}

/// Asks tasks to stop, waits a moment, and says what became of each.
pub(crate) fn cancel(options: &Cancel, out: &mut Output) -> Result<Exit, CommandError> {
    let (target, mut tasks) =
        options.named.target_and_tasks().map_err(|error| CommandError::WrongUse(error.to_string()))?;
    tasks.dedup();
    let mut attached = Attached::to(&target)?;
    if attached.is_recording() {
        return Err(CommandError::WrongUse("nothing can be cancelled in a recording".to_owned()));
    }
    let mut results = Vec::new();
    for tasks in tasks.chunks(AT_ONCE) {
        results.extend(ask(&mut attached, tasks)?);
    }
    let exit = results.iter().map(|row| row.result.exit()).max().unwrap_or(Exit::Done);
    if options.json {
        out.json(&Report { process: json::Process::of(attached.session.hello()), results })?;
        return Ok(exit);
    }
    let width = results.iter().map(|row| row.id.len()).max().unwrap_or(0);
    let mut text = format!("{}\n", attached.name());
    for Row { id, result, reason } in &results {
        text.push_str(&match reason {
            // The program's own words name the task.
            Some(reason) if *result == Became::NotCancelled => format!("{reason}\n"),
            Some(reason) => format!("{id:>width$}  {}: {reason}\n", result.words()),
            None => format!("{id:>width$}  {}\n", result.words()),
        });
    }
    out.text(&text)?;
    Ok(exit)
}

fn ask(attached: &mut Attached, tasks: &[TaskId]) -> Result<Vec<Row>, CommandError> {
    // Of all other tasks, the fewest that can be asked for.
    attached.fetch(Subscribe { limit: 1, detail: tasks.to_vec(), ..Subscribe::default() })?;
    let mut answered: BTreeMap<TaskId, CancelResult> = BTreeMap::new();
    let mut answer =
        attached.answer(|number| Request::Cancel(request::Cancel { number, tasks: tasks.to_vec() }))?;
    loop {
        match answer {
            Some(Answer::Cancelled(cancelled)) => {
                let number = cancelled.number;
                answered.extend(cancelled.results.into_iter().map(|result| (result.task, result)));
                if tasks.iter().all(|task| answered.contains_key(task)) {
                    break;
                }
                answer = attached.next_answer(number)?;
            }
            Some(Answer::Denied(denied)) => return Err(refused(&denied)),
            Some(_) | None => return Err(attached.silent().into()),
        }
    }
    let asked: Vec<_> = answered.values().filter(|result| result.asked).map(|result| result.task).collect();
    let has_ended = |world: &World, id: &TaskId| world.task(*id).is_none_or(|task| task.ended().is_some());
    attached.wait(MOMENT, |world| asked.iter().all(|id| has_ended(world, id)))?;
    let world = attached.session.world();
    let name = attached.name();
    Ok(tasks.iter().filter_map(|id| answered.get(id)).map(|result| row(result, world, &name)).collect())
}

fn row(answer: &CancelResult, world: &World, program: &str) -> Row {
    let message = Some(one_line(&answer.message)).filter(|message| !message.is_empty());
    let task = world.task(answer.task);
    let ended = task.and_then(|task| Some((task.outcome(), fate::end(task, world.now())?)));
    let (result, reason) = match (answer.asked, task, ended) {
        (true, _, Some((Some(Outcome::CANCELLED), _))) => (Became::Cancelled, None),
        (_, _, Some((_, how))) => (Became::Ended, Some(how)),
        // What it was told of is forgotten already: it is gone, and it was asked to go.
        (true, None, _) => (Became::Cancelled, None),
        (true, Some(_), None) => (Became::StillRunning, message.or_else(|| still(answer.task, world))),
        (false, None, _) => {
            (Became::NoSuchTask, Some(message.unwrap_or_else(|| format!("not in {program}"))))
        }
        (false, Some(_), None) => (Became::NotCancelled, message.or_else(|| Some(cannot(answer.task)))),
    };
    Row { id: answer.task.to_string(), result, reason }
}

fn cannot(task: TaskId) -> String {
    format!("cannot cancel {task}: the program does not say why")
}

/// What it does instead of stopping.
fn still(id: TaskId, world: &World) -> Option<String> {
    let task = world.task(id)?;
    match (task.state(), task.polled().and_then(|polled| polled.running_since)) {
        (Some(State::Running), Some(since)) => {
            Some(format!("in a poll for {}, and stops when that ends", world.now().since(since)))
        }
        _ => Some("asked, and not polled since".to_owned()),
    }
}

impl Became {
    const fn words(self) -> &'static str {
        match self {
            Became::Cancelled => "cancelled",
            Became::StillRunning => "still running",
            Became::Ended => "has ended",
            Became::NotCancelled => "not cancelled",
            Became::NoSuchTask => "no such task",
        }
    }

    const fn exit(self) -> Exit {
        match self {
            // It was asked: it stops as soon as it can.
            Became::Cancelled | Became::StillRunning => Exit::Done,
            Became::NotCancelled => Exit::NotPermitted,
            Became::Ended | Became::NoSuchTask => Exit::NoSuchTask,
        }
    }
}
