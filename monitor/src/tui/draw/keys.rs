//! The keys that do something here: as many as fit.

use super::style::{Look, style};
use crate::tui::cell::width;
use crate::tui::keys;
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// ```text
///  q quit  ? help  / filter  Enter open  > sort  r reverse  t tree  e ended  p processes
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let mut spans = Vec::new();
    let mut used = 0;
    for binding in keys::footer(ui.place()) {
        let label = format!("{}{}", if spans.is_empty() { " " } else { "  " }, binding.label());
        let text = format!(" {}", binding.short);
        used += width(&label) + width(&text);
        if used > usize::from(area.width) {
            break;
        }
        spans.push(Span::styled(label, style(ui, Look::Strong)));
        spans.push(Span::raw(text));
    }
    frame.render_widget(Line::from(spans), area);
}
