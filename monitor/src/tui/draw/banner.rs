//! What is the matter with the connection.

use super::replay;
use super::style::{Look, style};
use crate::tui::cell::cut_end;
use crate::tui::ui::{Link, Ui};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// ```text
///  echo_server (pid 4711) is gone without goodbye; this is how it was
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let (text, look) = match &ui.link {
        Link::Lost { why, since: None } => (format!(" {why}; this is how it was"), Look::Bad),
        Link::Lost { why, since: Some(since) } => (format!(" {why}; not back yet: {since}"), Look::Bad),
        Link::Played if ui.replay.is_some() => {
            return ui.replay.iter().for_each(|line| replay::draw(frame, area, ui, line));
        }
        Link::Played => (" This is how it was at the end of the recording".to_owned(), Look::Quiet),
        _ => return,
    };
    let text = cut_end(&text, usize::from(area.width));
    frame.render_widget(Line::from(Span::styled(text, style(ui, look))), area);
}
