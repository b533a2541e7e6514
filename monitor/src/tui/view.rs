//! The table of tasks as it was last computed: their order, and the columns that fit. Computed once a change,
//! never while drawing; what a row's cells say is read from the World when the row is drawn.

use super::cell;
use super::scroll;
use super::wanted::Wanted;
use crate::rows::arrange::{Search, first_of};
use crate::rows::columns::{self, TaskColumn};
use crate::rows::{Arrangement, Cell, Column, Columns, Placed, Shape};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use taskscope_model::codes::Counter;
use taskscope_model::{TaskId, World};

/// So many rows, besides those on the screen, are asked whether they fill a column.
const SAMPLE: usize = 512;
/// At most so many rows are put in order: more than a person scrolls through. An agent is asked for fewer; other
/// sources tell all they know.
const MOST_ROWS: usize = 10_000;
/// So many tasks are looked at before a frame: of very many, some before each. One takes 0.1 to 0.4 us, as what is known
/// of it lies wherever there was room when it was told.
pub(super) const AT_ONCE: usize = 8_000;
/// Blanks between two columns.
pub(super) const GAP: u16 = 2;
/// A tree is indented at most so deep; deeper ones say how deep.
const DEEPEST: usize = 12;

/// The computed table.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The tasks in their order.
    pub(super) placed: Vec<Placed>,
    /// The columns on the screen.
    pub(super) columns: Vec<Shown>,
    /// Which columns are missing, why, and what would change it.
    pub(super) footnotes: Vec<String>,
    /// Matching tasks that the program has left out.
    pub(super) not_shown: u64,
    /// How many of the first rows are pinned.
    pub(super) pinned: usize,
    /// What the rows answer, and which tasks were pinned then; `None`: nothing yet.
    answers: Option<(Wanted, Vec<TaskId>)>,
    /// A look at very many tasks that is not over yet.
    search: Option<Search>,
    /// The widest value each column has had on the screen, so that columns do not twitch.
    widest: HashMap<&'static str, u16>,
}

/// A column and its width on the screen.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    /// The column.
    pub(super) of: &'static TaskColumn,
    /// Its width.
    pub(super) width: u16,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.of.column.title, self.width)
    }
}

impl View {
    /// The row of a task.
    pub(super) fn row(&self, task: TaskId) -> Option<usize> {
        self.placed.iter().position(|place| place.id == task)
    }

    /// Puts the tasks in order again, those that are pinned first. What is wanted anew is there at once. What was wanted
    /// before is looked at in pieces where there are very many tasks: until that is done their order stays, and of those
    /// that are gone meanwhile the rows near the screen are taken out.
    pub(super) fn arrange(&mut self, world: &World, wanted: &Wanted, pinned: &[TaskId], near: Range<usize>) {
        let pinned = if wanted.only_ended { &[] } else { pinned };
        let answered = self.answers.as_ref().is_some_and(|(of, with)| of == wanted && with == pinned);
        if !answered {
            self.search = None;
        }
        let found = match &wanted.only {
            _ if wanted.only_ended => Some((ended(world, wanted), 0)),
            Some(only) => Some(first_of(world, &only.tasks, &wanted.query, &wanted.order, wanted.shape())),
            None => self.look(world, wanted, if answered { AT_ONCE } else { usize::MAX }),
        };
        if let Some((placed, left_out)) = found {
            (self.placed, self.not_shown) = (placed, left_out);
            if wanted.only.is_none() {
                self.not_shown += world.counted(Counter::NOT_SHOWN).unwrap_or(0);
            }
            self.answers = Some((wanted.clone(), pinned.to_vec()));
        }
        let ended = wanted.shape().ended;
        scroll::retain_near(&mut self.placed, near, |place| {
            world.task(place.id).is_some_and(|task| ended || task.ended().is_none())
        });
        self.pin(world, pinned);
    }

    fn look(&mut self, world: &World, wanted: &Wanted, most: usize) -> Option<(Vec<Placed>, u64)> {
        let shape = Shape { limit: Some(MOST_ROWS), ..wanted.shape() };
        let search =
            self.search.get_or_insert_with(|| Search::new(world, &wanted.query, &wanted.order, shape));
        if !search.look(world, most) {
            return None;
        }
        self.search.take().map(Search::placed)
    }

    /// Whether a look at very many tasks is not over yet.
    pub(super) fn is_looking(&self) -> bool {
        self.search.is_some()
    }

    /// Another World is shown: nothing of what was found holds.
    pub(super) fn start_over(&mut self) {
        (self.answers, self.search) = (None, None);
    }

    fn pin(&mut self, world: &World, pinned: &[TaskId]) {
        let known: Vec<_> = pinned.iter().copied().filter(|id| world.task(*id).is_some()).collect();
        self.pinned = known.len();
        if !known.is_empty() {
            self.placed.retain(|place| !known.contains(&place.id));
            self.placed.splice(0..0, known.into_iter().map(|id| Placed { id, depth: 0 }));
        }
    }

