//! The columns of the table of tasks: one list for the TUI, for text, and for the order of JSON keys.

use super::{Cell, Columns, cancels, waits};
use taskscope_model::codes::{CancelWay, Outcome, Seen, TaskKind};
use taskscope_model::world::Names as _;
use taskscope_model::{Task, World};

/// Which side a column's values stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The head of a column of any table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name in a query and after `--sort`; empty if there is none.
    pub(crate) key: &'static str,
    /// Its name in JSON.
    pub(crate) json: &'static str,
    /// What stands above it.
    pub(crate) title: &'static str,
    /// Which side its values stand on.
    pub(crate) align: Align,
    /// The least width that is of use.
    pub(crate) min_width: u16,
    /// Whether its values may be cut, and it takes the room that is left.
    pub(crate) flexible: bool,
    /// Its place on a screen, from the left; `None`: only in JSON.
    pub(crate) place: Option<u8>,
    /// Where there is no room, the column of the least worth goes first.
    pub(crate) worth: u8,
    /// Whether it is shown even if nothing fills it.
    pub(crate) always: bool,
    /// The topic of the coverage that says why nothing fills it; empty: that is in the nature of the tasks.
    pub(crate) topic: &'static str,
}

/// A column of the table of tasks.
pub(crate) struct TaskColumn {
    pub(crate) column: Column,
    pub(crate) cell: fn(&Task, &World) -> Cell,
}

impl Column {
    /// A column of numbers; a particular one is made by changing what differs.
    pub(crate) const NUMBER: Self = Self {
        key: "",
        json: "",
        title: "",
        align: Align::Right,
        min_width: 5,
        flexible: false,
        place: None,
        worth: 5,
        always: false,
        topic: "",
    };
    /// A column of words.
    pub(crate) const TEXT: Self = Self { align: Align::Left, ..Self::NUMBER };
    /// A column of source locations.
    pub(crate) const PLACE: Self = Self { min_width: 12, flexible: true, ..Self::TEXT };
}

const NUMBER: Column = Column::NUMBER;
const TEXT: Column = Column::TEXT;

