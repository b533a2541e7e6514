//! Findings in words.

use super::Look;
use super::words::{self, count, harmless, wrapped};
use crate::rows::findings::{FindingRow, Health};
use taskscope_model::Severity;

/// Columns in front of what belongs to a finding.
const INDENT: usize = 9;
/// Most tasks that are named in a line.
const MOST_TASKS: usize = 8;
const PLAIN: &str = "\x1b[0m";

/// `3 findings: 1 error, 2 infos`.
pub(crate) fn tally(health: Health) -> String {
    let Health { errors, warnings, infos } = health;
    let kinds = [(errors, "error"), (warnings, "warning"), (infos, "info")];
    let parts = kinds.iter().filter(|(many, _)| *many > 0).map(|(many, one)| count(*many, one));
    let parts: Vec<_> = parts.collect();
    match parts.is_empty() {
        true => "no findings".to_owned(),
        false => format!("{}: {}", count(errors + warnings + infos, "finding"), parts.join(", ")),
    }
}

/// A finding as some lines.
///
/// ```text
/// error    panic_unseen at src/jobs.rs:88:5, 3 times, first 12.0s ago
///          3 tasks panicked and nobody looked: index out of bounds
///          to do: await the handle
///          tasks 4711, 4712, 4720
///          - 4711: index out of bounds
/// ```
pub(crate) fn text(row: &FindingRow, look: Look) -> String {
    let room = look.terminal.map_or(usize::MAX, |(width, _)| usize::from(width));
    let mut lines = vec![harmless(&row.message)];
    if !row.advice.is_empty() {
        lines.push(format!("to do: {}", harmless(&row.advice)));
    }
    lines.extend(tasks(row));
    lines.extend(row.evidence.iter().map(|fact| format!("- {}", harmless(fact))));
    let severity = format!("{:<width$}", row.severity.name(), width = INDENT - 1);
    let severity = match colour(row.severity).filter(|_| look.colour) {
        Some(colour) => format!("{colour}{severity}{PLAIN}"),
        None => severity,
    };
    let mut text = format!("{severity} {}\n", head(row));
    for line in lines.iter().flat_map(|line| wrapped(line, room.saturating_sub(INDENT).max(20))) {
        text.push_str(&format!("{:INDENT$}{line}\n", ""));
    }
    text
}

fn head(row: &FindingRow) -> String {
    let mut head = row.kind.name().to_owned();
    if let Some(location) = &row.location {
        head.push_str(&format!(" at {}", words::place(location)));
    }
    match row.count {
        0 | 1 => head.push_str(&format!(", {} ago", row.since)),
        many => head.push_str(&format!(", {many} times, first {} ago", row.since)),
    }
    head
}

fn tasks(row: &FindingRow) -> Option<String> {
    let named: Vec<_> = row.tasks.iter().take(MOST_TASKS).map(ToString::to_string).collect();
    let more = row.tasks.len().saturating_sub(MOST_TASKS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    // One is named by the message.
    (named.len() > 1).then(|| format!("tasks {}{more}", named.join(", ")))
}

fn colour(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Error => Some("\x1b[31m"),
        Severity::Warning => Some("\x1b[33m"),
        Severity::Info => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_model::change::Location;
    use taskscope_model::{Kind, LocationId, Nanos, TaskId};

    fn row() -> FindingRow {
        let (id, file) = (LocationId(0), "src/jobs.rs".to_owned());
        FindingRow {
            key: (Kind::PanicUnseen, None),
            kind: Kind::PanicUnseen,
            severity: Severity::Error,
            message: "tasks panicked, and nobody looked: \x1b[2J".to_owned(),
            advice: "await the handle".to_owned(),
            tasks: (1..=10).map(TaskId).collect(),
            location: Some(Location { id, file, line: 88, column: 5 }),
            count: 10,
            since: Nanos(12_000_000_000),
            evidence: vec!["task 1: index out of bounds".to_owned()],
        }
    }

    #[test]
    fn a_pipe_gets_everything() {
        let expected = "error    panic_unseen at src/jobs.rs:88:5, 10 times, first 12.0s ago\n         \
                        tasks panicked, and nobody looked:  [2J\n         \
                        to do: await the handle\n         \
                        tasks 1, 2, 3, 4, 5, 6, 7, 8 and 2 more\n         \
                        - task 1: index out of bounds\n";
        assert_eq!(text(&row(), Look::default()), expected);
        assert!(!text(&row(), Look::default()).contains('\x1b'));
        let once = FindingRow { count: 1, location: None, ..row() };
        assert!(text(&once, Look::default()).starts_with("error    panic_unseen, 12.0s ago\n"));
    }

    #[test]
    fn a_terminal_gets_lines_that_fit_and_colours_where_wanted() {
        let narrow = text(&row(), Look { terminal: Some((40, 24)), colour: true });
        assert!(narrow.starts_with("\x1b[31merror"), "{narrow}");
        assert!(narrow.lines().skip(1).all(|line| line.chars().count() <= 40), "{narrow}");
    }

    #[test]
    fn findings_are_tallied() {
        assert_eq!(tally(Health::default()), "no findings");
        assert_eq!(tally(Health { errors: 1, warnings: 0, infos: 2 }), "3 findings: 1 error, 2 infos");
    }
}
