//! Which columns are missing, and what would bring them.

use super::style::{Look, style};
use crate::tui::cell::cut_end;
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

/// ```text
///  no SCHEDULED: wakes are not measured in mode on; to see it: TASKSCOPE=debug
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let room = usize::from(area.width);
    let lines = ui.table().view.footnotes.iter().take(usize::from(area.height));
    let lines: Vec<Line<'_>> = lines.map(|note| Line::from(cut_end(&format!(" {note}"), room))).collect();
    frame.render_widget(Paragraph::new(lines).style(style(ui, Look::Quiet)), area);
}
