//! The first line: which program, how many tasks, whether the connection is there.

use super::style::{Look, style};
use crate::tui::cell::{cut_end, grouped, width};
use crate::tui::ui::{Link, Ui};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use taskscope_model::World;
use taskscope_model::codes::Counter;

/// ```text
///  echo_server  pid 4711  up 2m30s                 1,204 live  33 ended  ● connected
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let room = usize::from(area.width);
    let (mark, look) = connection(ui);
    let mut left = vec![format!(" {}", name(ui))];
    let mut right = vec![format!("{mark} ")];
    // What does not fit goes, the least important last in this list first.
    let mut more: Vec<(bool, String)> = Vec::new();
    if let Some(target) = &ui.target {
        more.push((false, live(world)));
        more.push((true, format!("pid {}", target.pid)));
        more.extend(world.counted(Counter::ENDED).map(|n| (false, format!("{} ended", grouped(n)))));
        more.push((true, format!("up {}", world.now().since(target.since))));
    }
    let mut used = width(&left[0]) + width(&right[0]) + 2;
    for (to_the_left, text) in more {
        used += width(&text) + 2;
        if used > room {
            break;
        }
        if to_the_left {
            left.push(text)
        } else {
            right.insert(right.len() - 1, text)
        };
    }
    let right_text = right[..right.len() - 1].iter().map(|text| format!("{text}  ")).collect::<String>();
    let mark = right.pop().unwrap_or_default();
    let left_room = room.saturating_sub(width(&right_text) + width(&mark));
    let name = cut_end(&left.remove(0), left_room);
    let rest = left.iter().map(|text| format!("  {text}")).collect::<String>();
    let fill = left_room.saturating_sub(width(&name) + width(&rest));
    let line = Line::from(vec![
        Span::styled(name, style(ui, Look::Strong)),
        Span::raw(rest),
        Span::raw(" ".repeat(fill)),
        Span::raw(right_text),
        Span::styled(mark, style(ui, look)),
    ]);
    frame.render_widget(line, area);
}

fn name(ui: &Ui) -> &str {
    ui.target.as_ref().map_or("taskscope", |target| &target.program)
}

fn live(world: &World) -> String {
    let live = world.counted(Counter::LIVE).unwrap_or((world.len() - world.ended_len()) as u64);
    format!("{} live", grouped(live))
}

fn connection(ui: &Ui) -> (&'static str, Look) {
    match &ui.link {
        Link::None => ("", Look::Quiet),
        Link::Attaching(_) => ("attaching", Look::Warning),
        Link::Up if ui.complete => ("● connected", Look::Good),
        Link::Up => ("○ asking", Look::Quiet),
        Link::Lost { .. } => ("✗ lost", Look::Bad),
        Link::Played => ("■ recording", Look::Good),
    }
}
