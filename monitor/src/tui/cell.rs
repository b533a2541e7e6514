//! Values as text of a few columns' width.

use crate::rows::Cell;
use taskscope_model::change::Location;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands where nobody can tell.
pub(super) const UNKNOWN: &str = "-";

/// The value as text.
pub(super) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Unknown => UNKNOWN.to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Word(word) => (*word).to_owned(),
        Cell::Count(count) => grouped(*count),
        Cell::Span(span) => span.to_string(),
        Cell::Share(thousandths) => percent(u64::from(*thousandths), 1_000),
        Cell::Place(location) => place(location),
        Cell::State(state) => state.to_string(),
        Cell::Outcome(outcome) => outcome.to_string(),
        Cell::Task(task) => task.to_string(),
        Cell::Sources(sources) => sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// File and line. Of a file in a package registry what begins with the package's name; of the standard
/// library's what begins with its crate.
pub(super) fn place(location: &Location) -> String {
    format!("{}:{}", location.short_file(), location.line)
}

/// `1,204,331`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `9.8%`; nothing of nothing is `0%`.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    match tenths {
        0 if part == 0 => "0%".to_owned(),
        0 => "<0.1%".to_owned(),
        1_000.. => format!("{}%", tenths / 10),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

/// Columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text cut to a width, the end left out: of words the beginning says most.
pub(super) fn cut_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut: String = fitting(text.chars(), width.saturating_sub(1)).collect();
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// The text cut to a width, the beginning left out: of a path the end says most.
pub(super) fn cut_start(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = fitting(text.chars().rev(), width.saturating_sub(1)).collect();
    if width > 0 {
        kept.push('…');
    }
    kept.iter().rev().collect()
}

fn fitting(chars: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    let mut used = 0;
    chars.take_while(move |c| {
        used += c.width().unwrap_or(0);
        used <= width
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_model::LocationId;

    #[test]
    fn texts_are_cut_to_their_width() {
        assert_eq!(cut_start("src/server/accept.rs:88", 12), "…ccept.rs:88");
        assert_eq!(cut_end("connection", 5), "conn…");
        assert_eq!(cut_end("日本語", 4), "日…", "wide characters are not halved");
        assert_eq!(cut_start("日本語", 4), "…語");
        assert_eq!((cut_end("ab", 0).as_str(), cut_start("ab", 1).as_str()), ("", "…"));
    }

    #[test]
    fn paths_begin_where_they_say_something() {
        let place_of =
            |file: &str| place(&Location { id: LocationId(0), file: file.to_owned(), line: 7, column: 1 });
        assert_eq!(
            place_of("/home/u/.cargo/registry/src/index-1/hyper-1.2.0/src/a.rs"),
            "hyper-1.2.0/src/a.rs:7"
        );
        assert_eq!(place_of("/rustc/0123/library/core/src/a.rs"), "core/src/a.rs:7");
        assert_eq!(place_of("src/main.rs"), "src/main.rs:7");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(123_456_789), "123,456,789");
        assert_eq!(percent(1, 1_000_000), "<0.1%");
        assert_eq!((percent(98, 1_000).as_str(), percent(0, 0).as_str()), ("9.8%", "0%"));
        assert_eq!(percent(u64::MAX, u64::MAX), "100%");
    }
}
