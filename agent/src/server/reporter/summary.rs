//! What debug mode says at the start and at the end.

use crate::mode::Mode;
use taskscope_model::change::Coverage;
use taskscope_model::codes::{Counter, Seen};
use taskscope_model::{Finding, World};

/// Most findings that the summary repeats.
const MOST_FINDINGS: usize = 20;

/// What is seen in this program, on one line.
pub(super) fn coverage(mode: Mode, coverage: &[Coverage]) -> String {
    let topics = |wanted: &[Seen]| {
        let topics = coverage.iter().filter(|it| wanted.contains(&it.seen)).map(|it| it.topic.as_str());
        topics.collect::<Vec<_>>().join(", ")
    };
    let parts = [("seen", topics(&[Seen::YES])), ("in part", topics(&[Seen::PARTLY])), ("not seen", topics(&[Seen::NO]))];
    let parts: Vec<_> = parts.iter().filter(|(_, topics)| !topics.is_empty()).collect();
    let parts: Vec<_> = parts.iter().map(|(what, topics)| format!("{what}: {topics}")).collect();
    let pid = std::process::id();
    format!("{mode} mode, pid {pid}; {} (taskscope doctor {pid} says why)", parts.join("; "))
}

/// What there is to say at the end: how many tasks, and each finding with its count.
pub(super) fn lines(world: &World, findings: &[&Finding]) -> Vec<String> {
    let sum = |of: fn(&taskscope_model::change::Totals) -> u64| world.totals().map(|(_, totals)| of(totals)).sum::<u64>();
    let (spawned, ended) = (sum(|totals| totals.spawned), sum(|totals| totals.ended));
    let tasks = if spawned == 1 { "task" } else { "tasks" };
    let mut what = vec![format!("{spawned} {tasks} seen"), format!("{ended} ended")];
    let outcomes = || world.places().filter_map(|(_, place)| place.outcomes.as_ref());
    let counts = [
        ("completed", outcomes().map(|it| it.completed).sum::<u64>()),
        ("failed", outcomes().map(|it| it.failed).sum()),
        ("cancelled", outcomes().map(|it| it.cancelled).sum()),
        ("panicked", outcomes().map(|it| it.panicked).sum()),
        ("shut down with their runtime", outcomes().map(|it| it.shut_down).sum()),
    ];
    what.extend(counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")));
    if let Some(untracked) = world.counted(Counter::UNTRACKED).filter(|count| *count > 0) {
        what.push(format!("{untracked} not tracked"));
    }
    let found = match findings.len() {
        0 => "nothing found".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    let mut lines = vec![format!("summary: {}; {found}", what.join(", "))];
    for finding in findings.iter().take(MOST_FINDINGS) {
        lines.push(format!("  {} {} ({}x): {}", finding.severity, finding.kind, finding.count, finding.message));
    }
    let more = findings.len().saturating_sub(MOST_FINDINGS);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines
}
