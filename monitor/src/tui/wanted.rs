//! Which tasks the person wants to see, and how.

use crate::rows::groups::Grouping;
use crate::rows::{Arrangement, Columns, Shape};
use std::collections::HashSet;
use std::fmt;
use taskscope_model::query::QueryError;
use taskscope_model::request::Subscribe;
use taskscope_model::{Kind, Order, Query, ResourceId, TaskId};

/// At most so many tasks are asked for: more than a person looks through, few enough for any link.
pub(super) const LIMIT: u32 = 2_000;

/// By what tasks are ordered at first: where the time goes.
const FIRST_ORDER: &str = "busy";
/// The name of the order in which tasks ended: no order of the model's, which knows of no history.
pub(super) const BY_END: &str = "ended";

/// Which tasks are to be shown, and how.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// The filter as typed.
    pub(super) text: String,
    /// The filter as read.
    pub(super) query: Query,
    /// Their order.
    pub(super) order: Order,
    /// In the order in which they ended instead, the last one first.
    pub(super) by_end: bool,
    /// Ended ones too.
    pub(super) ended: bool,
    /// Ended ones alone.
    pub(super) only_ended: bool,
    /// Flat or as a tree.
    pub(super) arrangement: Arrangement,
    /// A line for each group instead of each task.
    pub(super) group: Option<Grouping>,
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
    /// They have the same await stack.
    Stack,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chosen::Finding(kind) => write!(f, "tasks of {kind}"),
            Chosen::Resource(id) => write!(f, "tasks that wait for resource {id}"),
            Chosen::Stack => f.write_str("tasks with one await stack"),
        }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            text: String::new(),
            query: Query::default(),
            order: Order::parse(FIRST_ORDER, false).unwrap_or_default(),
            by_end: false,
            ended: false,
            only_ended: false,
            arrangement: Arrangement::Flat,
            group: None,
            only: None,
        }
    }
}

impl Wanted {
    /// The ended tasks, the last one first.
    pub(super) fn ended() -> Self {
        Self { by_end: true, ended: true, only_ended: true, ..Self::default() }
    }

    /// The same for [`rows`](crate::rows).
    pub(super) fn shape(&self) -> Shape {
        let (arrangement, ended) = match &self.only {
            Some(_) => (Arrangement::Flat, true),
            None => (self.arrangement, self.ended),
        };
        Shape { arrangement, ended, limit: None, columns: Columns::Filled }
    }

    /// Whether it is a tree.
    pub(super) fn is_tree(&self) -> bool {
        self.shape().arrangement != Arrangement::Flat
    }

    /// The name of the order.
    pub(super) fn order_key(&self) -> &'static str {
        if self.by_end { BY_END } else { self.order.key() }
    }

    /// Takes that order; `false` if there is none of that name.
    pub(super) fn sort(&mut self, key: &str, reverse: bool) -> bool {
        let by_end = key == BY_END && self.only_ended;
        let Ok(order) = Order::parse(if by_end { "" } else { key }, reverse) else { return false };
        (self.order, self.by_end) = (order, by_end);
        true
    }

    /// Takes that filter.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn filter(&mut self, text: &str) -> Result<(), QueryError> {
        self.query = Query::parse(text)?;
        self.text = text.to_owned();
        Ok(())
    }

    /// Lets every task match.
    pub(super) fn clear_filter(&mut self) {
        self.text = String::new();
        self.query = Query::default();
    }

    /// The same as a request, with tasks that are looked at closely: those come first, as not every program looks at
    /// all that are named. The session numbers it.
    pub(super) fn subscribe(&self, looked_at: impl Iterator<Item = TaskId>) -> Subscribe {
        let tasks = self.only.iter().flat_map(|only| only.tasks.iter().copied());
        let mut seen = HashSet::new();
        let detail = looked_at.chain(tasks).filter(|task| seen.insert(*task)).collect();
        Subscribe {
            query: self.text.clone(),
            sort: self.order.key().to_owned(),
            reverse: self.order.reverse(),
            limit: LIMIT,
            // What has ended is shown on screens of its own, whether or not it is in the table.
            ended: true,
            // Findings are made of them.
            totals: true,
            figures: true,
            detail,
            ..Subscribe::default()
        }
    }
}
