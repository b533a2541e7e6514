//! Tables for people: aligned, fitted to a terminal, complete where there is none.

use super::{Look, words};
use crate::rows::{Align, Cell, Column, TaskRow};
use std::borrow::Cow;
use taskscope_model::State;
use taskscope_model::codes::Outcome;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

const GAP: usize = 2;
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// A row of any table.
pub(crate) trait Row {
    /// How far it is indented, in steps.
    fn depth(&self) -> usize {
        0
    }
    /// Its values, one a column.
    fn cells(&self) -> &[Cell];
}

impl Row for Vec<Cell> {
    fn cells(&self) -> &[Cell] {
        self
    }
}

impl Row for TaskRow {
    fn depth(&self) -> usize {
        self.depth
    }
    fn cells(&self) -> &[Cell] {
        &self.cells
    }
}

/// The table as text. Columns for which a terminal has no room are left out, and named below.
pub(crate) fn text<R: Row>(columns: &[&Column], rows: &[R], look: Look) -> String {
    let written: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let mut cells: Vec<_> = row.cells().iter().map(words::cell).collect();
            if let Some(first) = cells.first_mut() {
                first.insert_str(0, &"  ".repeat(row.depth()));
            }
            cells
        })
        .collect();
    let (widths, left_out) = widths(columns, &written, look.terminal.map(|(width, _)| usize::from(width)));
    let shown: Vec<_> = (0..columns.len()).filter(|at| widths[*at] > 0).collect();
    let indented = rows.iter().any(|row| row.depth() > 0);
    let mut out = String::new();
    let mut line = |value: &dyn Fn(usize) -> String, style: &dyn Fn(usize) -> Option<&'static str>| {
        let mut text = String::new();
        for (n, &at) in shown.iter().enumerate() {
            let left = columns[at].align == Align::Left || (indented && at == 0);
            let value = filled_up(&value(at), widths[at], left, n + 1 == shown.len());
            match style(at).filter(|_| look.colour) {
                Some(style) => text.extend([style, &value, PLAIN]),
                None => text.push_str(&value),
            }
            if n + 1 < shown.len() {
                text.push_str(&" ".repeat(GAP));
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&|at| cut_end(columns[at].title, widths[at]).into_owned(), &|_| Some(BOLD));
    for (row, values) in rows.iter().zip(&written) {
        let cells = row.cells();
        let value = |at: usize| match &cells[at] {
            Cell::Place(_) => cut_start(&values[at], widths[at]),
            _ => cut_end(&values[at], widths[at]),
        };
        line(&|at| value(at).into_owned(), &|at| colour(&cells[at]));
    }
    if !left_out.is_empty() {
        out.push_str(&format!("no room for {}: widen the terminal, or pipe\n", left_out.join(", ")));
    }
    out
}

/// The width of each column, 0 for one that is left out, and the titles of those.
fn widths(columns: &[&Column], rows: &[Vec<String>], room: Option<usize>) -> (Vec<usize>, Vec<&'static str>) {
    let natural = |at: usize| {
        let cells = rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
        cells.max(columns[at].title.width()).max(1)
    };
    let natural: Vec<_> = (0..columns.len()).map(natural).collect();
    let Some(room) = room else { return (natural, Vec::new()) };
    let least = |at: usize| match columns[at].flexible {
        true => natural[at].min(usize::from(columns[at].min_width)),
        false => natural[at],
    };
    let mut widths: Vec<_> = (0..columns.len()).map(least).collect();
    let mut left_out = Vec::new();
    while total(&widths) > room {
        let shown = (0..columns.len()).filter(|at| widths[*at] > 0);
        let Some(least_worth) = shown.min_by_key(|at| columns[*at].worth) else { break };
        if widths.iter().filter(|width| **width > 0).count() == 1 {
            widths[least_worth] = room.max(1);
            break;
        }
        widths[least_worth] = 0;
        left_out.push(columns[least_worth].title);
    }
    // What is left goes to the flexible columns, the most worthy first.
    let mut flexible: Vec<_> =
        (0..columns.len()).filter(|at| widths[*at] > 0 && columns[*at].flexible).collect();
    flexible.sort_by_key(|at| std::cmp::Reverse(columns[*at].worth));
    for at in flexible {
        let free = room.saturating_sub(total(&widths));
        widths[at] = natural[at].min(widths[at] + free);
    }
    (widths, left_out)
}

