//! A task's span: what its fields say of the task.

use super::fields::{self, Names};
use console_api::tasks::Task as Told;
use console_api::tasks::task::Kind;
use taskscope_model::change::{Attribute, Boxed, Described, Noted};
use taskscope_model::codes::TaskKind;
use taskscope_model::{Fact, TaskId};

/// What the fields of a task's span say.
pub(super) struct What {
    pub(super) id: Option<u64>,
    pub(super) kind: TaskKind,
    name: String,
    future: String,
    size: Option<u64>,
    original_size: Option<u64>,
    noted: Vec<Attribute>,
}

impl What {
    pub(super) fn of(told: &Told, names: &Names) -> Self {
        let kind = if told.kind == Kind::Blocking as i32 { TaskKind::BLOCKING } else { TaskKind::ASYNC };
        let (name, future, noted) = (String::new(), String::new(), Vec::new());
        let mut what = Self { id: None, kind, name, future, size: None, original_size: None, noted };
        for field in &told.fields {
            let Some(name) = names.of(field) else { continue };
            match name {
                "task.id" => what.id = fields::number(field).filter(|id| is_tokios(TaskId(*id))),
                "task.name" => what.name = fields::words(field),
                "fn" => what.future = fields::words(field),
                "size.bytes" => what.size = fields::number(field),
                "original_size.bytes" => what.original_size = fields::number(field),
                "kind" => match fields::words(field).as_str() {
                    "task" => what.kind = TaskKind::ASYNC,
                    "local" => what.kind = TaskKind::LOCAL,
                    "blocking" => what.kind = TaskKind::BLOCKING,
                    "block_on" => what.kind = TaskKind::BLOCK_ON,
                    other => what.note(name, other),
                },
                name => what.note(name, &fields::words(field)),
            }
        }
        what
    }

    fn note(&mut self, name: &str, value: &str) {
        let (name, value, unit) = (name.to_owned(), value.to_owned(), String::new());
        self.noted.push(Attribute { name, value, unit });
    }

    /// The same as facts about a task.
    pub(super) fn facts(self, task: TaskId) -> impl Iterator<Item = Fact> {
        let Self { name, future, size, original_size, noted: fields, .. } = self;
        let is_described = !name.is_empty() || !future.is_empty() || size.is_some();
        let described = is_described.then_some(Described { task, name, future, size });
        let boxed = original_size.map(|original_size| Boxed { task, original_size });
        let noted = (!fields.is_empty()).then_some(Noted { task, fields });
        described.map(Fact::from).into_iter().chain(boxed.map(Fact::from)).chain(noted.map(Fact::from))
    }
}

/// Whether tokio can have given that number.
fn is_tokios(id: TaskId) -> bool {
    !id.is_root() && !id.is_span()
}
