//! Resources and operations: examples of their facts, as in `examples.rs`, any such facts, and their fold.

use super::arbitrary::{at, nanos, number, place, task_id, word};
use super::examples::told;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use taskscope_model::change::*;
use taskscope_model::codes::Source;
use taskscope_model::frame::Told;
use taskscope_model::task::By;
use taskscope_model::{At, Change, Fact, LocationId, Nanos, OperationId, ResourceId, TaskId, World};

const TASK: TaskId = TaskId(4711);

fn locked(value: &str) -> Vec<Attribute> {
    let (name, value, unit) = ("locked".to_owned(), value.to_owned(), String::new());
    vec![Attribute { name, value, unit }]
}

pub(super) fn facts() -> Vec<(String, Told)> {
    let console = Source::CONSOLE;
    let resource = Resource {
        id: ResourceId(300),
        class: "Sync".to_owned(),
        type_name: "Mutex".to_owned(),
        location: Some(LocationId(3)),
        parent: Some(ResourceId(299)),
        internal: true,
        attributes: locked("true"),
        at: Some(At(1_000_000)),
        ended: Some(At(3_000_000)),
    };
    let operation = Operation {
        id: OperationId(301),
        resource: ResourceId(300),
        source: "Mutex::lock".to_owned(),
        parent: Some(OperationId(302)),
        task: Some(TASK),
        polls: 2,
        busy: Nanos(500),
        last_poll: Some(At(2_000_000)),
        ready: Some(false),
        attributes: vec![Attribute { name: "d".to_owned(), value: "5".to_owned(), unit: "ms".to_owned() }],
        at: Some(At(1_900_000)),
        ended: Some(At(3_000_000)),
    };
    vec![
        told("Resource", console, resource),
        told("Resource.least", console, Resource { id: ResourceId(1), ..Resource::default() }),
        told("Operation", console, operation),
        told("Operation.least", console, Operation { id: OperationId(1), ..Operation::default() }),
        told("ResourceForgotten", console, ResourceForgotten { id: ResourceId(300) }),
        told("OperationForgotten", console, OperationForgotten { id: OperationId(301) }),
        told("Boxed", console, Boxed { task: TASK, original_size: 20_000 }),
        told("Noted", console, Noted { task: TASK, fields: locked("no") }),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec((word(), word(), word()).prop_map(|(name, value, unit)| Attribute { name, value, unit }), 0..3)
}

fn resource_id() -> impl Strategy<Value = ResourceId> {
    (0..5u64).prop_map(ResourceId)
}

fn operation_id() -> impl Strategy<Value = OperationId> {
    prop_oneof![9 => (0..5u64).prop_map(OperationId), 1 => Just(OperationId(u64::MAX))]
}

/// Any of them. Boxed: the strategy of all facts would be too large for a test's stack.
pub(super) fn fact() -> impl Strategy<Value = Fact> {
    let what = (resource_id(), word(), word(), of(place()), of(resource_id()));
    let resource = (what, any::<bool>(), attributes(), of(at()), of(at())).prop_map(
        |((id, class, type_name, location, parent), internal, attributes, at, ended)| {
            Resource { id, class, type_name, location, parent, internal, attributes, at, ended }.into()
        },
    );
    let what = (operation_id(), resource_id(), word(), of(operation_id()), of(task_id()));
    let done = (number(), nanos(), of(at()), of(any::<bool>()));
    let operation = (what, done, attributes(), of(at()), of(at())).prop_map(
        |((id, resource, source, parent, task), (polls, busy, last_poll, ready), attributes, at, ended)| {
            Operation {
                id,
                resource,
                source,
                parent,
                task,
                polls,
                busy,
                last_poll,
                ready,
                attributes,
                at,
                ended,
            }
            .into()
        },
    );
    prop_oneof![
        3 => resource.boxed(),
        5 => operation.boxed(),
        1 => resource_id().prop_map(|id| ResourceForgotten { id }.into()),
        1 => operation_id().prop_map(|id| OperationForgotten { id }.into()),
        1 => (task_id(), number()).prop_map(|(task, original_size)| Boxed { task, original_size }.into()),
        1 => (task_id(), attributes()).prop_map(|(task, fields)| Noted { task, fields }.into()),
    ]
    .boxed()
}

fn world(facts: impl IntoIterator<Item = Fact>) -> World {
    let mut world = World::default();
    for fact in facts {
        world.apply(&Change { source: Source::CONSOLE, fact });
    }
    world
}

fn lock(id: u64, task: u64) -> Fact {
    let task = Some(TaskId(task));
    let (id, resource, last_poll) = (OperationId(id), ResourceId(1), Some(At(1)));
    Operation { id, resource, task, last_poll, ..Operation::default() }.into()
}

fn by(id: u64) -> By<ResourceId> {
    By { source: Source::CONSOLE, id: ResourceId(id) }
}

fn numbers<'a>(operations: impl Iterator<Item = &'a Operation>) -> Vec<u64> {
    operations.map(|operation| operation.id.0).collect()
}

