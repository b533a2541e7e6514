//! The runtimes: a bar and a course for each worker, queues, the blocking pool, how long polls and waits are, and what the
//! threads do.

use super::details::{both, histogram};
use super::spark;
use super::style::{Look, style};
use crate::print::fate::called;
use crate::print::words::harmless;
use crate::rows::lengths::Lengths;
use crate::rows::stacks::{FrameRow, ThreadRow, threads};
use crate::tui::cell::{cut_end, cut_start, grouped, percent, width};
use crate::tui::keys::{self, Command};
use crate::tui::ui::Ui;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::collections::BTreeMap;
use taskscope_model::change::Figures;
use taskscope_model::codes::{Doing, Seen};
use taskscope_model::task::By;
use taskscope_model::world::RuntimeView;
use taskscope_model::{Nanos, RuntimeId, World};

/// Columns of a worker's bar, and of the words behind its course.
const BAR: usize = 10;
const WORDS: usize = 36;
/// Most frames of one stack.
const MOST_FRAMES: usize = 24;

/// ```text
///  runtime-0  multi_thread, 2 workers, up 2m30s
///    tasks 1,204   global queue 0   blocking threads 3, 2 of them idle, 0 calls wait
///    worker 0  ████░░░░░░  41.2% ▂▃▄▅▄▃▂▂▃▃▃  queue 1   polls 9,112    polls task 42
///
///  polls by length  below 1.04ms   9,100 ████████████████████
///
///  worker 0, thread 4711: in a poll of task 42 for 1.20s
///    std::thread::sleep at std/src/thread/functions.rs:289
/// ```
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui, world: &World) {
    let lines = lines(ui, world, area.width);
    let height = usize::from(area.height);
    let top = ui.runtime_top.min(lines.len().saturating_sub(height));
    let shown: Vec<_> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(shown), area);
}

/// Its lines, of which the screen shows a part.
pub(in crate::tui) fn lines(ui: &Ui, world: &World, room: u16) -> Vec<Line<'static>> {
    let room = usize::from(room);
    let mut lines = Vec::new();
    for (key, view) in world.runtimes() {
        lines.extend(runtime(key, view, ui, world, room));
        lines.push(Line::default());
    }
    if lines.is_empty() {
        lines.push(Line::from(cut_end(
            &format!(" {}", not_seen(world, "runtimes", "no runtime is known yet")),
            room,
        )));
        lines.push(Line::default());
    }
    let lengths = lengths(world, room);
    if !lengths.is_empty() {
        lines.extend(lengths);
        lines.push(Line::default());
    }
    lines.extend(stacks(ui, world, room));
    lines
}

fn not_seen(world: &World, topic: &str, otherwise: &str) -> String {
    match world.coverage_of(topic).filter(|coverage| coverage.seen != Seen::YES) {
        Some(coverage) if coverage.remedy.is_empty() => format!("{topic} are not seen: {}", coverage.why),
        Some(coverage) => format!("{topic} are not seen: {}; to see them: {}", coverage.why, coverage.remedy),
        None => otherwise.to_owned(),
    }
}

fn runtime(
    key: By<RuntimeId>,
    view: &RuntimeView,
    ui: &Ui,
    world: &World,
    room: usize,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let name = view.runtime.as_ref().map_or("runtime", |runtime| runtime.name.as_str());
    let mut words = Vec::new();
    if let Some(runtime) = &view.runtime {
        words.extend(runtime.flavor.name().map(str::to_owned));
        words.push(format!("up {}", view.ended.unwrap_or(world.now()).since(runtime.at)));
    }
    words.extend(view.ended.map(|at| format!("ended {} ago", world.now().since(at))));
    lines.push(Line::from(vec![
        Span::styled(harmless(&format!(" {name}")), style(ui, Look::Strong)),
        Span::raw(format!("  {}", words.join(", "))),
    ]));
    let Some(figures) = &view.figures else {
        lines.push(Line::from("   its figures are not told"));
        return lines;
    };
    lines.extend(queues(figures, room));
    if let Some(full) = view.pool_full.as_ref().filter(|full| full.since.is_some()) {
        let text =
            format!("   the blocking pool is full: {} calls wait for {} threads", full.queued, full.threads);
        lines.push(Line::from(Span::styled(cut_end(&text, room), style(ui, Look::Warning))));
    }
    lines.extend((0..figures.workers.len()).map(|number| worker(key, figures, number, ui, room)));
    lines
}

