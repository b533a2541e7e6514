//! Values in words, for people.

use crate::rows::Cell;
use taskscope_model::change::Location;
use taskscope_model::codes::Outcome;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What stands for a value that nobody can tell.
pub(crate) const UNKNOWN: &str = "-";

/// A value as a person reads it. What a program may have put in is made harmless for a terminal.
pub(crate) fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Unknown => UNKNOWN.to_owned(),
        Cell::Text(text) => harmless(text),
        Cell::Word(word) => (*word).to_owned(),
        Cell::Count(count) => count.to_string(),
        Cell::Span(span) => span.to_string(),
        Cell::Share(share) => format!("{}.{}%", share / 10, share % 10),
        Cell::Place(location) => place(location),
        Cell::State(state) => state.to_string(),
        Cell::Outcome(outcome) => self::outcome(*outcome).to_owned(),
        Cell::Task(task) => task.to_string(),
        Cell::Sources(sources) => sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// `src/main.rs:12:5`.
pub(crate) fn place(location: &Location) -> String {
    harmless(&location.to_string())
}

/// How a task ended.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    outcome.name().unwrap_or("ended (tokio::spawn does not tell how)")
}

/// Control characters, which a terminal would obey, become blanks.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `1 task`, `2 tasks`.
pub(crate) fn count(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// `950 bytes`, `12.3 kB`, `1.20 GB`: three digits, cut and never rounded up.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let Some((unit, size)) = UNITS.into_iter().find(|(_, size)| bytes >= *size) else {
        return count(bytes, "byte");
    };
    let (whole, rest) = (bytes / size, bytes % size);
    match whole {
        0..10 => format!("{whole}.{:02} {unit}", rest / (size / 100)),
        10..100 => format!("{whole}.{} {unit}", rest / (size / 10)),
        _ => format!("{whole} {unit}"),
    }
}

/// The text in lines of a width, broken between words. A word that is wider has a line for itself. What the
/// text begins with in blanks, each line begins with.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let words = text.trim_start_matches(' ');
    let indent = &text[..text.len() - words.len()];
    let mut lines = vec![indent.to_owned()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(last) if last.len() == indent.len() => last.push_str(word),
            Some(last) if last.width() + 1 + word.width() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
}

/// A line in pieces of at most a width; of one character at least, whatever its width.
pub(crate) fn pieces(line: &str, room: usize) -> Vec<&str> {
    let (mut pieces, mut begin, mut width) = (Vec::new(), 0, 0);
    for (at, char) in line.char_indices() {
        let wide = char.width().unwrap_or(0);
        if at > begin && width + wide > room {
            pieces.push(&line[begin..at]);
            (begin, width) = (at, 0);
        }
        width += wide;
    }
    pieces.push(&line[begin..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_of_what_is_cut_into_pieces() {
        assert_eq!(pieces("monitor/src/load.rs:17", 12), ["monitor/src/", "load.rs:17"]);
        assert_eq!(pieces("", 3), [""]);
        // Two columns each.
        assert_eq!(pieces("日本語", 3), ["日", "本", "語"]);
        assert_eq!(pieces("日本", 1), ["日", "本"]);
    }

    #[test]
    fn sizes_have_three_digits() {
        for (size, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.00 kB"),
            (12_399, "12.3 kB"),
            (999_999, "999 kB"),
            (1_234_567_890, "1.23 GB"),
            (5_000_000_000_000_000, "5000 TB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }
}
