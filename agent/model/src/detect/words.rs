//! The words that detectors share: places, tasks, counts, quotations.

use super::detector::{Cases, Place};
use super::scene::Scene;
use crate::ids::{LocationId, TaskId};
use crate::task::By;
use crate::world::Names;

/// Most lines of evidence about single tasks.
const MOST_LINES: usize = 10;

/// Most characters of a text of the program's that are quoted in a message.
const LONGEST_QUOTE: usize = 120;

/// Most characters of it that are quoted in a line of evidence.
const LONGEST_LINE: usize = 400;

impl Scene<'_> {
    /// `src/main.rs:12`; `None` if it has not been told where that is.
    pub(super) fn place(&self, place: Place) -> Option<String> {
        let location = self.world.location(place?)?;
        Some(format!("{}:{}", in_full(location.short_file()), location.line))
    }

    /// ` at src/main.rs:12`, or nothing: it can follow any word.
    pub(super) fn at(&self, place: Place) -> String {
        self.following(" at ", place)
    }

    /// ` spawned at src/main.rs:12`, or nothing.
    pub(super) fn spawned_at(&self, place: Place) -> String {
        self.following(" spawned at ", place)
    }

    /// ` made at src/main.rs:12`, or nothing.
    pub(super) fn made_at(&self, place: Place) -> String {
        self.following(" made at ", place)
    }

    fn following(&self, words: &str, place: Place) -> String {
        self.place(place).map(|place| format!("{words}{place}")).unwrap_or_default()
    }

    /// ``task 7 `mailer` ``, `task 7`, `main`.
    pub(super) fn who(&mut self, id: TaskId) -> String {
        let name = self.task(id).and_then(|task| task.name());
        match name {
            _ if id.is_root() => id.to_string(),
            Some(name) => format!("task {id} {}", quoted(name)),
            None => format!("task {id}"),
        }
    }

    /// The one task by its name, several by their place: `3 tasks spawned at src/main.rs:12`.
    pub(super) fn whom(&mut self, place: Place, cases: &Cases, count: u64) -> String {
        match cases.only().filter(|_| count == 1) {
            Some(task) => self.who(task),
            None => format!("{}{}", tasks(count), self.spawned_at(place)),
        }
    }

    /// A line for each of the first tasks, and how many are left out.
    pub(super) fn lines(
        &mut self,
        cases: &Cases,
        count: u64,
        mut line: impl FnMut(&mut Self, TaskId) -> String,
    ) -> Vec<String> {
        let mut lines: Vec<_> = cases.tasks().take(MOST_LINES).map(|task| line(self, task)).collect();
        let more = count.saturating_sub(lines.len() as u64);
        if more > 0 && !lines.is_empty() {
            lines.push(format!("and {more} more"));
        }
        lines
    }
}

/// A location's number and who gave it.
pub(super) fn by<T>(by: By<T>, location: Option<LocationId>) -> Place {
    location.map(|id| By { source: by.source, id })
}

/// `1 task`, `3 tasks`.
fn tasks(count: u64) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

/// `once`, `3 times`.
pub(super) fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A text of the program's within a sentence.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", one_line(text, LONGEST_QUOTE))
}

/// The same without quotation marks.
pub(super) fn unquoted(text: &str) -> String {
    one_line(text, LONGEST_QUOTE)
}

/// A text of the program's at the end of a line of evidence.
pub(super) fn in_full(text: &str) -> String {
    one_line(text, LONGEST_LINE)
}

/// Blanks and line breaks become one blank each, other control characters go, and what is too long is cut.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        for character in word.chars() {
            if length >= most {
                line.push('…');
                return line;
            }
            line.push(character);
            length += 1;
        }
    }
    line
}

/// `16 KiB`, `19.5 KiB`, cut and never rounded up.
pub(super) fn kibibytes(bytes: u64) -> String {
    match (bytes / 1024, bytes % 1024 * 10 / 1024) {
        (whole, 0) => format!("{whole} KiB"),
        (whole, tenth) => format!("{whole}.{tenth} KiB"),
    }
}
