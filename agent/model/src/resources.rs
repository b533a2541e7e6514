//! What we believe of resources (locks, semaphores, timers, channels) and of the operations on them.

use crate::change::{Fact, Operation, Resource};
use crate::codes::Source;
use crate::ids::{OperationId, ResourceId, TaskId};
use crate::task::By;
use std::collections::{BTreeMap, BTreeSet};

/// The resources of one program and the operations on them. Bounded by whoever tells of them: ended ones are
/// forgotten by a Change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    resources: BTreeMap<By<ResourceId>, Resource>,
    /// The parts of each resource.
    parts: BTreeSet<(By<ResourceId>, ResourceId)>,
    operations: BTreeMap<By<OperationId>, Operation>,
    /// The operations on each resource.
    on: BTreeSet<(By<ResourceId>, OperationId)>,
    /// The operations that each task has polled last.
    of: BTreeSet<(TaskId, By<OperationId>)>,
}

impl Resources {
    /// Takes in a fact about a resource or an operation; other facts are ignored.
    pub(crate) fn apply(&mut self, source: Source, fact: &Fact) {
        match fact {
            Fact::Resource(resource) => {
                let key = By { source, id: resource.id };
                self.detach(key);
                self.parts.extend(resource.parent.map(|id| (By { source, id }, resource.id)));
                self.resources.insert(key, resource.clone());
            }
            Fact::Operation(operation) => {
                let key = By { source, id: operation.id };
                self.forget(key);
                self.on.insert((By { source, id: operation.resource }, operation.id));
                self.of.extend(operation.task.map(|task| (task, key)));
                self.operations.insert(key, operation.clone());
            }
            Fact::ResourceForgotten(forgotten) => {
                let key = By { source, id: forgotten.id };
                self.detach(key);
                let operations: Vec<_> = self.on(key).map(|operation| operation.id).collect();
                operations.into_iter().for_each(|id| self.forget(By { source, id }));
            }
            Fact::OperationForgotten(forgotten) => self.forget(By { source, id: forgotten.id }),
            _ => {}
        }
    }

    fn detach(&mut self, key: By<ResourceId>) {
        if let Some(parent) = self.resources.remove(&key).and_then(|resource| resource.parent) {
            self.parts.remove(&(By { source: key.source, id: parent }, key.id));
        }
    }

    fn forget(&mut self, key: By<OperationId>) {
        let Some(operation) = self.operations.remove(&key) else { return };
        self.on.remove(&(By { source: key.source, id: operation.resource }, key.id));
        if let Some(task) = operation.task {
            self.of.remove(&(task, key));
        }
    }

    /// The facts from which all of this can be folded again.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (Source, Fact)> + '_ {
        let resources = self.resources.iter().map(|(key, it)| (key.source, it.clone().into()));
        let operations = self.operations.iter().map(|(key, it)| (key.source, it.clone().into()));
        resources.chain(operations)
    }

    /// All resources, by source and number.
    pub fn iter(&self) -> impl Iterator<Item = (By<ResourceId>, &Resource)> {
        self.resources.iter().map(|(key, resource)| (*key, resource))
    }

    /// Those from one on, by source and number.
    pub fn from(&self, first: By<ResourceId>) -> impl Iterator<Item = (By<ResourceId>, &Resource)> {
        self.resources.range(first..).map(|(key, resource)| (*key, resource))
    }

    /// How many resources are known, ended ones included.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether no resource is known.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// A resource.
    pub fn get(&self, resource: By<ResourceId>) -> Option<&Resource> {
        self.resources.get(&resource)
    }

    /// The parts of a resource, by number.
    pub fn parts(&self, whole: By<ResourceId>) -> impl Iterator<Item = By<ResourceId>> {
        let parts = self.parts.range((whole, ResourceId(0))..=(whole, ResourceId(u64::MAX)));
        parts.map(move |(_, id)| By { source: whole.source, id: *id })
    }

    /// All operations, by source and number.
    pub fn operations(&self) -> impl Iterator<Item = (By<OperationId>, &Operation)> {
        self.operations.iter().map(|(key, operation)| (*key, operation))
    }

    /// The operations on a resource, by number.
    pub fn on(&self, resource: By<ResourceId>) -> impl Iterator<Item = &Operation> {
        let (first, last) = ((resource, OperationId(0)), (resource, OperationId(u64::MAX)));
        let of_it = self.on.range(first..=last);
        of_it.filter_map(move |(_, id)| self.operations.get(&By { source: resource.source, id: *id }))
    }

    /// The operations that a task has polled last, by source and number.
    pub fn of(&self, task: TaskId) -> impl Iterator<Item = (By<OperationId>, &Operation)> {
        let end = |source, id| (task, By { source: Source(source), id: OperationId(id) });
        let of_it = self.of.range(end(0, 0)..=end(u8::MAX, u64::MAX));
        of_it.filter_map(|(_, key)| Some((*key, self.operations.get(key)?)))
    }
}
