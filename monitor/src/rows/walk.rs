//! A look at all tasks that match, which goes on for as long as one likes: with very many of them it is done in pieces,
//! so that nobody waits for all of it.

use taskscope_model::{Query, Task, TaskId, World};

/// Which tasks are looked at, and where that goes on.
#[derive(Debug)]
pub(crate) struct Walk {
    query: Query,
    ended: bool,
    /// Those that are still to be looked at begin here; `None`: there are none.
    next: Option<TaskId>,
}

impl Walk {
    /// Nothing has been looked at yet.
    pub(crate) fn new(query: &Query, ended: bool) -> Self {
        Self { query: query.clone(), ended, next: Some(TaskId(0)) }
    }

    /// Looks at so many more tasks and notes those that match; says whether all have been looked at.
    pub(crate) fn on(&mut self, world: &World, most: usize, mut note: impl FnMut(&Task)) -> bool {
        let Some(next) = self.next else { return true };
        let mut tasks = world.tasks_from(next);
        for task in tasks.by_ref().take(most) {
            let wanted = self.ended || task.ended().is_none();
            if wanted && self.query.matches(task, world, world.now()) {
                note(task);
            }
        }
        self.next = tasks.next().map(Task::id);
        self.next.is_none()
    }
}