/// Every column, in the order of the JSON.
pub(crate) static TASKS: [TaskColumn; 23] = [
    TaskColumn {
        column: Column {
            key: "id",
            json: "id",
            title: "ID",
            place: Some(0),
            worth: 255,
            always: true,
            ..NUMBER
        },
        cell: |task, _| Cell::Task(task.id()),
    },
    TaskColumn {
        column: Column {
            key: "name",
            json: "name",
            title: "NAME",
            min_width: 8,
            flexible: true,
            place: Some(1),
            worth: 90,
            topic: "names",
            ..TEXT
        },
        cell: |task, _| Cell::text(task.name()),
    },
    TaskColumn {
        column: Column {
            key: "task_kind",
            json: "task_kind",
            title: "KIND",
            place: Some(6),
            worth: 20,
            ..TEXT
        },
        cell: |task, _| Cell::of(task.kind().and_then(TaskKind::name), Cell::Word),
    },
    TaskColumn {
        column: Column {
            key: "runtime",
            json: "runtime",
            title: "RUNTIME",
            place: Some(7),
            worth: 10,
            ..TEXT
        },
        cell: |task, world| Cell::text(task.runtime().and_then(|it| world.runtime_name(it))),
    },
    TaskColumn {
        column: Column {
            key: "state",
            json: "state",
            title: "STATE",
            min_width: 7,
            place: Some(2),
            worth: 200,
            always: true,
            topic: "polls",
            ..TEXT
        },
        cell: |task, _| Cell::of(task.state(), Cell::State),
    },
    TaskColumn {
        column: Column {
            key: "outcome",
            json: "outcome",
            title: "OUTCOME",
            min_width: 9,
            flexible: true,
            place: Some(3),
            worth: 150,
            ..TEXT
        },
        cell: |task, _| Cell::of(task.ended(), |_| Cell::Outcome(task.outcome().unwrap_or(Outcome::UNKNOWN))),
    },
    TaskColumn {
        column: Column {
            key: "parent",
            json: "parent",
            title: "PARENT",
            place: Some(5),
            worth: 60,
            ..NUMBER
        },
        cell: |task, _| Cell::of(task.parent(), Cell::Task),
    },
    TaskColumn {
        column: Column {
            key: "location",
            json: "spawned_at",
            title: "SPAWNED AT",
            place: Some(19),
            worth: 160,
            topic: "tasks",
            ..Column::PLACE
        },
        cell: |task, world| {
            Cell::of(task.location().and_then(|it| world.location(it)), |it| Cell::Place(it.clone()))
        },
    },
    TaskColumn {
        column: Column {
            json: "future",
            title: "FUTURE",
            min_width: 10,
            flexible: true,
            place: Some(18),
            worth: 50,
            topic: "names",
            ..TEXT
        },
        cell: |task, _| Cell::text(task.future()),
    },
    TaskColumn {
        column: Column {
            json: "size_bytes",
            title: "BYTES",
            place: Some(20),
            worth: 15,
            topic: "names",
            ..NUMBER
        },
        cell: |task, _| Cell::of(task.size(), Cell::Count),
    },
    TaskColumn {
        column: Column {
            key: "worker",
            json: "worker",
            title: "WORKER",
            place: Some(8),
            worth: 30,
            topic: "polls",
            ..NUMBER
        },
        cell: |task, _| Cell::of(task.worker(), |worker| Cell::Count(worker.0.into())),
    },
    TaskColumn {
        column: Column {
            key: "polls",
            json: "polls",
            title: "POLLS",
            place: Some(9),
            worth: 120,
            topic: "polls",
            ..NUMBER
        },
        cell: |task, _| Cell::of(task.polls(), Cell::Count),
    },
    TaskColumn {
        column: Column {
            json: "wakes",
            title: "WAKES",
            place: Some(10),
            worth: 40,
            topic: "wakes",
            ..NUMBER
        },
        cell: |task, _| Cell::of(task.woken(), |woken| Cell::Count(woken.wakes)),
    },
    TaskColumn {
        column: Column {
            key: "busy",
            json: "busy_ns",
            title: "BUSY",
            place: Some(11),
            worth: 140,
            topic: "polls",
            ..NUMBER
        },
        cell: |task, world| Cell::of(task.busy(world.now()), Cell::Span),
    },
    TaskColumn {
        column: Column {
            key: "scheduled",
            json: "scheduled_ns",
            title: "SCHEDULED",
            place: Some(12),
            worth: 100,
            topic: "scheduled",
            ..NUMBER
        },
        cell: |task, world| Cell::of(task.scheduled(world.now()), Cell::Span),
    },
    TaskColumn {
        column: Column {
            key: "idle",
            json: "idle_ns",
            title: "IDLE",
            place: Some(13),
            worth: 70,
            topic: "polls",
            ..NUMBER
        },
        cell: |task, world| Cell::of(task.idle(world.now()), Cell::Span),
    },
    TaskColumn {
        column: Column {
            key: "total",
            json: "total_ns",
            title: "TOTAL",
            place: Some(14),
            worth: 110,
            ..NUMBER
        },
        cell: |task, world| Cell::of(task.total(world.now()), Cell::Span),
    },
    TaskColumn {
        column: Column {
            key: "max_poll",
            json: "max_poll_ns",
            title: "MAX POLL",
            place: Some(15),
            worth: 130,
            topic: "polls",
            ..NUMBER
        },
        cell: |task, world| Cell::of(task.max_poll(world.now()), Cell::Span),
    },
    TaskColumn {
        column: Column {
            key: "last_poll",
            json: "last_poll_ns_ago",
            title: "LAST POLL",
            place: Some(16),
            worth: 80,
            topic: "polls",
            ..NUMBER
        },
        cell: |task, world| Cell::of(task.since_last_poll(world.now()), Cell::Span),
    },
    TaskColumn {
        column: Column { json: "seen_by", title: "SEEN BY", ..TEXT },
        cell: |task, _| Cell::Sources(task.seen_by().collect()),
    },
    TaskColumn {
        column: Column {
            json: "waits_for",
            title: "WAITS FOR",
            min_width: 16,
            flexible: true,
            place: Some(21),
            worth: 170,
            ..TEXT
        },
        cell: |task, world| Cell::of(waits::words(task, world), Cell::Text),
    },
    TaskColumn {
        column: Column {
            json: "awaits_at",
            title: "AWAITS AT",
            place: Some(22),
            worth: 165,
            ..Column::PLACE
        },
        cell: |task, world| Cell::of(waits::place(task, world), |it| Cell::Place(it.clone())),
    },
    // For people: the JSON of `where` has its parts.
    TaskColumn {
        column: Column { title: "WHY", min_width: 12, flexible: true, place: Some(4), worth: 145, ..TEXT },
        cell: |task, world| Cell::of(why(task, world), Cell::Text),
    },
];

