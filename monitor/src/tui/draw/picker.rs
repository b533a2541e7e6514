//! The processes one can attach to.

use super::style::{Look, style};
use crate::source::discover::Process;
use crate::tui::cell::{cut_end, grouped, width};
use crate::tui::ui::Ui;
use crate::tui::{layout, scroll};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState, Wrap};

const NUMBERS: u16 = 9;

/// ```text
///       PID  PROGRAM                      TASKS     UPTIME  SEEN BY
///      4711  echo_server                    312      2m30s  agent
///      4802  worker          does not answer: it is stopped
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
        Constraint::Fill(1),
    ];
    let rows = processes.iter().skip(top).take(height).map(|process| row(process, usize::from(names)));
    let mut table = Table::new(rows, widths).column_spacing(2).row_highlight_style(style(ui, Look::Selected));
    if layout::head(area) > 0 {
        let titles =
            [right("PID"), Cell::from("PROGRAM"), right("TASKS"), right("UPTIME"), Cell::from("SEEN BY")];
        table = table.header(Row::new(titles).style(style(ui, Look::Strong)));
    }
    let mut state = TableState::new().with_selected(selected.map(|row| row - top.min(row)));
    frame.render_stateful_widget(table, area, &mut state);
}

fn row(process: &Process, names: usize) -> Row<'static> {
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
        Cell::from(seen_by),
    ])
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
