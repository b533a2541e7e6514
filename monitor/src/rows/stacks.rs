//! The stacks of threads as rows: one a thread, with its frames.

use taskscope_model::change::{Call, ThreadStack};
use taskscope_model::codes::{Doing, Origin};
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{FrameId, Nanos, RuntimeId, TaskId, Worker, World};

/// Functions of runtimes that poll a task, run a blocking call, or wait for something to do.
const BOUNDARIES: &[&str] = &[
    "tokio::runtime::task::",
    "tokio::runtime::blocking::",
    "tokio::runtime::scheduler::",
    "tokio::runtime::park::",
    "tokio::runtime::context::",
    "taskscope_agent::runtime::",
];

/// A thread and its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThreadRow {
    pub(crate) tid: u32,
    pub(crate) name: String,
    pub(crate) runtime: Option<By<RuntimeId>>,
    pub(crate) worker: Option<Worker>,
    /// The task that it polls, and for how long.
    pub(crate) task: Option<TaskId>,
    pub(crate) since: Option<Nanos>,
    pub(crate) doing: Doing,
    /// The system call that it is in; empty if in none.
    pub(crate) call: String,
    pub(crate) complete: bool,
    /// Innermost first.
    pub(crate) frames: Vec<FrameRow>,
}

/// A function in a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FrameRow {
    /// `None` if its name is not known.
    pub(crate) function: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) inlined: bool,
    pub(crate) origin: Origin,
    pub(crate) module: String,
    pub(crate) offset: u64,
}

/// The threads whose stacks were taken last and that have to do with tokio: workers first, then by number; and
/// how many others there are.
pub(crate) fn threads(world: &World) -> (Vec<ThreadRow>, usize) {
    let rows = world.threads().map(|thread| row(world, thread));
    let (mut rows, others): (Vec<_>, Vec<_>) = rows.partition(ThreadRow::runs_tasks_or_calls);
    rows.sort_by_key(|row| (row.worker.is_none(), row.runtime, row.worker, row.task.is_none(), row.tid));
    (rows, others.len())
}

impl ThreadRow {
    fn runs_tasks_or_calls(&self) -> bool {
        let is_tokio = |frame: &FrameRow| frame.origin == Origin::TOKIO;
        self.worker.is_some() || self.task.is_some() || self.frames.iter().any(is_tokio)
    }

    /// How many of the frames are of the task or call itself, or of the wait for one: what is further out is the
    /// runtime's, and the same everywhere.
    pub(crate) fn inner(&self) -> usize {
        let is_boundary = |frame: &FrameRow| {
            frame
                .function
                .as_ref()
                .is_some_and(|function| BOUNDARIES.iter().any(|part| function.contains(part)))
        };
        self.frames.iter().position(is_boundary).unwrap_or(self.frames.len())
    }
}

fn row(world: &World, thread: By<&ThreadStack>) -> ThreadRow {
    let ThreadStack { tid, name, at, runtime, worker, task, since, stack } = thread.id;
    let source = thread.source;
    let frames = stack.frames.iter().flat_map(|id| frames(world, By { source, id: *id }));
    ThreadRow {
        tid: *tid,
        name: name.clone(),
        runtime: runtime.map(|id| By { source, id }),
        worker: *worker,
        task: *task,
        since: since.map(|since| at.since(since)),
        doing: stack.doing,
        call: stack.call.clone(),
        complete: stack.complete,
        frames: frames.collect(),
    }
}

/// The functions at one address, innermost first.
fn frames(world: &World, id: By<FrameId>) -> Vec<FrameRow> {
    let Some(frame) = world.frame(id) else { return Vec::new() };
    let unknown = FrameRow {
        function: None,
        file: None,
        line: None,
        inlined: false,
        origin: Origin::default(),
        module: frame.module.clone(),
        offset: frame.offset,
    };
    if frame.calls.is_empty() {
        return vec![unknown];
    }
    let last = frame.calls.len() - 1;
    let call = |(at, call): (usize, &Call)| {
        let location =
            call.location.and_then(|location| world.location(By { source: id.source, id: location }));
        FrameRow {
            function: Some(call.function.clone()).filter(|function| !function.is_empty()),
            file: location.map(|location| location.file.clone()),
            line: location.map(|location| location.line),
            inlined: at < last,
            origin: call.origin,
            ..unknown.clone()
        }
    };
    frame.calls.iter().enumerate().map(call).collect()
}
