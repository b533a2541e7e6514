//! Resources, and the operations that tasks have going on them.

use super::fields::Names;
use super::history::History;
use super::moments::{self, Moments};
use super::places::Places;
use super::tasks::Tasks;
use console_api::async_ops::AsyncOpUpdate;
use console_api::resources::resource::Kind;
use console_api::resources::resource::kind::{Kind as Class, Known};
use console_api::resources::{PollOp, ResourceUpdate};
use std::collections::{BTreeSet, HashMap};
use taskscope_model::change::{Operation, OperationForgotten, Resource, ResourceForgotten};
use taskscope_model::{At, Fact, OperationId, ResourceId, TaskId};

/// Ended resources that are remembered, and as many ended operations.
const MOST_ENDED: usize = 1_000;
/// Resources that are kept, and as many operations. What is more is counted.
const MOST: usize = 100_000;

/// The resources and operations told of so far.
#[derive(Debug)]
pub(super) struct Operations {
    resources: HashMap<u64, Resource>,
    operations: HashMap<u64, Operation>,
    /// Operations that end with their resource, as nobody tells of their end.
    ends_with: HashMap<u64, Vec<u64>>,
    ended_resources: History<u64>,
    ended_operations: History<u64>,
    /// What was told of in this update.
    touched: BTreeSet<Touched>,
    left_out: u64,
}

/// What the numbers and times in an update mean.
pub(super) struct Context<'a> {
    pub(super) names: &'a Names,
    pub(super) places: &'a mut Places,
    pub(super) moments: Moments,
    pub(super) tasks: &'a Tasks,
}

/// Resources before operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    Resource(u64),
    Operation(u64),
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            resources: HashMap::new(),
            operations: HashMap::new(),
            ends_with: HashMap::new(),
            ended_resources: History::of(MOST_ENDED),
            ended_operations: History::of(MOST_ENDED),
            touched: BTreeSet::new(),
            left_out: 0,
        }
    }
}

impl Operations {
    /// Takes in an update: resources, operations, and polls of them.
    pub(super) fn update(
        &mut self,
        resources: ResourceUpdate,
        operations: AsyncOpUpdate,
        context: &mut Context<'_>,
        out: &mut Vec<Fact>,
    ) {
        self.new_resources(&resources, context, out);
        self.new_operations(&operations, out);
        for poll in &resources.new_poll_ops {
            self.polled(poll, context.tasks);
        }
        self.states(&resources, &operations, context);
        self.tell(out);
    }

    /// Tasks have other numbers now.
    pub(super) fn rename(&mut self, renamed: &[(TaskId, TaskId)], out: &mut Vec<Fact>) {
        for (old, new) in renamed {
            for (id, operation) in self.operations.iter_mut().filter(|(_, it)| it.task == Some(*old)) {
                operation.task = Some(*new);
                // An ended one was told for the last time.
                if operation.ended.is_none() {
                    self.touched.insert(Touched::Operation(*id));
                }
            }
        }
        self.tell(out);
    }

    /// Resources and operations that found no room.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The operations in which some tasks wait: those of each task, by number.
    pub(super) fn waiting(&self, is_one: impl Fn(TaskId) -> bool) -> HashMap<TaskId, Vec<&Operation>> {
        let mut waiting: HashMap<_, Vec<_>> = HashMap::new();
        for operation in self.operations.values().filter(|it| it.is_waiting()) {
            if let Some(task) = operation.task.filter(|task| is_one(*task)) {
                waiting.entry(task).or_default().push(operation);
            }
        }
        waiting.values_mut().for_each(|all| all.sort_unstable_by_key(|operation| operation.id));
        waiting
    }

