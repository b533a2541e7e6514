//! What is wrong: a line each, and all that is known of the selected one below.

use super::style::{Look, style};
use crate::print::words::{harmless, wrapped};
use crate::rows::findings::FindingRow;
use crate::tui::cell::{cut_end, cut_start, grouped, place, width};
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::Severity;

/// Columns of the severity, of the count, of the kind, and at most of the place.
const SEVERITY: usize = 8;
const COUNT: usize = 7;
const KIND: usize = 19;
const PLACE: usize = 40;
/// Fewest columns, with the gap before it, in which a message says anything.
const LEAST_MESSAGE: usize = 32;
/// Most tasks that are named.
const MOST_TASKS: usize = 12;

/// ```text
///  SEVERITY   COUNT  KIND           WHERE             WHAT
///  error          3  panic_unseen   src/jobs.rs:88    3 tasks panicked and nobody looked
///  warning    1,204  never_awaited  src/orders.rs:40  futures are made and never awaited
///
///  panic_unseen at src/jobs.rs:88, first 12.0s ago
///  3 tasks panicked, and nobody looked
///  to do: await the handle
///  tasks 4711, 4712, 4720
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    if ui.findings.rows.is_empty() {
        let why = if ui.findings.judged { healthy() } else { vec!["asking the program ...".to_owned()] };
        let room = usize::from(area.width).saturating_sub(2).max(1);
        let why = why.iter().flat_map(|line| wrapped(line, room));
        let lines: Vec<Line<'_>> = why.map(|line| Line::from(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines), area);
        return;
    }
    let (list, below) = layout::list_and_panel(area);
    self::list(frame, list, ui);
    if let Some(finding) = ui.findings.finding() {
        panel(frame, below, finding, ui);
    }
}

/// The findings, a line each.
pub(super) fn list(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let height = layout::rows(area);
    let row = ui.findings.row();
    let top = scroll::top(ui.findings.top, row, ui.findings.rows.len(), height);
    let mut lines = Vec::new();
    if layout::head(area) > 0 {
        lines.push(head(area).style(style(ui, Look::Strong)));
    }
    let shown = ui.findings.rows.iter().enumerate().skip(top).take(height);
    lines.extend(shown.map(|(at, finding)| {
        let line = line(finding, area, ui);
        if Some(at) == row { line.style(style(ui, Look::Selected)) } else { line }
    }));
    frame.render_widget(Paragraph::new(lines), area);
}

pub(super) fn healthy() -> Vec<String> {
    vec![
        "Nothing is wrong, as far as can be seen.".to_owned(),
        String::new(),
        "What cannot be seen here stands in the line above; `taskscope doctor` says what would change it."
            .to_owned(),
    ]
}

/// Columns of the place, and of the message. The message has what is left; where that is too little to say
/// anything, the place has all.
fn widths(area: Rect) -> (usize, usize) {
    let room = usize::from(area.width).saturating_sub(1 + SEVERITY + 2 + COUNT + 2 + KIND + 2);
    let place = room.min(PLACE);
    match room - place {
        message @ LEAST_MESSAGE.. => (place, message - 2),
        _ => (room, 0),
    }
}

fn head(area: Rect) -> Line<'static> {
    let (place, message) = widths(area);
    let what = if message > 0 { "WHAT" } else { "" };
    let (severity, count, kind) = ("SEVERITY", "COUNT", "KIND");
    let text = format!(" {severity:<SEVERITY$}  {count:>COUNT$}  {kind:<KIND$}  {:<place$}  {what}", "WHERE");
    Line::from(cut_end(text.trim_end(), usize::from(area.width)))
}

fn line(finding: &FindingRow, area: Rect, ui: &Ui) -> Line<'static> {
    let (room, message) = widths(area);
    let at = finding.location.as_ref().map(|at| cut_start(&harmless(&place(at)), room)).unwrap_or_default();
    let fill = " ".repeat(room.saturating_sub(width(&at)));
    let message = cut_end(&harmless(&finding.message), message);
    let (name, kind) = (finding.severity.name(), finding.kind.name());
    Line::from(vec![
        Span::styled(format!(" {name:<SEVERITY$}"), of(ui, finding.severity)),
        Span::raw(format!("  {:>COUNT$}  {kind:<KIND$}  {at}{fill}  {message}", grouped(finding.count))),
    ])
}

fn panel(frame: &mut Frame<'_>, area: Rect, finding: &FindingRow, ui: &Ui) {
    let room = usize::from(area.width).saturating_sub(2).max(1);
    let mut lines = vec![Line::from(Span::styled(about(finding), of(ui, finding.severity)))];
    let mut texts = vec![finding.message.clone()];
    texts.extend((!finding.advice.is_empty()).then(|| format!("to do: {}", finding.advice)));
    texts.extend(tasks(finding));
    texts.extend(finding.evidence.iter().map(|fact| format!("- {fact}")));
    let wrapped = texts.iter().flat_map(|text| wrapped(&harmless(text), room));
    lines.extend(wrapped.map(|line| Line::from(format!(" {line}"))));
    frame.render_widget(Paragraph::new(lines), area);
}

fn about(finding: &FindingRow) -> String {
    let at = finding.location.as_ref().map(|at| format!(" at {}", place(at))).unwrap_or_default();
    let first = if finding.count > 1 { "first " } else { "" };
    harmless(&format!(" {}{at}, {first}{} ago", finding.kind, finding.since))
}

fn tasks(finding: &FindingRow) -> Option<String> {
    let named: Vec<_> = finding.tasks.iter().take(MOST_TASKS).map(ToString::to_string).collect();
    let more = finding.tasks.len().saturating_sub(MOST_TASKS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    // One is named by the message.
    (named.len() > 1).then(|| format!("tasks {}{more}", named.join(", ")))
}

/// How a severity looks.
pub(super) fn of(ui: &Ui, severity: Severity) -> Style {
    match severity {
        Severity::Error => style(ui, Look::Bad),
        Severity::Warning => style(ui, Look::Warning),
        Severity::Info => Style::new(),
    }
}
