//! A small program's locks, as console-subscriber tells of them.

use taskscope_model::change::*;
use taskscope_model::codes::{Seen, TaskKind};
use taskscope_model::{At, Change, Fact, LocationId, Nanos, OperationId, ResourceId, Source, TaskId};

const MS: u64 = 1_000_000;
const NOW: At = At(60_000 * MS);

/// A mutex for which two tasks wait, its inner semaphore, a timer, and a channel that was dropped.
pub(crate) fn locks() -> Vec<Change> {
    let mut facts: Vec<Fact> = vec![Tick { at: NOW }.into(), coverage().into()];
    for (id, file, line) in [(0, "src/orders.rs", 26), (1, "src/jobs.rs", 7)] {
        facts.push(Location { id: LocationId(id), file: file.to_owned(), line, column: 5 }.into());
    }
    facts.extend([11, 12, 13].map(|id| task(id).into()));
    let mutex = resource(7, "Mutex", Some(0), &[("locked", "true", "")]);
    let inner = Resource {
        parent: Some(ResourceId(7)),
        internal: true,
        ..resource(8, "Semaphore", None, &[("permits", "0", "")])
    };
    let timer = resource(20, "Sleep", Some(1), &[("duration", "5000", "ms")]);
    let dropped = Resource { ended: Some(At(58_000 * MS)), ..resource(9, "Sender|Receiver", Some(1), &[]) };
    facts.extend([mutex, inner, timer, dropped].map(Fact::from));
    let lock = |id, task| operation(id, 7, "Mutex::lock", task);
    let acquire = |id, whole, task| Operation {
        parent: Some(OperationId(whole)),
        attributes: attributes(&[("permits_requested", "1", "")]),
        ..operation(id, 8, "Acquire::new", task)
    };
    let done = Operation { ended: Some(At(57_500 * MS)), ready: Some(true), ..lock(30, 13) };
    let all = [lock(31, 11), acquire(32, 31, 11), lock(33, 12), acquire(34, 33, 12), done];
    facts.extend(all.map(Fact::from));
    facts.extend([31, 33].map(|id| Fact::from(Operation { ready: Some(false), ..lock(id, (id - 9) / 2) })));
    facts.into_iter().map(|fact| Change { source: Source::CONSOLE, fact }).collect()
}

fn coverage() -> Coverage {
    let (topic, why) = ("resources".to_owned(), "tokio tells of locks and timers only".to_owned());
    Coverage { topic, seen: Seen::PARTLY, why, remedy: String::new() }
}

fn task(id: u64) -> Spawned {
    let (task, kind, location, at) =
        (TaskId(id), TaskKind::ASYNC, Some(LocationId(0)), Some(At(50_000 * MS)));
    Spawned { task, kind, runtime: None, parent: None, location, chain: None, at }
}

fn attributes(parts: &[(&str, &str, &str)]) -> Vec<Attribute> {
    let part = |(name, value, unit): &(&str, &str, &str)| Attribute {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        unit: (*unit).to_owned(),
    };
    parts.iter().map(part).collect()
}

fn resource(id: u64, name: &str, place: Option<u32>, parts: &[(&str, &str, &str)]) -> Resource {
    Resource {
        id: ResourceId(id),
        class: "Sync".to_owned(),
        type_name: name.to_owned(),
        location: place.map(LocationId),
        attributes: attributes(parts),
        at: Some(At(50_000 * MS)),
        ..Resource::default()
    }
}

fn operation(id: u64, on: u64, source: &str, task: u64) -> Operation {
    Operation {
        id: OperationId(id),
        resource: ResourceId(on),
        source: source.to_owned(),
        task: Some(TaskId(task)),
        polls: 1,
        busy: Nanos(2_000),
        last_poll: Some(At(57_000 * MS)),
        at: Some(At(57_000 * MS)),
        ..Operation::default()
    }
}
