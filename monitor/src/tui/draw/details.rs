//! All that is known of one task.

use super::findings::of as severity;
use super::style::{Look, of_state, style};
use crate::print::fate::{self, Said};
use crate::print::words::{pieces, wrapped};
use crate::rows::awaits::awaits;
use crate::rows::lengths::Lengths;
use crate::tui::cell::{grouped, percent, place};
use crate::tui::draw::{events, spark};
use crate::tui::ui::{Details, Ui};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use taskscope_model::codes::Seen;
use taskscope_model::world::Names as _;
use taskscope_model::{At, Nanos, State, Task, World};

/// Columns of the names of facts.
const NAMES: usize = 14;
/// Entries of the log that are told.
const MOST_RECENT: usize = 10;
/// Columns of the bar of a time's share.
const BAR: u64 = 20;
/// Columns of a histogram with its names, and a gap.
const HISTOGRAM: usize = NAMES + 48;

/// ```text
///  task 4711      async, idle
///  spawned at     src/server.rs:88, 2m30s ago
///  spawned by     task 42, spawned at src/main.rs:20
///                 main, began at src/main.rs:12
///
///  handle         somebody has it
///  awaits         place at src/orders.rs:40, 30.0s
///                   charge at src/ledger.rs:7, 29.0s
///
///  total           2m30s
///  busy            1.20s   0.8%
///  ...
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let lines = lines(ui, world, area.width);
    let height = usize::from(area.height);
    let top = ui.details.as_ref().map_or(0, |details| details.top).min(lines.len().saturating_sub(height));
    let shown: Vec<_> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(shown), area);
}

/// Its lines, of which the screen shows a part.
pub(in crate::tui) fn lines(ui: &Ui, world: &World, room: u16) -> Vec<Line<'static>> {
    let Some(of) = &ui.details else {
        let how = " No task is chosen: Enter on a row of a table, or `:where 42`";
        return vec![Line::from(how)];
    };
    let Some(task) = &of.task else {
        let gone = if ui.complete { "is not known, or not any more" } else { "is asked for ..." };
        return vec![Line::from(format!(" {} {gone}", fate::called(of.id)))];
    };
    let now = world.now();
    let mut lines = vec![head(task, ui, world)];
    if world.task(of.id).is_none() {
        let gone = " It is no longer told of: it ended, or no longer matches. This is how it was.";
        lines.push(Line::from(Span::styled(gone, style(ui, Look::Warning))));
    }
    lines.extend(origin(task, world));
    lines.push(Line::default());
    let story = story(task, world, ui);
    if !story.is_empty() {
        lines.extend(story);
        lines.push(Line::default());
    }
    lines.extend(times(task, world, now));
    lines.push(Line::default());
    lines.extend(polls(task, now));
    lines.extend(lengths(task, now, usize::from(room)));
    lines.extend(course(of, room));
    lines.push(Line::default());
    let unseen = unseen(task, world, ui);
    if !unseen.is_empty() {
        lines.extend(unseen);
        lines.push(Line::default());
    }
    lines.extend(recent(task, ui, world));
    lines.into_iter().flat_map(|line| folded(line, usize::from(room))).collect()
}

/// A line that is too long goes on below, behind the column of names.
fn folded(line: Line<'static>, room: usize) -> Vec<Line<'static>> {
    const INDENT: usize = NAMES + 2;
    if line.width() <= room || room <= 2 * INDENT {
        return vec![line];
    }
    let text = line.to_string();
    let (name, value): (String, String) =
        (text.chars().take(INDENT).collect(), text.chars().skip(INDENT).collect());
    let lines = wrapped(&value, room - INDENT);
    let pieces = lines.iter().flat_map(|line| pieces(line, room - INDENT));
    pieces
        .enumerate()
        .map(|(at, piece)| {
            let name = if at == 0 { name.as_str() } else { "" };
            Line::from(format!("{name:<INDENT$}{piece}")).style(line.style)
        })
        .collect()
}

fn fact(name: &str, value: impl AsRef<str>) -> Line<'static> {
    Line::from(format!(" {name:<NAMES$} {}", value.as_ref()))
}

