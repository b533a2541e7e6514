//! What stands above a table and below an empty one.

use super::words;
use crate::source::name_of;
use taskscope_model::World;
use taskscope_model::codes::{Counter, Seen};
use taskscope_model::hello::Hello;

/// Which program, how many tasks, how many findings at warning or above, and what is not seen.
pub(crate) fn headline(hello: &Hello, world: &World, ills: u64, recording: bool) -> String {
    let mut line = String::new();
    if recording {
        line.push_str("recording of ");
    }
    line.push_str(&words::harmless(&name_of(hello)));
    if let Some(live) = world.counted(Counter::LIVE) {
        line.push_str(&format!(": {} alive", words::count(live, "task")));
    }
    if let Some(untracked) = world.counted(Counter::UNTRACKED).filter(|count| *count > 0) {
        line.push_str(&format!(", {untracked} of them not tracked"));
    }
    if ills > 0 {
        line.push_str(&format!("; {} (taskscope findings)", words::count(ills, "finding")));
    }
    if let Some(this) = world.coverage_of("this recording").filter(|_| recording) {
        line.push_str(&format!("; {}", words::harmless(&this.why)));
    }
    let unseen = unseen(world);
    if !unseen.is_empty() {
        line.push_str(&format!("; not seen: {} (taskscope doctor says why)", unseen.join(", ")));
    }
    line
}

/// The topics of which something is not seen.
fn unseen(world: &World) -> Vec<String> {
    let mut topics: Vec<_> = world.coverage().map(|(_, it)| it.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    let unseen = topics.into_iter().filter_map(|topic| {
        let seen = world.coverage_of(topic)?.seen;
        match seen {
            Seen::YES => None,
            Seen::PARTLY => Some(format!("{topic} (partly)")),
            _ => Some(topic.to_owned()),
        }
    });
    unseen.map(|topic| words::harmless(&topic)).collect()
}

/// Why there is no row.
pub(crate) fn why_empty(world: &World, query: &str, ended: bool) -> String {
    let live = world.counted(Counter::LIVE).unwrap_or(0);
    let tasks = world.coverage_of("tasks").filter(|coverage| coverage.seen == Seen::NO);
    match tasks {
        Some(coverage) if coverage.remedy.is_empty() => format!("tasks are not seen: {}", coverage.why),
        Some(coverage) => format!("tasks are not seen: {}; to see them: {}", coverage.why, coverage.remedy),
        None if !query.trim().is_empty() && !ended => {
            format!("no live task matches `{query}`; --ended looks among ended ones too")
        }
        None if !query.trim().is_empty() => format!("no task matches `{query}`"),
        None if live > 0 => format!("{} alive, and none of them is seen", words::count(live, "task")),
        None if !ended => "no task is alive; --ended shows ended ones".to_owned(),
        None => "there is no task, and none that has ended is remembered".to_owned(),
    }
}
