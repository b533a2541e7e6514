//! Everything that is known of observed futures; there once the agent has started.

use super::last::LastTrees;
use super::nodes::{Node, Nodes};
use super::place::Place;
use super::table::Table;
use super::{drops, here};
use crate::runtimes::UNKNOWN_RUNTIME;
use crate::store::Store;
use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use taskscope_model::TaskId;

/// Where the taking of samples stands, as debug information names it.
pub(super) const FILE: &str = file!();

/// The process's one.
pub(crate) struct Observer {
    pub(super) store: &'static Store,
    pub(super) nodes: Nodes,
    pub(super) table: Table,
    pub(super) last: LastTrees,
    /// Polled futures that found no room for a node.
    without_node: AtomicU64,
    /// Whether there are stacks that nobody has looked at.
    pub(super) open: AtomicBool,
    /// Tells the server that there are.
    wake: fn(),
}

static OBSERVER: OnceLock<Observer> = OnceLock::new();

/// From now on futures are observed. `wake` is called, from any thread, when there is something to judge.
pub(crate) fn begin(store: &'static Store, wake: fn()) {
    OBSERVER.get_or_init(|| Observer {
        store,
        nodes: Nodes::new(),
        table: Table::default(),
        last: LastTrees::default(),
        without_node: AtomicU64::new(0),
        open: AtomicBool::new(false),
        wake,
    });
}

/// The observer, if the agent has been started.
#[inline]
pub(crate) fn observer() -> Option<&'static Observer> {
    OBSERVER.get()
}

impl Observer {
    #[inline]
    pub(super) fn place(
        &'static self,
        location: &'static Location<'static>,
        label: &'static str,
    ) -> &'static Place {
        self.table.place(&self.store.places, location, label)
    }

    /// A place of requests; looked up without a thread's help.
    #[cfg(feature = "tower")]
    pub(crate) fn place_of_requests(
        &'static self,
        location: &'static Location<'static>,
        label: &'static str,
    ) -> &'static Place {
        self.table.far(&self.store.places, location, label, taskscope_model::codes::DropKind::REQUEST)
    }

    /// A node for a future that is polled for the first time.
    pub(super) fn node(&'static self) -> Option<&'static Node> {
        let node = here::take_node(&self.nodes);
        if node.is_none() {
            self.without_node.fetch_add(1, Ordering::Relaxed);
        }
        node
    }

    /// Futures without a node so far: only counted.
    pub(crate) fn without_node(&self) -> u64 {
        self.without_node.load(Ordering::Relaxed)
    }

    /// The task in which the calling thread is, roots included; 0: none.
    #[inline]
    pub(super) fn task(&'static self) -> u64 {
        match tokio::task::try_id() {
            Some(id) => crate::task_number::task_number(id),
            None => self.root(),
        }
    }

    /// Only the agent knows a root.
    fn root(&'static self) -> u64 {
        let current = self.store.threads.mine().and_then(|thread| thread.frames.current());
        current.map(|poll| poll.id).filter(|id| id & TaskId::root(0).0 != 0).unwrap_or(0)
    }

    /// The runtime of that task.
    fn runtime(&'static self) -> u16 {
        let task = tokio::task::try_id().map(crate::task_number::task_number);
        let record = match task {
            Some(task) => self.store.index.find(task),
            None => {
                self.store.threads.mine().and_then(|thread| thread.frames.current()).map(|poll| poll.record)
            }
        };
        let copied = record.and_then(|record| self.store.copy(record));
        copied.map_or(UNKNOWN_RUNTIME, |copied| copied.seed.runtime)
    }

    /// The stack of this drop is to be understood.
    pub(super) fn sample(
        &'static self,
        place: &'static Place,
        half_way: Option<drops::HalfWayDrop>,
        weight: u64,
    ) -> u64 {
        let trace = drops::trace();
        let hash = trace.hash;
        let runtime = self.runtime();
        if place.sampled(drops::Sample { trace, half_way, weight, runtime }) {
            self.open.store(true, Ordering::Release);
            (self.wake)();
        }
        hash
    }
}
