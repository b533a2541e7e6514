//! One run of a command. The server asks for it, a thread gives it to the runtime, the task runs it; all three have
//! this between them.

use crate::core::{self, Core};
use crate::offered::{Returned, What};
use crate::panics::{begin, caught};
use crate::signals;
use crate::sync::lock;
use crate::task_number::task_number;
use crate::wrapped::{Fallible, Grasp, New, begin as begin_task};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use taskscope_model::TaskId;
use taskscope_model::codes::{CallOutcome, HandleState, TaskKind};
use tokio::task::AbortHandle;

/// Longest text of an answer, bytes.
const MOST_TEXT: usize = 65_536;

/// How something went: in a word, what there is to say, and bytes that were cut off that.
#[derive(Clone, Debug)]
pub(crate) struct Went {
    pub(crate) outcome: CallOutcome,
    pub(crate) text: String,
    pub(crate) cut: u64,
}

impl Went {
    pub(super) fn new(outcome: CallOutcome, text: &str, most: usize) -> Self {
        let shown = begin(text, most);
        Self { outcome, text: shown.to_owned(), cut: (text.len() - shown.len()) as u64 }
    }

    pub(super) fn of(returned: Result<Returned, String>, most: usize) -> Self {
        match returned {
            Ok(Ok(text)) => Self::new(CallOutcome::RETURNED, &text, most),
            Ok(Err(text)) => Self::new(CallOutcome::FAILED, &text, most),
            Err(text) => Self::new(CallOutcome::PANICKED, &text, most),
        }
    }
}

/// One run.
#[derive(Default)]
pub(crate) struct Run(Mutex<State>);

#[derive(Default)]
struct State {
    task: Option<TaskId>,
    abort: Option<AbortHandle>,
    grasp: Option<Grasp>,
    /// Whether it has been polled.
    begun: bool,
    /// Whether it is not to begin any more.
    taken_back: bool,
    went: Option<Went>,
}

impl Run {
    /// The task that it is; `None` while it has none.
    pub(crate) fn task(&self) -> Option<TaskId> {
        lock(&self.0).task
    }

    /// Whether it has been polled.
    pub(crate) fn has_begun(&self) -> bool {
        lock(&self.0).begun
    }

    /// How it went, when it is over. Then nobody has to look at its task any more.
    pub(crate) fn went(&self) -> Option<Went> {
        let mut state = lock(&self.0);
        let went = state.went.clone()?;
        let grasp = state.grasp.take();
        drop(state);
        if let Some(grasp) = grasp {
            grasp.gone(HandleState::AWAITED);
        }
        Some(went)
    }

    /// Keeps it from beginning; false if it has begun. The task is dropped by its runtime.
    pub(crate) fn take_back(&self) -> bool {
        let mut state = lock(&self.0);
        if state.begun {
            return false;
        }
        state.taken_back = true;
        let abort = state.abort.clone();
        drop(state);
        if let Some(abort) = abort {
            abort.abort();
        }
        true
    }

    fn given(&self, task: TaskId, abort: AbortHandle, grasp: Option<Grasp>) {
        let mut state = lock(&self.0);
        (state.task, state.abort, state.grasp) = (Some(task), Some(abort.clone()), grasp);
        let taken_back = state.taken_back;
        drop(state);
        if taken_back {
            abort.abort();
        }
    }

    fn begins(&self) -> bool {
        let mut state = lock(&self.0);
        state.begun = !state.taken_back;
        state.begun
    }

    fn ends(&self, went: Went) {
        let mut state = lock(&self.0);
        if state.went.is_none() {
            state.went = Some(went);
            drop(state);
            core::wake_server();
        }
    }
}

/// Starts a run of the command that is offered by that number, on the runtime that offered it.
pub(crate) fn start(core: &'static Core, number: u64, arguments: Vec<String>) -> io::Result<Arc<Run>> {
    let run = Arc::new(Run::default());
    let given = Arc::clone(&run);
    // Not from the server's thread: the program's spawn hooks run in a spawn, and a runtime that is gone drops what
    // it is given at once.
    let thread = std::thread::Builder::new().name("taskscope-call".to_owned());
    thread.spawn(move || {
        signals::leave_to_the_program();
        give(core, number, given, arguments);
    })?;
    Ok(run)
}

fn give(core: &Core, number: u64, run: Arc<Run>, arguments: Vec<String>) {
    let not_given = |why| run.ends(Went::new(CallOutcome::CANCELLED, why, MOST_TEXT));
    let Some((What::Command { command, on }, fact, location)) = core.offers.what(number) else {
        return not_given("it is not offered any more");
    };
    let Some(handle) = on.handle() else { return not_given("its runtime is gone") };
    let over = Over(Arc::clone(&run));
    let future = async move {
        let over = over;
        if !over.0.begins() {
            return Ok(());
        }
        let went = Went::of(Caught(command(arguments)).await, MOST_TEXT);
        let failed = (went.outcome != CallOutcome::RETURNED).then(|| went.text.clone());
        over.0.ends(went);
        failed.map_or(Ok(()), Err)
    };
    let new = New::here(TaskKind::COMMAND).at(location).named(Some(&fact.name)).on(&handle);
    let (task, begun) = begin_task::<_, Fallible<String>>(future, new);
    let task = handle.spawn(task);
    let grasp = begun.end(task.id(), || task.abort_handle());
    run.given(TaskId(task_number(task.id())), task.abort_handle(), grasp);
}

/// The task is gone: if nothing else was said of it, it was cancelled.
struct Over(Arc<Run>);

impl Drop for Over {
    fn drop(&mut self) {
        let why = "cancelled, or dropped with its runtime";
        self.0.ends(Went::new(CallOutcome::CANCELLED, why, MOST_TEXT));
    }
}

/// A future whose panic ends here, in words.
struct Caught(Pin<Box<dyn Future<Output = Returned> + Send>>);

impl Future for Caught {
    type Output = Result<Returned, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.0.as_mut();
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(words(&*payload))),
        }
    }
}

/// A panic in words: where, and what it said.
pub(super) fn words(payload: &(dyn std::any::Any + Send)) -> String {
    let panic = caught(payload);
    let place = panic.place.map(|place| format!(" at {}:{}:{}", place.file, place.line, place.column));
    format!("panicked{}: {}", place.unwrap_or_default(), panic.message)
}
