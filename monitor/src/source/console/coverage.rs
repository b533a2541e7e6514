//! What is seen through console-subscriber and what is not.

use taskscope_model::change::Coverage;
use taskscope_model::codes::Seen;

const ANOTHER_WAY: &str = "#[taskscope_agent::main] on the main function";

/// What the messages so far have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// The first message did not hold what was there already.
    pub(super) begun_without_all: bool,
    /// Live tasks of which only figures are told.
    pub(super) bare: u64,
    /// Events of tasks, resources and operations for which its buffer had no room.
    pub(super) lost: [u64; 3],
    /// Tasks, and resources and operations, for which this monitor has no room.
    pub(super) left_out: [u64; 2],
    /// Some client has paused it, for all.
    pub(super) paused: bool,
    /// It cannot tell whether it is paused.
    pub(super) has_no_state: bool,
}

/// Everything there is to say.
pub(super) fn coverage(shown: &Shown) -> Vec<Coverage> {
    vec![
        tasks(shown),
        topic(
            "polls",
            Seen::PARTLY,
            "the longest poll, and the lengths of long polls and waits, are told only of a task that is looked at; no \
             worker is",
            "taskscope where TASK",
        ),
        topic("outcomes", Seen::NO, "console-subscriber does not tell how a task ended", ANOTHER_WAY),
        topic("spawners", Seen::NO, "console-subscriber does not tell which task spawned which", ANOTHER_WAY),
        topic("scheduled", Seen::YES, "", ""),
        topic(
            "names",
            Seen::PARTLY,
            "names given by tokio::task::Builder and sizes are told, types of futures are not",
            "",
        ),
        topic("wakes", Seen::YES, "", ""),
        topic(
            "await trees",
            Seen::PARTLY,
            "only operations on tokio's locks, semaphores, barriers, oneshot channels and timers are told",
            "",
        ),
        topic("stacks", Seen::NO, "console-subscriber takes none", ANOTHER_WAY),
        topic("local tasks", Seen::YES, "", ""),
        topic("blocking tasks", Seen::YES, "", ""),
        resources(shown),
        updates(shown),
    ]
}

fn topic(topic: &str, seen: Seen, why: &str, remedy: &str) -> Coverage {
    Coverage { topic: topic.to_owned(), seen, why: why.to_owned(), remedy: remedy.to_owned() }
}

fn tasks(shown: &Shown) -> Coverage {
    let buffer = "console_subscriber::Builder::event_buffer_capacity with more than its 102,400 events";
    if shown.begun_without_all {
        let why = "the program has more to tell than console-subscriber puts into its first message, so it tells \
                   only what changes from now on; of what was there before, only figures";
        return topic("tasks", Seen::PARTLY, why, "TOKIO_CONSOLE_RETENTION=1s when starting the program");
    }
    let [left_out, _] = shown.left_out;
    if left_out > 0 {
        let why = format!("{left_out} tasks found no room in this monitor");
        return topic("tasks", Seen::PARTLY, &why, "");
    }
    match (shown.lost, shown.bare) {
        ([0, ..], 0) => topic("tasks", Seen::YES, "", ""),
        ([0, ..], bare) => {
            let why = format!("of {bare} live tasks only figures are told");
            topic("tasks", Seen::PARTLY, &why, "")
        }
        ([lost, ..], _) => {
            let why = format!("{lost} events of tasks or more found no room in console-subscriber's buffer");
            topic("tasks", Seen::PARTLY, &why, buffer)
        }
    }
}

fn resources(shown: &Shown) -> Coverage {
    let [_, resources, operations] = shown.lost;
    let mut why = "tokio tells of locks, semaphores, barriers, oneshot channels and timers, not of other \
                   channels, Notify and sockets; polls only from now on"
        .to_owned();
    if resources + operations > 0 {
        why.push_str(&format!(
            "; {} events found no room in console-subscriber's buffer",
            resources + operations
        ));
    }
    let [_, left_out] = shown.left_out;
    if left_out > 0 {
        why.push_str(&format!("; {left_out} found no room in this monitor"));
    }
    topic("resources", Seen::PARTLY, &why, "")
}

fn updates(shown: &Shown) -> Coverage {
    if shown.paused {
        let why = "another client has paused the program's console-subscriber, which pauses it for all";
        return topic("updates", Seen::NO, why, "press space in that tokio-console");
    }
    if shown.has_no_state {
        let why = "this console-subscriber is too old to say whether a client has paused it";
        return topic("updates", Seen::PARTLY, why, "console-subscriber 0.5 or newer in the program");
    }
    topic("updates", Seen::YES, "", "")
}
