//! Which tasks the person wants to see, and how.

use crate::rows::{Arrangement, Columns, Shape};
use std::fmt;
use taskscope_model::request::Subscribe;
use taskscope_model::{Kind, Order, Query, ResourceId, TaskId};

/// At most so many tasks are asked for: more than a person looks through, few enough for any link.
pub(super) const LIMIT: u32 = 2_000;

/// By what tasks are ordered at first: where the time goes.
const FIRST_ORDER: &str = "busy";

/// Which tasks are to be shown, and how.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// The filter as typed.
    pub(super) text: String,
    /// The filter as read.
    pub(super) query: Query,
    /// Their order.
    pub(super) order: Order,
    /// Ended ones too.
    pub(super) ended: bool,
    /// Flat or as a tree.
    pub(super) arrangement: Arrangement,
    /// Only those of a finding, alive or ended, or those that wait for a resource.
    pub(super) only: Option<Only>,
}

/// Chosen tasks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Only {
    /// By what they were chosen.
    pub(super) of: Chosen,
    /// Its tasks, by number.
    pub(super) tasks: Vec<TaskId>,
}

/// By what tasks were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// They belong to a finding.
    Finding(Kind),
    /// They wait for a resource.
    Resource(ResourceId),
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chosen::Finding(kind) => write!(f, "tasks of {kind}"),
            Chosen::Resource(id) => write!(f, "tasks that wait for resource {id}"),
        }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            text: String::new(),
            query: Query::default(),
            order: Order::parse(FIRST_ORDER, false).unwrap_or_default(),
            ended: false,
            arrangement: Arrangement::Flat,
            only: None,
        }
    }
}

impl Wanted {
    /// The same for [`rows`](crate::rows).
    pub(super) fn shape(&self) -> Shape {
        let (arrangement, ended) = match &self.only {
            Some(_) => (Arrangement::Flat, true),
            None => (self.arrangement, self.ended),
        };
        Shape { arrangement, ended, limit: None, columns: Columns::Filled }
    }

    /// Whether a task may be shown, if it matches.
    pub(super) fn admits(&self, task: TaskId) -> bool {
        self.only.as_ref().is_none_or(|only| only.tasks.binary_search(&task).is_ok())
    }

    /// The same as a request, with a task that is looked at closely. The session numbers it.
    pub(super) fn subscribe(&self, looked_at: Option<TaskId>) -> Subscribe {
        let tasks = self.only.iter().flat_map(|only| only.tasks.iter().copied());
        Subscribe {
            query: self.text.clone(),
            sort: self.order.key().to_owned(),
            reverse: self.order.reverse(),
            limit: LIMIT,
            ended: self.ended,
            // Findings are made of them.
            totals: true,
            detail: tasks.chain(looked_at).collect(),
            ..Subscribe::default()
        }
    }
}