#[test]
fn operations_are_found_by_resource_and_by_task() {
    let mutex = Resource { id: ResourceId(1), ..Resource::default() };
    let world = world([mutex.into(), lock(7, 1), lock(8, 2), lock(9, 1), lock(9, 2)]);
    let resources = world.resources();
    assert_eq!(numbers(resources.on(by(1))), [7, 8, 9]);
    assert_eq!(numbers(resources.on(by(2))), [0; 0]);
    let of = |task| numbers(resources.of(TaskId(task)).map(|(_, operation)| operation));
    assert_eq!((of(1), of(2), of(3)), (vec![7], vec![8, 9], vec![]), "the last task that polled it has it");
}

#[test]
fn a_resource_is_forgotten_with_its_operations() {
    let forgotten = |id| Fact::from(ResourceForgotten { id: ResourceId(id) });
    let mutex = Resource { id: ResourceId(1), ..Resource::default() };
    let gone = world([mutex.into(), lock(7, 1), forgotten(1), lock(8, 1), forgotten(2)]);
    assert_eq!((gone.resources().len(), gone.resources().is_empty()), (0, true));
    assert_eq!(numbers(gone.resources().operations().map(|(_, it)| it)), [8]);
    let one = world([lock(7, 1), lock(8, 1), OperationForgotten { id: OperationId(7) }.into()]);
    assert_eq!(numbers(one.resources().on(by(1))), [8]);
}

#[test]
fn parts_are_found_by_what_they_are_a_part_of() {
    let part = |id, parent: Option<u64>| {
        let (id, parent) = (ResourceId(id), parent.map(ResourceId));
        Fact::from(Resource { id, parent, ..Resource::default() })
    };
    let forgotten = ResourceForgotten { id: ResourceId(4) };
    let world = world([
        part(2, Some(1)),
        part(3, Some(1)),
        part(4, Some(1)),
        part(3, None),
        forgotten.into(),
        part(1, None),
    ]);
    assert_eq!(world.resources().parts(by(1)).collect::<Vec<_>>(), [by(2)]);
}

#[test]
fn who_waits_is_polled_and_not_known_to_be_ready() {
    let polled =
        |ready| Operation { task: Some(TASK), last_poll: Some(At(1)), ready, ..Operation::default() };
    assert!(polled(None).is_waiting() && polled(Some(false)).is_waiting());
    assert!(!polled(Some(true)).is_waiting());
    let unseen = Operation { last_poll: None, ..polled(None) };
    assert!(!unseen.is_waiting() && Operation { ready: Some(false), ..unseen }.is_waiting());
    assert!(!Operation { ended: Some(At(2)), ..polled(None) }.is_waiting());
    assert!(!Operation { task: None, ..polled(None) }.is_waiting());
}
