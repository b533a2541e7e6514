//! What a console-subscriber tells of a program whose tasks become more and more, message by message: for tests of
//! whoever hears that.

use super::translate::Translator;
use console_api::async_ops::{self, AsyncOp, AsyncOpUpdate};
use console_api::field::{Name, Value};
use console_api::instrument::Update;
use console_api::register_metadata::NewMetadata;
use console_api::resources::{self, ResourceUpdate};
use console_api::tasks::{self, TaskUpdate};
use console_api::{Attribute, Field, Location, MetaId, Metadata, PollStats, RegisterMetadata};
use prost_types::{Duration, Timestamp};
use std::ops::Range;
use taskscope_model::{At, Fact};

/// The wall clock's first second.
const WALL: i64 = 1_700_000_000;
/// The names of the fields of a task's span, as tokio gives them; the others are told by name.
const NAMES: [&str; 4] = ["kind", "task.name", "task.id", "size.bytes"];
const DESCRIBED: MetaId = MetaId { id: 9 };

/// The program, of whose tasks each waits for a permit of a semaphore of its own.
#[derive(Debug, Default)]
pub(crate) struct Growing {
    translator: Translator,
}

impl Growing {
    /// The facts in a message of `at`: of tasks that are new, and of figures of others, all by number.
    pub(crate) fn message(
        &mut self,
        at: At,
        new: Range<u64>,
        polled: impl Iterator<Item = u64>,
    ) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.translator.update(update(at, new, polled), at, &mut facts);
        facts
    }
}

fn update(at: At, new: Range<u64>, polled: impl Iterator<Item = u64>) -> Update {
    let metadata = Metadata { field_names: NAMES.map(str::to_owned).to_vec(), ..Metadata::default() };
    let metadata = vec![NewMetadata { id: Some(DESCRIBED), metadata: Some(metadata) }];
    let touched = || new.clone();
    let stats_update = touched().chain(polled).map(|task| (task, figures(task, at))).collect();
    let tasks = TaskUpdate { new_tasks: touched().map(task).collect(), stats_update, dropped_events: 0 };
    let resources = ResourceUpdate {
        new_resources: touched().map(semaphore).collect(),
        stats_update: touched().map(|task| (resource_of(task), permits(at))).collect(),
        ..ResourceUpdate::default()
    };
    let operations = AsyncOpUpdate {
        new_async_ops: touched().map(acquire).collect(),
        stats_update: touched().map(|task| (resource_of(task), waits(task, at))).collect(),
        dropped_events: 0,
    };
    Update {
        now: Some(wall(at)),
        task_update: Some(tasks),
        resource_update: Some(resources),
        async_op_update: Some(operations),
        new_metadata: Some(RegisterMetadata { metadata }),
    }
}

fn wall(at: At) -> Timestamp {
    let (seconds, nanos) = (at.0 / 1_000_000_000, at.0 % 1_000_000_000);
    Timestamp { seconds: WALL + i64::try_from(seconds).unwrap(), nanos: i32::try_from(nanos).unwrap() }
}

fn span(nanos: u64) -> Duration {
    Duration { seconds: 0, nanos: i32::try_from(nanos).unwrap() }
}

/// The number of a task's semaphore, and of the operation on it.
fn resource_of(task: u64) -> u64 {
    1 << 32 | task
}

fn place(task: u64) -> Location {
    let line = u32::try_from(10 + task % 200).unwrap();
    Location { file: Some("src/many.rs".to_owned()), line: Some(line), column: Some(9), module_path: None }
}

fn task(task: u64) -> tasks::Task {
    let kind = Value::DebugVal("task".to_owned());
    let name = Value::DebugVal(format!("connection {task}"));
    let values = [kind, name, Value::U64Val(task), Value::U64Val(240)];
    let field = |(at, value)| Field {
        metadata_id: Some(DESCRIBED),
        name: Some(Name::NameIdx(at)),
        value: Some(value),
    };
    tasks::Task {
        id: Some(task.into()),
        fields: (0..).zip(values).map(field).collect(),
        location: Some(place(task)),
        ..tasks::Task::default()
    }
}

fn polls(task: u64, at: At) -> PollStats {
    PollStats {
        polls: 1 + at.0 / 1_000_000_000,
        first_poll: Some(wall(at)),
        last_poll_started: Some(wall(at)),
        last_poll_ended: Some(wall(At(at.0 + 1_000))),
        busy_time: Some(span((task * 7_919 + at.0 / 1_000) % 900_000_000)),
    }
}

fn figures(task: u64, at: At) -> tasks::Stats {
    tasks::Stats {
        created_at: Some(wall(At(task))),
        wakes: 1,
        waker_clones: 2,
        waker_drops: 1,
        last_wake: Some(wall(at)),
        scheduled_time: Some(span(task % 100_000)),
        poll_stats: Some(polls(task, at)),
        ..tasks::Stats::default()
    }
}

fn semaphore(task: u64) -> resources::Resource {
    resources::Resource {
        id: Some(resource_of(task).into()),
        concrete_type: "Semaphore".to_owned(),
        location: Some(place(task)),
        ..resources::Resource::default()
    }
}

fn permits(at: At) -> resources::Stats {
    let (name, value) = (Name::StrName("permits".to_owned()), Value::U64Val(0));
    let field = Field { metadata_id: None, name: Some(name), value: Some(value) };
    let attributes = vec![Attribute { field: Some(field), unit: Some("permits".to_owned()) }];
    resources::Stats { created_at: Some(wall(at)), dropped_at: None, attributes }
}

fn acquire(task: u64) -> AsyncOp {
    AsyncOp {
        id: Some(resource_of(task).into()),
        source: "Semaphore::acquire".to_owned(),
        resource_id: Some(resource_of(task).into()),
        ..AsyncOp::default()
    }
}

fn waits(task: u64, at: At) -> async_ops::Stats {
    async_ops::Stats {
        created_at: Some(wall(at)),
        task_id: Some(task.into()),
        poll_stats: Some(polls(task, at)),
        ..async_ops::Stats::default()
    }
}
