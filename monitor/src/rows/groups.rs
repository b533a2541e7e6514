//! One row for all tasks that were spawned at one place, or that have the same await stack.

use super::walk::Walk;
use super::{Cell, Column};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use taskscope_model::change::Totals;
use taskscope_model::codes::Counter;
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{LocationId, Nanos, Query, State, Task, TaskId, TreeId, World};

/// What the tasks of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// The place where they were spawned.
    Location,
    /// The await stack.
    Stack,
}

/// What tells a group from every other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GroupKey {
    /// The place; `None` if it is not known.
    Place(Place),
    /// The await tree; `None` if it is not known.
    Stack(Option<By<TreeId>>),
}

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Which one it is.
    pub(crate) key: GroupKey,
    /// One a column.
    pub(crate) cells: Vec<Cell>,
    /// Its tasks, by number; not of a place, whose tasks a query finds.
    pub(crate) tasks: Vec<TaskId>,
}

/// Groups as rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupTable {
    /// The heads, one a cell.
    pub(crate) columns: Vec<&'static Column>,
    /// The rows in their order.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Matching tasks without a place in these rows.
    pub(crate) not_shown: u64,
}

/// What is known of the tasks of one place.
#[derive(Clone, Debug, Default)]
struct Sums {
    tasks: u64,
    running: u64,
    scheduled: u64,
    idle: u64,
    ended: u64,
    polls: Option<u64>,
    busy: Option<Nanos>,
    max_poll: Option<Nanos>,
    totals: Option<Totals>,
}

pub(crate) type Place = Option<By<LocationId>>;

/// A column, its cell, and the number by which it orders.
struct GroupColumn {
    column: Column,
    cell: fn(&World, Place, &Sums) -> Cell,
}

const NUMBER: Column = Column::NUMBER;

static COLUMNS: [GroupColumn; 11] = [
    GroupColumn {
        column: Column { key: "tasks", json: "tasks", title: "TASKS", worth: 250, ..NUMBER },
        cell: |_, _, group| Cell::Count(group.tasks),
    },
    GroupColumn {
        column: Column { key: "running", json: "running", title: "RUNNING", worth: 90, ..NUMBER },
        cell: |_, _, group| Cell::Count(group.running),
    },
    GroupColumn {
        column: Column { key: "scheduled", json: "scheduled", title: "SCHEDULED", worth: 20, ..NUMBER },
        cell: |_, _, group| Cell::Count(group.scheduled),
    },
    GroupColumn {
        column: Column { key: "idle", json: "idle", title: "IDLE", worth: 80, ..NUMBER },
        cell: |_, _, group| Cell::Count(group.idle),
    },
    GroupColumn {
        column: Column { key: "ended", json: "ended", title: "ENDED", worth: 40, ..NUMBER },
        cell: |_, _, group| Cell::Count(group.ended),
    },
    GroupColumn {
        column: Column { key: "polls", json: "polls", title: "POLLS", worth: 120, ..NUMBER },
        cell: |_, _, group| Cell::of(group.polls, Cell::Count),
    },
    GroupColumn {
        column: Column { key: "busy", json: "busy_ns", title: "BUSY", worth: 140, ..NUMBER },
        cell: |_, _, group| Cell::of(group.busy, Cell::Span),
    },
    GroupColumn {
        column: Column { key: "max_poll", json: "max_poll_ns", title: "MAX POLL", worth: 130, ..NUMBER },
        cell: |_, _, group| Cell::of(group.max_poll, Cell::Span),
    },
    GroupColumn {
        column: Column {
            key: "spawned_ever",
            json: "spawned_ever",
            title: "SPAWNED EVER",
            worth: 60,
            ..NUMBER
        },
        cell: |_, _, group| Cell::of(group.totals.as_ref(), |totals| Cell::Count(totals.spawned)),
    },
    GroupColumn {
        column: Column { key: "ended_ever", json: "ended_ever", title: "ENDED EVER", worth: 50, ..NUMBER },
        cell: |_, _, group| Cell::of(group.totals.as_ref(), |totals| Cell::Count(totals.ended)),
    },
    GroupColumn {
        column: Column {
            key: "location",
            json: "spawned_at",
            title: "SPAWNED AT",
            worth: 200,
            ..Column::PLACE
        },
        cell: |world, place, _| {
            Cell::of(place.and_then(|place| world.location(place)), |it| Cell::Place(it.clone()))
        },
    },
];

/// By which groups can be ordered.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|column| column.column.key)
}

