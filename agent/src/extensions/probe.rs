//! A question put to one task: where do you wait? Its next poll answers, unless the question is taken back before.

use crate::sync::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Questions that wait for an answer, over all tasks.
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// Most stacks of one answer: a task that waits for more at once shows the first ones.
const MOST_STACKS: usize = 256;

/// Deepest stack; what is beyond is below the task's own future.
const DEEPEST: usize = 512;

/// The return addresses of a stack, innermost first.
pub(crate) type Stack = Vec<usize>;

/// A question put to one task.
pub(crate) struct Probe(Mutex<Stage>);

enum Stage {
    /// Nobody has answered yet.
    Asked,
    /// A poll is answering: the stacks so far, and how many more there were.
    Answering(Vec<Stack>, u64),
    Answered(Answer),
    /// Nobody wants to know any more.
    TakenBack,
}

/// Where a task waits.
pub(crate) struct Answer {
    /// One a leaf.
    pub(crate) stacks: Vec<Stack>,
    /// Leaves beyond.
    pub(crate) left_out: u64,
    /// Whether that poll ended the task.
    pub(crate) ended: bool,
}

impl Probe {
    pub(crate) fn new() -> Self {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Self(Mutex::new(Stage::Asked))
    }

    /// Whether any task is asked anything.
    #[inline]
    pub(crate) fn any() -> bool {
        ASKED.load(Ordering::Relaxed) != 0
    }

    /// A poll begins to answer; false if it is not to.
    pub(crate) fn begin(&self) -> bool {
        let mut stage = lock(&self.0);
        let asked = matches!(*stage, Stage::Asked);
        if asked {
            *stage = Stage::Answering(Vec::new(), 0);
        }
        asked
    }

    /// A leaf takes the waker: here is the stack that led to it. After the poll nothing is wanted any more.
    pub(crate) fn leaf(&self) {
        let mut stage = lock(&self.0);
        match &mut *stage {
            Stage::Answering(stacks, _) if stacks.len() < MOST_STACKS => {
                stacks.push(crate::own_stack::trace(DEEPEST));
            }
            Stage::Answering(_, left_out) => *left_out += 1,
            _ => {}
        }
    }

    /// The poll that answers has ended.
    pub(crate) fn end(&self, ended: bool) {
        let mut stage = lock(&self.0);
        if let Stage::Answering(stacks, left_out) = &mut *stage {
            let (stacks, left_out) = (std::mem::take(stacks), *left_out);
            *stage = Stage::Answered(Answer { stacks, left_out, ended });
        }
    }

    /// The answer, if it is there.
    pub(crate) fn take(&self) -> Option<Answer> {
        let mut stage = lock(&self.0);
        match std::mem::replace(&mut *stage, Stage::TakenBack) {
            Stage::Answered(answer) => Some(answer),
            other => {
                *stage = other;
                None
            }
        }
    }

    /// Nobody wants to know any more. False: a poll is answering just now.
    pub(crate) fn take_back(&self) -> bool {
        let mut stage = lock(&self.0);
        let answering = matches!(*stage, Stage::Answering(..));
        if !answering {
            *stage = Stage::TakenBack;
        }
        !answering
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        ASKED.fetch_sub(1, Ordering::Relaxed);
    }
}
