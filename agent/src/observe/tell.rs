//! Observed futures to Changes.

use super::observer::Observer;
use super::tree::{AwaitTree, Shape};
use crate::clock::Clock;
use crate::sync::lock;
use taskscope_model::change::{HalfWay, Observed, TreeNode};
use taskscope_model::{At, LocationId, TaskId};

/// How much is seen of observed futures.
pub(crate) struct Visibility {
    /// There are some.
    pub(crate) any: bool,
    /// Drops that cannot be understood for want of line tables or sources.
    pub(crate) not_understood: u64,
    /// Drops whose stacks found no room.
    pub(crate) left_out: u64,
}

impl Observer {
    /// The sums of all places, and the last one of each that was dropped half way.
    pub(crate) fn sums(&self) -> Vec<(Observed, Option<HalfWay>)> {
        let clock = &self.store.clock;
        let task = |task: u64| (task != 0).then_some(TaskId(task));
        let places = self.table.all();
        let told = places.iter().map(|place| {
            let sums = place.sums();
            let location = LocationId(place.number);
            let forgotten = (sums.forgotten > 0).then_some(sums.last_unpolled);
            let observed = Observed {
                location,
                label: place.label.to_owned(),
                made: sums.made,
                polled: sums.polled,
                completed: sums.completed,
                unpolled: sums.unpolled,
                forgotten: sums.forgotten,
                last_forgotten: forgotten.map(|(at, _)| clock.at(at)),
                forgotten_by: forgotten.and_then(|(_, by)| task(by)),
                half_way: sums.half_way,
            };
            let half_way = sums.last_half_way.map(|drop| {
                let waiting = drop.waiting.and_then(|index| places.get(index as usize));
                HalfWay {
                    location,
                    label: place.label.to_owned(),
                    kind: place.kind,
                    task: task(drop.task),
                    at: clock.at(drop.at),
                    after: clock.span(drop.at.saturating_sub(drop.first_poll)),
                    waiting_at: waiting.map(|place| LocationId(place.number)),
                    waiting_for: waiting.map_or_else(String::new, |place| place.label.to_owned()),
                }
            });
            (observed, half_way)
        });
        told.collect()
    }

    /// The sums of places where tasks of this runtime forgot futures and none was ever polled, with what is
    /// known to be theirs. Looks at all stacks first.
    pub(crate) fn forgotten_in(&self, runtime: u16) -> Vec<Observed> {
        self.judge();
        let places = self.table.all();
        let forgotten = self.sums().into_iter().zip(&places).filter_map(|((observed, _), place)| {
            let here = lock(&place.stacks).forgotten_in(runtime);
            (observed.polled == 0 && here > 0).then_some(Observed { forgotten: here, ..observed })
        });
        forgotten.collect()
    }

    /// Puts a shape into words.
    pub(crate) fn words(&self, shape: &Shape) -> Vec<TreeNode> {
        let places = self.table.all();
        let mut nodes: Vec<TreeNode> = Vec::new();
        for (depth, index) in &shape.nodes {
            let Some(place) = places.get(*index as usize) else { continue };
            nodes.push(TreeNode {
                depth: *depth,
                function: place.label.to_owned(),
                location: Some(LocationId(place.number)),
                detail: String::new(),
            });
        }
        if shape.changing
            && let Some(first) = nodes.first_mut()
        {
            "changing: the tree was read while the task went on".clone_into(&mut first.detail);
        }
        if shape.cut > 0
            && let Some(last) = nodes.last_mut()
        {
            last.detail = format!("not shown: {} more", shape.cut);
        }
        nodes
    }

    /// When each node of a tree was first polled.
    pub(crate) fn since(&self, tree: &AwaitTree) -> Vec<At> {
        let clock: &Clock = &self.store.clock;
        tree.since.iter().map(|raw| clock.at(*raw)).collect()
    }

    /// How much is seen.
    pub(crate) fn seen(&self) -> Visibility {
        let places = self.table.all();
        let mut seen = Visibility { any: !places.is_empty(), not_understood: 0, left_out: 0 };
        for place in places {
            let (not_understood, left_out) = lock(&place.stacks).unknown();
            seen.not_understood += not_understood;
            seen.left_out += left_out;
        }
        seen
    }
}