/// The groups of the tasks that match: ordered by a key, the largest first, places by name.
pub(crate) fn by_location(
    world: &World,
    query: &Query,
    ended: bool,
    sort: &str,
    reverse: bool,
    limit: Option<usize>,
) -> GroupTable {
    let groups = gathered(world, query, ended);
    let columns = COLUMNS.iter().map(|column| &column.column).collect();
    let by = COLUMNS.iter().position(|column| column.column.key == sort).unwrap_or(0);
    let mut rows: Vec<_> = groups
        .iter()
        .map(|(place, group)| {
            let cells: Vec<_> = COLUMNS.iter().map(|column| (column.cell)(world, *place, group)).collect();
            (rank(&cells[by]), group.tasks, cells)
        })
        .collect();
    rows.sort_by(|a, b| if reverse { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
    let shown = limit.unwrap_or(usize::MAX).min(rows.len());
    let cut: u64 = rows[shown..].iter().map(|(_, tasks, _)| tasks).sum();
    rows.truncate(shown);
    let rows = rows.into_iter().map(|(_, _, cells)| cells).collect();
    GroupTable { columns, rows, not_shown: cut + world.counted(Counter::NOT_SHOWN).unwrap_or(0) }
}

/// The columns of the groups.
pub(crate) fn columns() -> Vec<&'static Column> {
    COLUMNS.iter().map(|it| &it.column).collect()
}

fn rank(cell: &Cell) -> (Reverse<u64>, String) {
    match cell {
        Cell::Count(count) => (Reverse(*count), String::new()),
        Cell::Span(span) => (Reverse(span.0), String::new()),
        Cell::Place(location) => (Reverse(0), location.to_string()),
        _ => (Reverse(0), String::new()),
    }
}

fn gathered(world: &World, query: &Query, ended: bool) -> BTreeMap<Place, Sums> {
    let mut gathering = Gathering::new(query, ended);
    gathering.look(world, usize::MAX);
    gathering.sums(world)
}

/// A look at all tasks that goes on for as long as one likes: with very many of them it is done in pieces.
#[derive(Debug)]
pub(crate) struct Gathering {
    walk: Walk,
    /// Ended tasks too.
    ended: bool,
    /// Whether it is about all tasks.
    all: bool,
    sums: BTreeMap<Place, Sums>,
}

impl Gathering {
    /// Nothing has been looked at yet.
    pub(crate) fn new(query: &Query, ended: bool) -> Self {
        Self { walk: Walk::new(query, ended), ended, all: query.matches_all(), sums: BTreeMap::new() }
    }

    /// Looks at so many more tasks; says whether all have been looked at.
    pub(crate) fn look(&mut self, world: &World, most: usize) -> bool {
        let sums = &mut self.sums;
        self.walk.on(world, most, |task| sums.entry(task.location()).or_default().add(task, world))
    }

    /// The groups: the largest first.
    pub(crate) fn groups(self, world: &World) -> Vec<Group> {
        let mut groups: Vec<_> = self.sums(world).into_iter().filter(|(_, it)| it.tasks > 0).collect();
        groups.sort_by_key(|(place, sums)| (Reverse(sums.tasks), *place));
        let cells =
            |place: Place, sums: &Sums| COLUMNS.iter().map(|it| (it.cell)(world, place, sums)).collect();
        let group = |(place, sums)| Group {
            key: GroupKey::Place(place),
            cells: cells(place, &sums),
            tasks: Vec::new(),
        };
        groups.into_iter().map(group).collect()
    }

    fn sums(self, world: &World) -> BTreeMap<Place, Sums> {
        let Self { ended, all, sums: mut groups, .. } = self;
        // Totals know nothing of queries.
        if all {
            for (place, totals) in world.totals() {
                if ended || groups.contains_key(&Some(place)) {
                    groups.entry(Some(place)).or_default().totals = Some(totals.clone());
                }
            }
        }
        groups
    }
}

impl Sums {
    fn add(&mut self, task: &Task, world: &World) {
        let now = world.now();
        self.tasks += 1;
        match task.state() {
            Some(State::Running) => self.running += 1,
            Some(State::Scheduled) => self.scheduled += 1,
            Some(State::Idle) => self.idle += 1,
            Some(State::Ended) => self.ended += 1,
            None => {}
        }
        if let Some(polls) = task.polls() {
            self.polls = Some(self.polls.unwrap_or(0).saturating_add(polls));
        }
        if let Some(busy) = task.busy(now) {
            self.busy = Some(self.busy.unwrap_or_default() + busy);
        }
        self.max_poll = self.max_poll.max(task.max_poll(now));
    }
}