    /// Chooses and sizes the columns for the rows on the screen.
    pub(super) fn fit(&mut self, world: &World, wanted: &Wanted, on_screen: Range<usize>, width: u16) {
        let on_screen = self.placed.get(on_screen).unwrap_or_default();
        let sample = &self.placed[..self.placed.len().min(SAMPLE)];
        let all = if wanted.only_ended { columns::of_ended() } else { columns::of_tasks(Columns::Filled) };
        let (filled, empty): (Vec<_>, Vec<_>) = all.into_iter().partition(|column| {
            column.column.always || sample.iter().chain(on_screen).any(|place| fills(world, column, *place))
        });
        self.footnotes = match sample.is_empty() {
            true => Vec::new(),
            false => columns::hidden(world, empty.iter().map(|column| &column.column)),
        };
        for column in &filled {
            let texts = on_screen.iter().map(|place| text(world, column, *place, wanted.shape().arrangement));
            let widest = texts.map(|text| cell::width(&text)).max().unwrap_or(0);
            let known = self.widest.entry(column.column.title).or_default();
            *known = (*known).max(u16::try_from(widest).unwrap_or(u16::MAX));
        }
        let needs: Vec<Need> = filled.into_iter().map(|column| self.need(column, wanted, width)).collect();
        self.columns = share(needs, width);
    }

    /// Forgets how wide columns have been: something else is shown now.
    pub(super) fn forget_widths(&mut self) {
        self.widest.clear();
    }

    fn need(&self, of: &'static TaskColumn, wanted: &Wanted, width: u16) -> Need {
        let Column { key, title, min_width, flexible, worth, .. } = of.column;
        // The mark of the order stands beside the title.
        let head = u16::try_from(cell::width(title)).unwrap_or(0) + u16::from(!key.is_empty());
        let most = self.widest.get(title).copied().unwrap_or(0).max(head).max(min_width);
        let least = if flexible { most.min(min_width.max(width / 3)) } else { most };
        let worth = if key == wanted.order_key() { worth.max(254) } else { worth };
        Need { of, least, most, worth }
    }
}

/// What a column would like to have.
struct Need {
    of: &'static TaskColumn,
    least: u16,
    most: u16,
    worth: u8,
}

/// The columns that fit, the ones of least worth left out; what is left goes to those that can use it.
fn share(needs: Vec<Need>, width: u16) -> Vec<Shown> {
    let mut by_worth: Vec<usize> = (0..needs.len()).collect();
    by_worth.sort_by_key(|at| Reverse(needs[*at].worth));
    let mut widths = vec![None; needs.len()];
    let mut left = width;
    for (rank, at) in by_worth.iter().enumerate() {
        let gap = if rank == 0 { 0 } else { GAP };
        match left.checked_sub(gap + needs[*at].least) {
            Some(rest) => left = rest,
            None if rank == 0 => left = 0,
            None => break,
        }
        widths[*at] = Some(needs[*at].least.min(width));
    }
    for at in by_worth {
        if let Some(given) = &mut widths[at] {
            let more = needs[at].most.saturating_sub(*given).min(left);
            *given += more;
            left -= more;
        }
    }
    let shown = needs.iter().zip(widths);
    shown.filter_map(|(need, width)| Some(Shown { of: need.of, width: width? })).collect()
}

/// The ended tasks that match, in their order.
fn ended(world: &World, wanted: &Wanted) -> Vec<Placed> {
    let now = world.now();
    let matching = world.ended().rev().filter(|task| wanted.query.matches(task, world, now));
    let mut tasks: Vec<_> = matching.collect();
    match (wanted.by_end, wanted.order.reverse()) {
        (true, true) => tasks.sort_by_key(|task| task.ended().map(|ended| ended.at)),
        (true, false) => tasks.sort_by_key(|task| Reverse(task.ended().map(|ended| ended.at))),
        (false, _) => wanted.order.sort(&mut tasks, world, now),
    }
    tasks.into_iter().map(|task| Placed { id: task.id(), depth: 0 }).collect()
}

fn fills(world: &World, column: &TaskColumn, place: Placed) -> bool {
    value(world, column, place) != Cell::Unknown
}

/// The value of a column for a task; unknown if the task is gone.
pub(super) fn value(world: &World, column: &TaskColumn, place: Placed) -> Cell {
    world.task(place.id).map_or(Cell::Unknown, |task| (column.cell)(task, world))
}

/// The same as text, with what makes the tree.
pub(super) fn text(world: &World, column: &TaskColumn, place: Placed, arrangement: Arrangement) -> String {
    let text = cell::text(&value(world, column, place));
    if arrangement != Arrangement::Flat && column.column.key == "id" {
        return format!("{}{text}", branch(place.depth));
    }
    text
}

fn branch(depth: usize) -> String {
    match depth {
        0 => String::new(),
        1..=DEEPEST => format!("{}└ ", "  ".repeat(depth - 1)),
        _ => format!("{}└ {depth}: ", "  ".repeat(DEEPEST - 1)),
    }
}