/// When a task ended: only where nothing but ended tasks are.
pub(crate) static ENDED: TaskColumn = TaskColumn {
    column: Column { key: "ended", title: "ENDED", worth: 230, always: true, ..NUMBER },
    cell: |task, world| Cell::of(task.ended(), |ended| Cell::Span(world.now().since(ended.at))),
};

/// The columns of a table of ended tasks: when and how comes first.
pub(crate) fn of_ended() -> Vec<&'static TaskColumn> {
    let of_tasks =
        of_tasks(Columns::Filled).into_iter().filter(|it| !matches!(it.column.title, "STATE" | "LAST POLL"));
    std::iter::once(&ENDED).chain(of_tasks).collect()
}

/// The columns of a table of tasks.
pub(crate) fn of_tasks(which: Columns) -> Vec<&'static TaskColumn> {
    let mut columns: Vec<_> = TASKS.iter().collect();
    match which {
        Columns::Filled => {
            columns.retain(|column| column.column.place.is_some());
            columns.sort_by_key(|column| column.column.place);
        }
        Columns::All => columns.retain(|column| !column.column.json.is_empty()),
    }
    columns
}

/// Why it ended as it did: what it said, or who asked it to stop.
fn why(task: &Task, world: &World) -> Option<String> {
    task.ended()?;
    if let Some(failure) = task.failure().filter(|failure| !failure.id.message.is_empty()) {
        return Some(failure.id.message.clone());
    }
    let cancel = cancels::chain(task.id(), world).into_iter().next()?;
    let by = match (cancel.way, cancel.by) {
        (CancelWay::MONITOR, _) => "by a person, through taskscope".to_owned(),
        (_, Some(by)) if by.is_root() => format!("by {by}"),
        (_, Some(by)) => format!("by task {by}"),
        (_, None) => "by no task".to_owned(),
    };
    Some(match cancel.location {
        Some(location) => format!("{by} at {}:{}", location.short_file(), location.line),
        None => by,
    })
}

/// A footnote a topic for columns that nothing fills: why, and what would.
pub(crate) fn hidden<'a>(world: &World, columns: impl Iterator<Item = &'a Column>) -> Vec<String> {
    let mut topics: Vec<(&str, Vec<&str>)> = Vec::new();
    for column in columns.filter(|column| !column.topic.is_empty()) {
        let title = column.title;
        match topics.iter_mut().find(|(topic, _)| *topic == column.topic) {
            Some((_, titles)) => titles.push(title),
            None => topics.push((column.topic, vec![title])),
        }
    }
    topics.into_iter().filter_map(|(topic, titles)| footnote(world, topic, &titles.join(", "))).collect()
}

fn footnote(world: &World, topic: &str, titles: &str) -> Option<String> {
    let coverage = world.coverage_of(topic).filter(|coverage| coverage.seen != Seen::YES)?;
    let mut line = format!("no {titles}: {}", coverage.why);
    if !coverage.remedy.is_empty() {
        line = format!("{line}; to see it: {}", coverage.remedy);
    }
    Some(line)
}