    /// A resource.
    pub(super) fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(&id.0)
    }

    fn new_resources(&mut self, told: &ResourceUpdate, context: &mut Context<'_>, out: &mut Vec<Fact>) {
        for new in &told.new_resources {
            let Some(id) = new.id.map(|id| id.id) else { continue };
            let fresh = Resource {
                id: ResourceId(id),
                class: class(new.kind.as_ref()),
                type_name: new.concrete_type.clone(),
                location: context.places.of(new.location.as_ref(), out),
                parent: new.parent_resource_id.map(|parent| ResourceId(parent.id)),
                internal: new.is_internal,
                ..Resource::default()
            };
            let before = self.resources.get(&id);
            // Told again, not made again.
            if before.is_some_and(|it| it.ended.is_none() && it.type_name == fresh.type_name) {
                continue;
            }
            if before.is_some() {
                out.push(ResourceForgotten { id: ResourceId(id) }.into());
                self.operations.retain(|_, operation| operation.resource.0 != id);
            } else if self.resources.len() >= MOST {
                self.left_out += 1;
                continue;
            }
            self.resources.insert(id, fresh);
            self.touched.insert(Touched::Resource(id));
        }
    }

    fn new_operations(&mut self, told: &AsyncOpUpdate, out: &mut Vec<Fact>) {
        for new in &told.new_async_ops {
            let (Some(id), Some(resource)) = (new.id.map(|id| id.id), new.resource_id) else { continue };
            let fresh = Operation {
                id: OperationId(id),
                resource: ResourceId(resource.id),
                source: new.source.clone(),
                parent: new.parent_async_op_id.map(|parent| OperationId(parent.id)),
                ..Operation::default()
            };
            let before = self.operations.get(&id);
            if before.is_some_and(|it| it.ended.is_none() && it.source == fresh.source) {
                continue;
            }
            if before.is_some() {
                out.push(OperationForgotten { id: OperationId(id) }.into());
            }
            self.begin(id, fresh);
        }
    }

    fn begin(&mut self, id: u64, operation: Operation) {
        if self.operations.len() >= MOST && !self.operations.contains_key(&id) {
            self.left_out += 1;
            return;
        }
        self.operations.insert(id, operation);
        self.touched.insert(Touched::Operation(id));
    }

    /// A poll of an operation. Of some (the timers of newer tokios) nothing else is told.
    fn polled(&mut self, poll: &PollOp, tasks: &Tasks) {
        let (Some(id), Some(resource)) = (poll.async_op_id.map(|id| id.id), poll.resource_id) else { return };
        let task = poll.task_id.and_then(|task| tasks.id(task.id));
        if self.operations.get(&id).is_none_or(|it| it.ended.is_some()) {
            let Some(at) = self.resources.get(&resource.id).filter(|it| it.ended.is_none()).map(|it| it.at)
            else {
                return;
            };
            self.ends_with.entry(resource.id).or_default().push(id);
            let (resource, source) = (ResourceId(resource.id), poll.name.clone());
            self.begin(id, Operation { id: OperationId(id), resource, source, at, ..Operation::default() });
        }
        let Some(operation) = self.operations.get_mut(&id) else { return };
        operation.task = task.or(operation.task);
        operation.ready = Some(poll.is_ready);
        self.touched.insert(Touched::Operation(id));
    }

    fn states(&mut self, resources: &ResourceUpdate, operations: &AsyncOpUpdate, context: &Context<'_>) {
        let (names, moments) = (context.names, context.moments);
        for (id, stats) in &resources.stats_update {
            let Some(resource) = self.resources.get_mut(id).filter(|it| it.ended.is_none()) else { continue };
            resource.attributes = names.attributes(&stats.attributes);
            resource.at = moments.some(stats.created_at.as_ref());
            resource.ended = moments.some(stats.dropped_at.as_ref());
            self.touched.insert(Touched::Resource(*id));
            if let Some(at) = resource.ended {
                self.end_what_is_done_to(ResourceId(*id), at);
            }
        }
        for (id, stats) in &operations.stats_update {
            let Some(operation) = self.operations.get_mut(id).filter(|it| it.ended.is_none()) else {
                continue;
            };
            let polls = stats.poll_stats.unwrap_or_default();
            operation.task = stats.task_id.and_then(|task| context.tasks.id(task.id)).or(operation.task);
            operation.polls = polls.polls;
            operation.busy = moments::span(polls.busy_time.as_ref());
            operation.last_poll = moments.some(polls.last_poll_started.as_ref());
            operation.attributes = names.attributes(&stats.attributes);
            operation.at = moments.some(stats.created_at.as_ref());
            operation.ended = moments.some(stats.dropped_at.as_ref());
            self.touched.insert(Touched::Operation(*id));
        }
    }

    fn end_what_is_done_to(&mut self, resource: ResourceId, at: At) {
        for id in self.ends_with.remove(&resource.0).unwrap_or_default() {
            if let Some(operation) = self.operations.get_mut(&id).filter(|it| it.ended.is_none()) {
                operation.ended = Some(at);
                self.touched.insert(Touched::Operation(id));
            }
        }
    }

    /// Tells what has changed, and forgets what ended long ago.
    fn tell(&mut self, out: &mut Vec<Fact>) {
        for touched in std::mem::take(&mut self.touched) {
            match touched {
                Touched::Resource(id) => self.tell_resource(id, out),
                Touched::Operation(id) => self.tell_operation(id, out),
            }
        }
    }

    fn tell_resource(&mut self, id: u64, out: &mut Vec<Fact>) {
        let Some(resource) = self.resources.get(&id) else { return };
        out.push(resource.clone().into());
        let oldest = if resource.ended.is_some() { self.ended_resources.push(id) } else { None };
        if let Some(oldest) = oldest
            && self.resources.get(&oldest).is_some_and(|it| it.ended.is_some())
        {
            self.resources.remove(&oldest);
            out.push(ResourceForgotten { id: ResourceId(oldest) }.into());
        }
    }

    fn tell_operation(&mut self, id: u64, out: &mut Vec<Fact>) {
        let Some(operation) = self.operations.get(&id) else { return };
        out.push(operation.clone().into());
        let oldest = if operation.ended.is_some() { self.ended_operations.push(id) } else { None };
        if let Some(oldest) = oldest
            && self.operations.get(&oldest).is_some_and(|it| it.ended.is_some())
        {
            self.operations.remove(&oldest);
            out.push(OperationForgotten { id: OperationId(oldest) }.into());
        }
    }
}

fn class(kind: Option<&Kind>) -> String {
    match kind.and_then(|kind| kind.kind.as_ref()) {
        Some(Class::Known(known)) if *known == Known::Timer as i32 => "timer".to_owned(),
        Some(Class::Other(other)) => other.clone(),
        _ => String::new(),
    }
}
