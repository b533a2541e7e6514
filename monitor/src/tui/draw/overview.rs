//! Health at a glance: what is wrong, what the tasks do, and how that went over the last minutes.

use super::findings as list;
use super::spark;
use super::style::{Look, style};
use crate::print::words::{self, wrapped};
use crate::rows::findings::Health;
use crate::tui::cell::{cut_end, grouped};
use crate::tui::layout;
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::collections::BTreeMap;
use taskscope_model::codes::{Counter, Seen};
use taskscope_model::{Nanos, State, World};

/// Columns of the names, and of the newest value.
const NAMES: usize = 13;
const VALUES: usize = 12;
/// Lines above the findings.
const ABOVE: u16 = 10;

/// ```text
///  health        2 errors, 1 warning, 3 remarks
///  tasks         3 running, 12 scheduled, 1,189 idle
///  ended         33: 31 completed, 2 panicked
///                             over the last 2m30s
///  live                 1,204 ▃▃▄▄▅▅▅▆▆▇
///  ended/s                 12 ▂▁▂▁▃▁▂▁▁▂
///  polls/s             12,344 ▇▆▇▇█▇▇▆▇▇
///  busy of 4              1.2 ▂▂▃▂▂▂▃▂▂▂
///  delay               12.3us ▁▁▁▁▁▁█▁▁▁
///
///  SEVERITY   COUNT  KIND           WHERE             WHAT
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let below = findings(area, ui);
    let above = Rect { height: area.height - below.height, ..area };
    let room = usize::from(area.width);
    let mut lines = vec![health(ui), tasks(ui, world, room), ended(world, room), span(ui, room)];
    lines.extend(courses(ui, world, room));
    frame.render_widget(Paragraph::new(lines), above);
    if ui.findings.rows.is_empty() {
        let why =
            if ui.findings.judged { list::healthy() } else { vec!["asking the program ...".to_owned()] };
        let why = why.iter().flat_map(|line| wrapped(line, room.saturating_sub(2).max(1)));
        let lines: Vec<_> = why.map(|line| Line::from(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines), below);
    } else {
        list::list(frame, below, ui);
    }
}

/// Where the findings stand: below, on at least half of the screen where that is small.
pub(in crate::tui) fn findings(body: Rect, _: &Ui) -> Rect {
    let above = ABOVE.min(body.height / 2 + body.height % 2);
    Rect { y: body.y + above, height: body.height - above, ..body }
}

/// How many of them are shown at a time.
pub(in crate::tui) fn finding_rows(body: Rect, ui: &Ui) -> usize {
    layout::rows(findings(body, ui))
}

fn fact(name: &str, value: String, look: Style) -> Line<'static> {
    Line::from(vec![Span::raw(format!(" {name:<NAMES$} ")), Span::styled(value, look)])
}

fn health(ui: &Ui) -> Line<'static> {
    let health = Health::of(ui.findings.rows.iter().map(|row| row.severity));
    let counts = [(health.errors, "error"), (health.warnings, "warning"), (health.infos, "remark")];
    let counts: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| words::count(*count, what))
        .collect();
    match health {
        _ if !ui.findings.judged && counts.is_empty() => {
            fact("health", "asking ...".to_owned(), Style::new())
        }
        Health { errors: 0, warnings: 0, .. } => {
            let more = if counts.is_empty() { String::new() } else { format!(", {}", counts.join(", ")) };
            fact("health", format!("healthy{more}"), style(ui, Look::Good))
        }
        Health { errors: 0, .. } => fact("health", counts.join(", "), style(ui, Look::Warning)),
        _ => fact("health", counts.join(", "), style(ui, Look::Bad)),
    }
}

fn tasks(ui: &Ui, world: &World, room: usize) -> Line<'static> {
    let live = world.counted(Counter::LIVE).unwrap_or(0);
    let states = || ui.history.states().filter(|(state, _)| *state != State::Ended);
    let told: u64 = states().map(|(_, count)| count).sum();
    let words: Vec<_> = states()
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{} {state}", grouped(count)))
        .collect();
    let text = match words.is_empty() {
        true => grouped(live),
        false if told < live => format!("{} (of {} live)", words.join(", "), grouped(live)),
        false => words.join(", "),
    };
    fact("tasks", cut_end(&text, room.saturating_sub(NAMES + 2)), Style::new())
}