fn total(widths: &[usize]) -> usize {
    let shown = widths.iter().filter(|width| **width > 0);
    shown.map(|width| width + GAP).sum::<usize>().saturating_sub(GAP)
}

/// The value in exactly that width. The last one of a line is not filled up.
fn filled_up(value: &str, width: usize, left: bool, last: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(value.width()));
    match (left, last) {
        (true, true) => value.to_owned(),
        (true, false) => value.to_owned() + &blanks,
        (false, _) => blanks + value,
    }
}

/// A line that takes no more than one of a terminal. A coloured one is a table's, and fits.
pub(crate) fn on_one_line(line: &str, width: usize) -> Cow<'_, str> {
    if line.contains('\x1b') { line.into() } else { cut_end(line, width) }
}

/// The beginning of a text that is too long: of words that says most.
fn cut_end(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    let mut kept: String = fitting(text.chars(), width).collect();
    kept.push('…');
    kept.into()
}

/// The end of a text that is too long: of a path that says most.
fn cut_start(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    let mut kept: Vec<char> = fitting(text.chars().rev(), width).collect();
    kept.push('…');
    kept.into_iter().rev().collect::<String>().into()
}

/// As many as leave room for one more column.
fn fitting(chars: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    let mut used = 1;
    chars.take_while(move |c| {
        used += c.width().unwrap_or(0);
        used <= width
    })
}

fn colour(cell: &Cell) -> Option<&'static str> {
    match cell {
        Cell::State(State::Running) => Some("\x1b[32m"),
        Cell::State(State::Ended) | Cell::Unknown => Some("\x1b[2m"),
        Cell::Outcome(Outcome::PANICKED | Outcome::FAILED) => Some("\x1b[31m"),
        Cell::Outcome(Outcome::CANCELLED | Outcome::SHUT_DOWN) => Some("\x1b[33m"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_model::LocationId;
    use taskscope_model::change::Location;

    const NAME: Column = Column { title: "NAME", flexible: true, min_width: 6, worth: 9, ..Column::TEXT };
    const SIZE: Column = Column { title: "SIZE", worth: 1, ..Column::NUMBER };
    const COLUMNS: [&Column; 3] = [&SIZE, &NAME, &SIZE];

    fn rows() -> Vec<Vec<Cell>> {
        let row = |name: &str, size| vec![Cell::Count(size), Cell::Text(name.to_owned()), Cell::Unknown];
        vec![row("a rather long name", 1), row("名前", 123_456), row("evil\x1b[2J\n", 7)]
    }

    fn at(width: u16) -> String {
        text(&COLUMNS, &rows(), Look { terminal: Some((width, 24)), colour: false })
    }

    #[test]
    fn a_pipe_gets_everything() {
        let expected = "  SIZE  NAME                SIZE\n     1  a rather long name     -\n\
                        123456  名前                   -\n     7  evil [2J               -\n";
        assert_eq!(text(&COLUMNS, &rows(), Look::default()), expected);
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        for width in 1..60 {
            for line in at(width).lines().filter(|line| !line.starts_with("no room")) {
                assert!(line.width() <= usize::from(width), "{width}: {line:?}");
            }
        }
        assert!(at(26).contains("a rather lo…"), "{}", at(26));
        assert!(at(9).ends_with("no room for SIZE, SIZE: widen the terminal, or pipe\n"), "{}", at(9));
    }

    #[test]
    fn of_a_path_the_end_is_kept() {
        let (id, file) = (LocationId(0), "src/server/accept.rs".to_owned());
        let row = vec![vec![Cell::Place(Location { id, file, line: 88, column: 5 })]];
        let look = Look { terminal: Some((14, 24)), colour: false };
        assert_eq!(text(&[&NAME], &row, look), "NAME\n…ccept.rs:88:5\n");
        assert_eq!(on_one_line("more words than fit", 10), "more word…");
    }

    #[test]
    fn colour_comes_only_when_wanted() {
        assert!(!at(80).contains('\x1b'));
        let coloured = text(&COLUMNS, &rows(), Look { terminal: None, colour: true });
        assert!(coloured.contains(BOLD) && coloured.contains("\x1b[2m"));
        assert!(!coloured.contains("\x1b[2J"), "the program's own control characters are taken out");
    }
}
