//! What can be seen of this program, in one line.

use super::style::{Look, style};
use crate::source::error::one_line;
use crate::tui::cell::{cut_end, width};
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use taskscope_model::World;
use taskscope_model::codes::Seen;

/// ```text
///  mode on  sees polls, runtimes, tasks  partly listening  not names, outcomes  (taskscope doctor)
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let Some(target) = &ui.target else { return };
    // What it said of itself at first, unless it has told since.
    let mode = world.limits().map_or_else(|| target.mode.clone(), |limits| one_line(&limits.mode));
    let mut parts = vec![format!(" mode {mode}")];
    for (seen, verb) in [(Seen::YES, "sees"), (Seen::PARTLY, "partly"), (Seen::NO, "not")] {
        let topics = topics(world, seen);
        if !topics.is_empty() {
            parts.push(format!("{verb} {}", topics.join(", ")));
        }
    }
    let line = parts.join("  ");
    let advice = "  (why: taskscope doctor)";
    let fits = width(&line) + width(advice) <= usize::from(area.width);
    let missing = world.coverage().any(|(_, coverage)| coverage.seen != Seen::YES);
    let text = if fits && missing { line + advice } else { cut_end(&line, usize::from(area.width)) };
    frame.render_widget(Line::from(Span::styled(text, style(ui, Look::Quiet))), area);
}

fn topics(world: &World, seen: Seen) -> Vec<&str> {
    let mut topics: Vec<&str> = Vec::new();
    for (_, coverage) in world.coverage() {
        let topic = coverage.topic.as_str();
        let strongest = world.coverage_of(topic).is_some_and(|best| best.seen == seen);
        if strongest && !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics
}
