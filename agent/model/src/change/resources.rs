//! Locks, semaphores, timers and channels, and the operations that tasks have going on them.

use crate::ids::{LocationId, OperationId, ResourceId, TaskId};
use crate::time::{At, Nanos};
use serde::{Deserialize, Serialize};

/// A resource as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its number within the source.
    pub id: ResourceId,
    /// The class its maker puts it in: `Sync`, `timer`; empty if unknown.
    pub class: String,
    /// Its type: `Mutex`, `Sleep`.
    pub type_name: String,
    /// Where it was made.
    pub location: Option<LocationId>,
    /// The resource that it is a part of.
    pub parent: Option<ResourceId>,
    /// Whether it is a part that users of its parent never see.
    pub internal: bool,
    /// Its state, in an order that does not change.
    pub attributes: Vec<Attribute>,
    /// When it was made.
    pub at: Option<At>,
    /// When it was dropped; `None` if it lives.
    pub ended: Option<At>,
}

/// One part of a state, in the words of who tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attribute {
    /// What this is.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The unit of its value; empty if it has none.
    pub unit: String,
}

/// An operation on a resource as it is now: one future, such as that of a `lock()`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its number within the source.
    pub id: OperationId,
    /// What it is done to.
    pub resource: ResourceId,
    /// The function that began it: `Mutex::lock`.
    pub source: String,
    /// The operation that it is a part of.
    pub parent: Option<OperationId>,
    /// The task that polled it last.
    pub task: Option<TaskId>,
    /// How often it was polled.
    pub polls: u64,
    /// Time spent in polls.
    pub busy: Nanos,
    /// Start of its last poll.
    pub last_poll: Option<At>,
    /// Whether its last poll was ready; `None` if that was not seen.
    pub ready: Option<bool>,
    /// Its state, in an order that does not change.
    pub attributes: Vec<Attribute>,
    /// When it began.
    pub at: Option<At>,
    /// When it was dropped; `None` if it lives.
    pub ended: Option<At>,
}

impl Operation {
    /// Whether a task waits in it: polled, not dropped, and not known to be ready.
    pub fn is_waiting(&self) -> bool {
        let pending = self.ready.map_or(self.last_poll.is_some(), |ready| !ready);
        self.ended.is_none() && self.task.is_some() && pending
    }
}

/// A resource is no longer told of, nor are the operations on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceForgotten {
    /// The resource.
    pub id: ResourceId,
}

/// An operation is no longer told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationForgotten {
    /// The operation.
    pub id: OperationId,
}

/// The future of a task was so large that tokio put it into a box of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boxed {
    /// The task.
    pub task: TaskId,
    /// Size of the future before that, bytes.
    pub original_size: u64,
}

/// What else was noted of a task when it was spawned, by whoever made its span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The task.
    pub task: TaskId,
    /// In the order in which it was noted.
    pub fields: Vec<Attribute>,
}