fn head(task: &Task, ui: &Ui, world: &World) -> Line<'static> {
    let mut words = Vec::new();
    words.extend(task.name().map(|name| format!("\"{name}\"")));
    words.extend(task.kind().map(|kind| kind.to_string()));
    let state = task.state().map_or_else(|| "state unknown".to_owned(), |state| state.to_string());
    let mut line =
        Line::from(Span::styled(format!(" {:<NAMES$} ", fate::called(task.id())), style(ui, Look::Strong)));
    line.push_span(Span::raw(words.iter().map(|word| format!("{word}, ")).collect::<String>()));
    line.push_span(Span::styled(state, of_state(ui, task.state())));
    if let Some(ended) = task.ended() {
        let ago = world.now().since(ended.at);
        let outcome = task.outcome().map_or_else(
            || format!("how is not known{}", remedy(world, "outcomes")),
            |outcome| outcome.to_string(),
        );
        line.push_span(Span::raw(format!(" {ago} ago: {outcome}")));
    }
    line
}

fn origin(task: &Task, world: &World) -> Vec<Line<'static>> {
    let mut lines = facts(fate::origin(task, world, place));
    if let Some(name) = task.runtime().and_then(|runtime| world.runtime_name(runtime)) {
        lines.push(fact("runtime", name));
    }
    if let Some(future) = task.future() {
        let size = task.size().map(|size| format!(", {} bytes", grouped(size)));
        lines.push(fact("future", format!("{future}{}", size.unwrap_or_default())));
    }
    lines
}

/// What is known of where it waits, or what became of it; and what is wrong with it.
fn story(task: &Task, world: &World, ui: &Ui) -> Vec<Line<'static>> {
    let ended = task.ended().is_some();
    let mut lines = facts(fate::fate(task, world, place));
    if let Some(tree) = awaits(task, world) {
        lines.extend(facts(fate::awaits(&tree, world.now(), ended, place)));
    }
    for finding in ui.findings.about(task.id()) {
        let severity = severity(ui, finding.severity);
        lines.push(fact("finding", format!("{}: {}", finding.kind, finding.message)).style(severity));
        lines.extend((!finding.advice.is_empty()).then(|| fact("", format!("to do: {}", finding.advice))));
    }
    lines
}

fn facts(said: Vec<Said>) -> Vec<Line<'static>> {
    said.into_iter().map(|(name, value)| fact(name, value)).collect()
}

fn times(task: &Task, world: &World, now: At) -> Vec<Line<'static>> {
    let total = task.total(now);
    let share = |name: &str, span: Option<Nanos>| {
        let Some(span) = span else { return fact(name, unknown(world, name)) };
        let Some(total) = total.filter(|total| total.0 > 0) else { return fact(name, span.to_string()) };
        let bar = u128::from(span.0.min(total.0)) * u128::from(BAR) / u128::from(total.0);
        let bar = "█".repeat(usize::try_from(bar).unwrap_or(0));
        fact(name, format!("{:>7} {:>6} {bar}", span.to_string(), percent(span.0, total.0)).trim_end())
    };
    let all = total.map_or_else(|| unknown(world, "tasks"), |total| format!("{:>7}", total.to_string()));
    vec![
        fact("total", all),
        share("busy", task.busy(now)),
        share("scheduled", task.scheduled(now)),
        share("idle", task.idle(now)),
    ]
}

fn polls(task: &Task, now: At) -> Vec<Line<'static>> {
    let Some(polled) = task.polled() else { return Vec::new() };
    let mut lines = vec![fact("polls", grouped(task.polls().unwrap_or(0)))];
    if let Some(woken) = task.woken() {
        let own = format!("{}, {} of them its own", grouped(woken.wakes), grouped(woken.self_wakes));
        let last = woken.last_wake.map(|at| format!(", the last one {} ago", now.since(at)));
        lines.push(fact("wakes", own + &last.unwrap_or_default()));
        lines.extend(woken.wakers.map(|wakers| fact("wakers", format!("{} alive", grouped(wakers)))));
    }
    lines.extend(waits(task, now));
    let worker = task.worker().map_or_else(|| "a thread".to_owned(), |worker| format!("worker {worker}"));
    if let Some(since) = polled.running_since.filter(|_| task.state() == Some(State::Running)) {
        lines.push(fact("in a poll", format!("for {} now, on {worker}", now.since(since))));
    } else if let Some(ago) = task.since_last_poll(now) {
        lines.push(fact("last poll", format!("{ago} ago, on {worker}")));
    }
    lines.extend(task.max_poll(now).map(|longest| fact("longest poll", longest.to_string())));
    lines
}

/// How long its polls and its waits were.
fn lengths(task: &Task, now: At, room: usize) -> Vec<Line<'static>> {
    let polls = Lengths::of_polls(task, now).map(|polls| histogram("polls by length", &polls));
    let waits = Lengths::of_waits(task).map(|waits| histogram("waits by length", &waits));
    both(polls.unwrap_or_default(), waits.unwrap_or_default(), room)
}