/// What belongs together stays on one line.
fn queues(figures: &Figures, room: usize) -> Vec<Line<'static>> {
    let mut words = vec![
        format!("tasks {}", grouped(figures.live_tasks)),
        format!("global queue {}", grouped(figures.global_queue)),
    ];
    if let Some(threads) = figures.blocking_threads {
        let idle = figures.idle_blocking_threads.map(|idle| format!(", {} of them idle", grouped(idle)));
        let queued = figures.blocking_queue.map(|queued| format!(", {} calls wait", grouped(queued)));
        words.push(format!(
            "blocking threads {}{}{}",
            grouped(threads),
            idle.unwrap_or_default(),
            queued.unwrap_or_default()
        ));
    }
    words.extend(figures.io_ready.map(|count| format!("IO events {}", grouped(count))));
    words.extend(figures.forced_yields.map(|count| format!("forced yields {}", grouped(count))));
    words.extend(figures.remote_schedules.map(|count| format!("woken from outside {}", grouped(count))));
    let mut lines = vec![String::new()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() || width(line) + width(&word) + 3 <= room => {
                line.push_str(&format!("   {word}"));
            }
            _ => lines.push(format!("   {word}")),
        }
    }
    lines.into_iter().map(|line| Line::from(cut_end(&line, room))).collect()
}

fn worker(key: By<RuntimeId>, figures: &Figures, number: usize, ui: &Ui, room: usize) -> Line<'static> {
    let Some(worker) = figures.workers.get(number) else { return Line::default() };
    let busy = ui.history.worker(key, number);
    let now = spark::last(&busy);
    let share = now.map_or_else(|| "-".to_owned(), |share| percent(share, 1_000));
    let mut words = Vec::new();
    words.extend(worker.local_queue.map(|queue| format!("queue {}", grouped(queue))));
    words.extend(worker.running.map(|task| format!("polls {}", called(task))));
    words.extend(worker.polls.map(|polls| format!("{} polls", grouped(polls))));
    words.extend(worker.steals.map(|steals| format!("{} steals", grouped(steals))));
    let head = format!("   worker {number:<2} {} {share:>6} ", spark::bar(now.unwrap_or(0), 1_000, BAR));
    let course = room.saturating_sub(width(&head) + WORDS).min(120);
    let text = format!("{head}{}  {}", spark::line(&busy, course, 1_000), words.join("  "));
    Line::from(cut_end(&text, room))
}

/// How long the polls of all tasks are that are told of, and their waits where those are told.
fn lengths(world: &World, room: usize) -> Vec<Line<'static>> {
    let (mut polls, mut waits) = (Sum::default(), Sum::default());
    for task in world.tasks() {
        Lengths::of_polls(task, world.now()).iter().for_each(|of| polls.add(of));
        Lengths::of_waits(task).iter().for_each(|of| waits.add(of));
    }
    both(polls.histogram("poll lengths"), waits.histogram("wait lengths"), room)
}

/// Durations of several tasks.
#[derive(Default)]
struct Sum {
    count: u64,
    long: BTreeMap<Nanos, u32>,
}

impl Sum {
    fn add(&mut self, of: &Lengths<'_>) {
        self.count = self.count.saturating_add(of.count);
        for (from, count) in of.long {
            let sum = self.long.entry(*from).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    fn histogram(self, title: &'static str) -> Vec<Line<'static>> {
        let long: Vec<_> = self.long.into_iter().collect();
        histogram(title, &Lengths { count: self.count, longest: None, long: &long })
    }
}

fn stacks(ui: &Ui, world: &World, room: usize) -> Vec<Line<'static>> {
    let (rows, others) = threads(world);
    let key = keys::label_of(Command::Stacks);
    if rows.is_empty() {
        let why =
            not_seen(world, "stacks", &format!("{key} takes the stacks of workers and blocking threads"));
        return vec![Line::from(cut_end(&format!(" {why}"), room))];
    }
    let mut lines = Vec::new();
    for row in &rows {
        lines.push(Line::from(Span::styled(cut_end(&head(row), room), style(ui, Look::Strong))));
        let frames = row.frames.iter().take(row.inner().min(MOST_FRAMES));
        lines.extend(frames.map(|it| Line::from(cut_start(&format!("   {}", frame(it)), room))));
    }
    if others > 0 {
        lines.push(Line::from(cut_end(
            &format!(" {others} other threads have nothing to do with tokio"),
            room,
        )));
    }
    lines.push(
        Line::from(cut_end(&format!(" as of the last time that {key} was pressed"), room))
            .style(style(ui, Look::Quiet)),
    );
    lines
}

fn head(row: &ThreadRow) -> String {
    let who = match row.worker {
        Some(worker) => format!("worker {worker}"),
        None => harmless(&row.name),
    };
    let doing = match (row.task, row.since) {
        (Some(task), Some(since)) => format!("in a poll of {} for {since}", called(task)),
        (Some(task), None) => format!("in a poll of {}", called(task)),
        (None, _) if row.frames.is_empty() => "runs, its stack could not be had".to_owned(),
        (None, _) if row.inner() == 0 => "waits for work".to_owned(),
        (None, _) => "busy".to_owned(),
    };
    let call =
        if row.doing == Doing::IN_CALL { format!(", in {}", harmless(&row.call)) } else { String::new() };
    format!(" {who}, thread {}: {doing}{call}", row.tid)
}

fn frame(row: &FrameRow) -> String {
    let function = row.function.clone().unwrap_or_else(|| format!("{}+{:#x}", row.module, row.offset));
    match (&row.file, row.line) {
        (Some(file), Some(line)) => harmless(&format!("{function} at {file}:{line}")),
        _ => harmless(&function),
    }
}
