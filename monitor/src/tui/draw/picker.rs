//! The processes one can attach to.

use super::style::{Look, style};
use crate::print::words;
use crate::rows::findings::Health;
use crate::source::discover::Process;
use crate::tui::cell::{cut_end, grouped, width};
use crate::tui::picker::LOST;
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};

const NUMBERS: u16 = 9;
/// Columns of how a process does.
const HEALTH: u16 = 20;

/// ```text
///       PID  PROGRAM          TASKS     UPTIME  HEALTH              SEEN BY
///      4711  echo_server        312      2m30s  1 error, 2 warnings agent
///      4802  worker               -          -  -                   does not answer
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let processes = match &ui.picker.processes {
        None => return lines(frame, area, &["looking for tokio programs ..."]),
        Some(list) if list.is_empty() => return nobody(frame, area),
        Some(list) => list,
    };
    let height = layout::rows(area);
    let selected = ui.picker.row();
    let top = scroll::top(ui.picker.top, selected, processes.len(), height);
    let names = processes.iter().map(|process| width(&process.program)).max().unwrap_or(0);
    let names = u16::try_from(names).unwrap_or(u16::MAX).clamp(7, (area.width / 2).max(7));
    let widths = [
        Constraint::Length(NUMBERS),
        Constraint::Length(names),
        Constraint::Length(NUMBERS),
        Constraint::Length(NUMBERS),
        Constraint::Length(HEALTH),
        Constraint::Fill(1),
    ];
    let rows = processes.iter().skip(top).take(height).map(|process| row(process, usize::from(names), ui));
    let mut table = Table::new(rows, widths).column_spacing(2).row_highlight_style(style(ui, Look::Selected));
    if layout::head(area) > 0 {
        let titles = ["PID", "PROGRAM", "TASKS", "UPTIME", "HEALTH", "SEEN BY"];
        let titles = titles.into_iter().enumerate();
        let titles =
            titles.map(|(at, title)| if matches!(at, 0 | 2 | 3) { right(title) } else { Cell::from(title) });
        table = table.header(Row::new(titles).style(style(ui, Look::Strong)));
    }
    let mut state = TableState::new().with_selected(selected.map(|row| row - top.min(row)));
    frame.render_stateful_widget(table, area, &mut state);
}

fn row(process: &Process, names: usize, ui: &Ui) -> Row<'static> {
    let number = |text: Option<String>| right(text.unwrap_or_else(|| "-".to_owned()));
    let seen_by = match &process.trouble {
        Some(trouble) => trouble.clone(),
        None => process.seen_by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    Row::new([
        right(process.pid.to_string()),
        Cell::from(cut_end(&process.program, names)),
        number(process.tasks.map(grouped)),
        number(process.uptime.map(|uptime| uptime.to_string())),
        health(process, ui),
        Cell::from(seen_by),
    ])
    .style(if process.trouble.as_deref() == Some(LOST) { style(ui, Look::Quiet) } else { Style::new() })
}

fn health(process: &Process, ui: &Ui) -> Cell<'static> {
    let (text, look) = match ui.picker.health(process.pid) {
        None => ("-".to_owned(), Style::new()),
        Some(Health { errors: 0, warnings: 0, .. }) => ("healthy".to_owned(), style(ui, Look::Good)),
        Some(Health { errors: 0, warnings, .. }) => {
            (words::count(warnings, "warning"), style(ui, Look::Warning))
        }
        Some(Health { errors, warnings: 0, .. }) => (words::count(errors, "error"), style(ui, Look::Bad)),
        Some(Health { errors, warnings, .. }) => {
            let text = format!("{}, {}", words::count(errors, "error"), words::count(warnings, "warning"));
            (text, style(ui, Look::Bad))
        }
    };
    Cell::from(text).style(look)
}

fn right(text: impl Into<String>) -> Cell<'static> {
    Cell::from(Line::from(text.into()).alignment(Alignment::Right))
}

fn nobody(frame: &mut Frame<'_>, area: Rect) {
    lines(
        frame,
        area,
        &[
            "No live tokio program with an agent is to be seen here.",
            "",
            "To see a program, add one line to it:",
            "",
            "    #[taskscope_agent::main]        in place of #[tokio::main]",
            "",
            "after `cargo add taskscope-agent`, and start it again. It appears here by itself.",
            "",
            "Looked for: sockets <pid>.sock in the folder taskscope below $XDG_RUNTIME_DIR,",
            "/run/user/<uid> and the temp folder, of this user (root: of all users), and of containers below.",
            "A program on TCP is attached to by `taskscope tcp://host:port`.",
        ],
    );
}

fn lines(frame: &mut Frame<'_>, area: Rect, lines: &[&str]) {
    let inside = Rect {
        x: area.x + area.width.min(2),
        width: area.width.saturating_sub(2),
        y: area.y + u16::from(area.height > 1),
        height: area.height - u16::from(area.height > 1),
    };
    let lines: Vec<Line<'_>> = lines.iter().map(|line| Line::from(*line)).collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inside);
}
