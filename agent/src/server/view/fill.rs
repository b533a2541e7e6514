//! What a view tells, in which order.

use super::View;
use crate::extensions::Handled;
use crate::shard::Remembered;
use crate::tell::{Standing, Teller};
use taskscope_model::change::{Complete, Forgotten};
use taskscope_model::{Fact, TaskId};

/// Most tasks whose handles are followed beyond their end.
const MOST_HANDLES: usize = 4_096;

/// An ended task that waits to be told.
pub(super) struct Due {
    pub(super) task: Remembered,
    /// Whether the client knows it alive.
    pub(super) told: bool,
    /// What was told of it then.
    pub(super) standing: Option<Box<Standing>>,
}

impl View {
    /// Whether there is anything to tell.
    pub(in crate::server) fn has_news(&self) -> bool {
        let rows = !self.due.is_empty() || !self.ended.is_empty() || !self.forgotten.is_empty();
        rows || !self.late.is_empty() || (self.scanned.is_some() && !self.completed)
    }

    /// Tells what is due until `tell` says that there is no more room: first the snapshot, the first rows in
    /// the order first; then what has ended and what has changed in turn, so that neither waits for the other.
    pub(in crate::server) fn fill(&mut self, teller: &Teller, mut tell: impl FnMut(Fact) -> bool) {
        while let Some(id) = self.forgotten.pop() {
            // It may have matched again since.
            let known = self.rows.get(&id).is_some_and(|row| row.told);
            if !known && !tell(Forgotten { task: id }.into()) {
                return;
            }
        }
        while self.snapshot.rows > 0 {
            self.snapshot.rows -= 1;
            if self.tell_due(teller, &mut tell) == Some(false) {
                return;
            }
        }
        while self.snapshot.ended > 0 {
            self.snapshot.ended -= 1;
            if self.tell_ended(teller, &mut tell) == Some(false) {
                return;
            }
        }
        if self.scanned.is_some() && !self.completed {
            self.completed = true;
            tell(Complete { subscription: self.asked.number }.into());
        }
        while let Some((task, handled)) = self.late.pop_front() {
            if !tell(teller.handled(task, handled)) {
                return;
            }
        }
        loop {
            match (self.tell_ended(teller, &mut tell), self.tell_due(teller, &mut tell)) {
                (None, None) | (Some(false), _) | (_, Some(false)) => return,
                _ => {}
            }
        }
    }

    /// Tells the next ended task; `None` if there is none, else whether there is more room.
    fn tell_ended(&mut self, teller: &Teller, tell: &mut impl FnMut(Fact) -> bool) -> Option<bool> {
        let Due { task, told, standing } = self.ended.pop_front()?;
        let id = TaskId(task.last.seed.id);
        if !told {
            tell(teller.spawned(&task.last));
            teller.described_ended(&task).map(&mut *tell);
        }
        tell(teller.polled(&task.last));
        if let Some(now) = teller.standing_ended(&task) {
            for fact in teller.news_of(id, &now, standing.as_deref()) {
                tell(fact);
            }
            if now.has_handle() {
                self.follow_handle(id);
            }
        }
        Some(tell(teller.ended(&task)))
    }

    /// The handle of an ended task is still there: what becomes of it is to be told.
    fn follow_handle(&mut self, id: TaskId) {
        if self.handles.insert(id) {
            self.handles_in_order.push_back(id);
        }
        if self.handles_in_order.len() > MOST_HANDLES
            && let Some(oldest) = self.handles_in_order.pop_front()
        {
            self.handles.remove(&oldest);
        }
    }

    /// A handle was let go after the end of its task.
    pub(super) fn come_late(&mut self, id: TaskId, handled: Handled) {
        if self.handles.remove(&id) {
            self.late.push_back((id, handled));
        } else if let Some(due) = self.ended.iter_mut().rev().find(|due| due.task.last.seed.id == id.0)
            && let Some(fate) = &mut due.task.fate
        {
            fate.set_handled(handled);
        }
    }

    /// Tells the next changed row; as `tell_ended`.
    fn tell_due(&mut self, teller: &Teller, tell: &mut impl FnMut(Fact) -> bool) -> Option<bool> {
        let id = self.due.pop_front()?;
        Some(self.tell_row(id, teller, tell))
    }

    fn tell_row(&mut self, id: TaskId, teller: &Teller, tell: &mut impl FnMut(Fact) -> bool) -> bool {
        let Some(row) = self.rows.get_mut(&id) else { return true };
        row.due = false;
        let Some(copied) = teller.copy(row.record).filter(|copied| copied.seed.id == id.0) else { return true };
        if !row.told {
            row.told = true;
            tell(teller.spawned(&copied));
            teller.described(&copied).map(&mut *tell);
        }
        if let Some(now) = teller.standing(&copied) {
            for fact in teller.news_of(id, &now, row.standing.as_deref()) {
                tell(fact);
            }
            row.standing = Some(Box::new(now));
        }
        tell(teller.polled(&copied))
    }
}