/// Its waits between wake and poll. Where they are not measured at all, that is said of their sum.
fn waits(task: &Task, now: At) -> Option<Line<'static>> {
    let untold = || task.scheduled(now).map(|_| "how long each was is not told, or not yet".to_owned());
    Lengths::of_waits(task).map(|waits| waits.summary(grouped)).or_else(untold).map(|it| fact("waits", it))
}

/// Two histograms: beside each other where there is room, else one below the other.
pub(super) fn both(left: Vec<Line<'static>>, right: Vec<Line<'static>>, room: usize) -> Vec<Line<'static>> {
    if room < 2 * HISTOGRAM || left.is_empty() {
        return left.into_iter().chain(right).collect();
    }
    let both = (0..left.len().max(right.len())).map(|at| {
        let [left, right] =
            [&left, &right].map(|column| column.get(at).map_or(String::new(), ToString::to_string));
        Line::from(format!("{left:<HISTOGRAM$}{right}").trim_end().to_owned())
    });
    both.collect()
}

/// How many were how long, a bar each. Those below the first bound are the rest.
pub(super) fn histogram(title: &'static str, of: &Lengths<'_>) -> Vec<Line<'static>> {
    let long = of.long;
    let Some((first, _)) = long.first() else { return Vec::new() };
    let rest = (format!("below {first}"), of.short());
    let others = long.iter().map(|(from, count)| (format!("from {from}"), u64::from(*count)));
    let all: Vec<_> = std::iter::once(rest).chain(others).collect();
    let most = all.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let bars = all.iter().enumerate().map(|(at, (what, count))| {
        // Few long ones among many short ones are what one looks for: they are never without a bar.
        let bar = (u128::from(*count) * u128::from(BAR)).div_ceil(u128::from(most.max(1)));
        let bar = "█".repeat(usize::try_from(bar).unwrap_or(0));
        fact(if at == 0 { title } else { "" }, format!("{what:<12} {:>9} {bar}", grouped(*count)).trim_end())
    });
    bars.collect()
}

/// How it did since one looks at it.
fn course(of: &Details, room: u16) -> Vec<Line<'static>> {
    let width = usize::from(room).saturating_sub(NAMES + 2 + 16).min(60);
    let (polls, busy) = (of.history.polls(), of.history.busy());
    if polls.is_empty() || width == 0 {
        return Vec::new();
    }
    let now = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let polled = now(spark::last(&polls).map(grouped));
    let share = now(spark::last(&busy).map(|it| percent(it, 1_000)));
    vec![
        fact("polls/s", format!("{polled:>12} {}", spark::line(&polls, width, spark::most(&polls)))),
        fact("busy now", format!("{share:>12} {}", spark::line(&busy, width, 1_000))),
    ]
}

/// What happened to it since we look.
fn recent(task: &Task, ui: &Ui, world: &World) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (at, entry) in ui.log.about(task.id()).take(MOST_RECENT).enumerate() {
        let name = if at == 0 { "recently" } else { "" };
        let when = events::time(ui, entry.at);
        lines.push(fact(name, format!("{when}  {:<9} {}", entry.what.word(), events::says(entry, world))));
    }
    lines
}

/// Where something would stand that cannot be seen, what would show it.
fn unseen(task: &Task, world: &World, ui: &Ui) -> Vec<Line<'static>> {
    let topics = [
        ("names", task.name().is_some() || task.future().is_some()),
        ("wakes", task.woken().is_some()),
        ("await trees", task.awaits().is_some() || task.ended().is_some()),
        ("stacks", task.ended().is_some()),
    ];
    let missing = topics.into_iter().filter(|(topic, known)| {
        !known && world.coverage_of(topic).is_some_and(|coverage| coverage.seen != Seen::YES)
    });
    missing.map(|(topic, _)| fact(topic, unknown(world, topic)).style(style(ui, Look::Quiet))).collect()
}

fn unknown(world: &World, topic: &str) -> String {
    match world.coverage_of(topic) {
        Some(coverage) if coverage.seen != Seen::YES => {
            format!("not seen: {}{}", coverage.why, remedy(world, topic))
        }
        _ => "not known".to_owned(),
    }
}

fn remedy(world: &World, topic: &str) -> String {
    match world.coverage_of(topic) {
        Some(coverage) if !coverage.remedy.is_empty() => format!("; to see it: {}", coverage.remedy),
        _ => String::new(),
    }
}
