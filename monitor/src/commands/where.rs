//! `taskscope where`

use super::fetch::{Attached, refused};
use crate::cli::Where;
use crate::exit::CommandError;
use crate::print::{Output, json, story};
use crate::rows::awaits::{AwaitTree, awaits, awaits_by};
use crate::rows::cancels;
use crate::source::one_line;
use taskscope_model::codes::{Seen, TreeKind};
use taskscope_model::request::{Answer, Reason, Request, Subscribe, Trace};
use taskscope_model::{Source, State, Task, TaskId, World};

/// Longest chain of cancellers that is asked for.
const MOST_CANCELLERS: usize = 16;

/// Says where a task comes from, where it waits, and what became of it.
pub(crate) fn where_is(options: &Where, out: &mut Output) -> Result<(), CommandError> {
    let (target, tasks) =
        options.named.target_and_tasks().map_err(|error| CommandError::WrongUse(error.to_string()))?;
    let [id] = tasks[..] else {
        let why = "`where` is about one task: taskscope where [TARGET] TASK";
        return Err(CommandError::WrongUse(why.to_owned()));
    };
    let mut attached = Attached::to(&target)?;
    ask(&mut attached, id)?;
    let Some(task) = attached.session.world().task(id) else {
        return Err(CommandError::NoSuchTask(format!(
            "there is no task {id} in {}, alive or remembered; `taskscope ps --ended` lists those there are",
            attached.name()
        )));
    };
    let is_alive = task.ended().is_none();
    let wants_stack = options.stack || awaits(task, attached.session.world()).is_none();
    let why_not = if is_alive && wants_stack { trace(&mut attached, id, options.stack)? } else { None };
    let world = attached.session.world();
    let Some(task) = world.task(id) else { return Err(attached.gone(false).into()) };
    let tree = shown(task, world, options.stack);
    let why_not = why_not.filter(|_| tree.is_none());
    if options.json {
        let process = json::Process::of(attached.session.hello());
        return Ok(out.json(&story::json(process, task, world, tree.as_ref(), why_not.as_deref()))?);
    }
    let text = story::text(task, world, tree.as_ref(), why_not.as_deref(), out.look());
    Ok(out.text(&format!("{}\n{text}", attached.name()))?)
}

fn shown(task: &Task, world: &World, stack: bool) -> Option<AwaitTree> {
    let by_stack = if stack { awaits_by(task, world, TreeKind::STACK) } else { None };
    by_stack.or_else(|| awaits(task, world))
}

/// Everything about the task, and about those that asked it to stop.
fn ask(attached: &mut Attached, id: TaskId) -> Result<(), CommandError> {
    let mut detail = vec![id];
    loop {
        let subscribe = Subscribe {
            query: format!("id:{id}"),
            ended: true,
            detail: detail.clone(),
            ..Subscribe::default()
        };
        attached.fetch(subscribe)?;
        let world = attached.session.world();
        match cancels::not_known_yet(&cancels::chain(id, world), world) {
            Some(next) if !detail.contains(&next) && detail.len() < MOST_CANCELLERS => detail.push(next),
            _ => return Ok(()),
        }
    }
}

/// Has the task polled once more for its stack of awaits. Gives the reason if that cannot be.
fn trace(attached: &mut Attached, task: TaskId, on_purpose: bool) -> Result<Option<String>, CommandError> {
    let is_agent = attached.session.hello().source == Source::AGENT;
    let is_running = attached.session.world().task(task).and_then(Task::state) == Some(State::Running);
    if is_running && !is_agent {
        return Ok(Some("it is in a poll".to_owned()));
    }
    if attached.is_recording() || !is_agent {
        return Ok(Some(unseen(attached.session.world())));
    }
    if !attached.session.hello().rights.control && !on_purpose {
        let why = "its stack takes the right to control, and this connection may only look; \
                   TASKSCOPE_RIGHTS=read,control in the program's environment lets it do more";
        return Ok(Some(why.to_owned()));
    }
    match attached.answer(|number| Request::Trace(Trace { number, task }))? {
        Some(Answer::Denied(denied)) => match denied.reason {
            Reason::NOT_PERMITTED => Err(refused(&denied)),
            Reason::UNKNOWN_REQUEST => Ok(Some(unseen(attached.session.world()))),
            // It may have ended meanwhile, and then that is what there is to say.
            _ => Ok(Some(one_line(&denied.message))),
        },
        Some(_) => Ok(None),
        None => Ok(Some("the program did not answer in time".to_owned())),
    }
}

/// Why await trees are not seen here.
fn unseen(world: &World) -> String {
    match world.coverage_of("await trees").filter(|coverage| coverage.seen != Seen::YES) {
        Some(coverage) if coverage.remedy.is_empty() => one_line(&coverage.why),
        Some(coverage) => one_line(&format!("{}; to see it: {}", coverage.why, coverage.remedy)),
        None => "nothing has told where it waits".to_owned(),
    }
}
