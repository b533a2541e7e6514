//! Which tasks the person wants to see, and how.

use crate::rows::{Arrangement, Columns, Shape};
use taskscope_model::request::Subscribe;
use taskscope_model::{Order, Query};

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
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            text: String::new(),
            query: Query::default(),
            order: Order::parse(FIRST_ORDER, false).unwrap_or_default(),
            ended: false,
            arrangement: Arrangement::Flat,
        }
    }
}

impl Wanted {
    /// The same for [`rows`](crate::rows).
    pub(super) fn shape(&self) -> Shape {
        Shape { arrangement: self.arrangement, ended: self.ended, limit: None, columns: Columns::Filled }
    }

    /// The same as a request. The session numbers it.
    pub(super) fn subscribe(&self) -> Subscribe {
        Subscribe {
            query: self.text.clone(),
            sort: self.order.key().to_owned(),
            reverse: self.order.reverse(),
            limit: LIMIT,
            ended: self.ended,
            ..Subscribe::default()
        }
    }
}