/// By outcome, as far as the places of all tasks tell, else as far as is remembered.
fn ended(world: &World, room: usize) -> Line<'static> {
    let mut outcomes: BTreeMap<u8, u64> = BTreeMap::new();
    for task in world.ended() {
        *outcomes.entry(task.outcome().map_or(u8::MAX, |outcome| outcome.0)).or_default() += 1;
    }
    let name = |code: u8| taskscope_model::codes::Outcome(code).name().unwrap_or("not known how");
    let words: Vec<_> =
        outcomes.iter().map(|(code, count)| format!("{} {}", grouped(*count), name(*code))).collect();
    let all = world.counted(Counter::ENDED).unwrap_or(world.ended_len() as u64);
    let text = match words.is_empty() {
        true => grouped(all),
        false => format!(
            "{}; of the last {}: {}",
            grouped(all),
            grouped(world.ended_len() as u64),
            words.join(", ")
        ),
    };
    fact("ended", cut_end(&text, room.saturating_sub(NAMES + 2)), Style::new())
}

/// What the courses below are over.
fn span(ui: &Ui, room: usize) -> Line<'static> {
    let text = match ui.history.span() {
        Nanos(0) => String::new(),
        span => format!("{:indent$}over the last {span}, a second a column", "", indent = NAMES + VALUES + 3),
    };
    Line::from(cut_end(&text, room)).style(style(ui, Look::Quiet))
}

fn courses(ui: &Ui, world: &World, room: usize) -> Vec<Line<'static>> {
    let history = &ui.history;
    let width = room.saturating_sub(NAMES + VALUES + 4);
    let course = |name: &str, values: &[Option<u64>], says: fn(u64) -> String, most: Option<u64>| {
        let value = spark::last(values).map(says);
        let most = most.unwrap_or_else(|| spark::most(values));
        let value = cut_end(&value.unwrap_or_else(|| "-".to_owned()), VALUES);
        Line::from(format!(" {name:<NAMES$} {value:>VALUES$} {}", spark::line(values, width, most)))
    };
    let missing = |name: &str, topic: &str| {
        let text = cut_end(&why_not(world, topic), room.saturating_sub(NAMES + 2));
        fact(name, text, style(ui, Look::Quiet))
    };
    let (busy, delays, polls) = (history.busy(), history.delays(), history.polls());
    let known = |values: &[Option<u64>]| values.iter().any(Option::is_some) || values.is_empty();
    let workers = history.workers().unwrap_or(0) as u64;
    let mut lines = vec![
        course("live", &history.live(), grouped, None),
        course("ended/s", &history.ended(), grouped, None),
    ];
    lines.push(match known(&polls) {
        true => course("polls/s", &polls, grouped, None),
        false => missing("polls/s", "runtimes"),
    });
    lines.push(match known(&busy) {
        true => course(
            &format!("busy of {workers}"),
            &busy,
            |it| format!("{}.{}", it / 1_000, it % 1_000 / 100),
            Some(workers * 1_000),
        ),
        false => missing("busy workers", "runtimes"),
    });
    lines.push(match history.has_delays() {
        true => course("delay", &delays, |it| Nanos(it).to_string(), None),
        false => missing("delay", "scheduled"),
    });
    lines
}

/// Where something would stand that is not seen, what would show it.
fn why_not(world: &World, topic: &str) -> String {
    match world.coverage_of(topic).filter(|coverage| coverage.seen != Seen::YES) {
        Some(coverage) if coverage.remedy.is_empty() => format!("not seen: {}", coverage.why),
        Some(coverage) => format!("not seen: {}; to see it: {}", coverage.why, coverage.remedy),
        None => "not seen yet".to_owned(),
    }
}
