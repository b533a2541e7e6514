//! The line in which a filter or a command is typed.

use super::keys::{Edit, Side};
use super::wanted::Wanted;
use taskscope_model::Query;
use taskscope_model::query::QueryError;

/// What is being typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Typing {
    /// A filter.
    Filter {
        /// As far as it is typed.
        line: TextLine,
        /// What was wanted before.
        before: Wanted,
    },
    /// A command.
    Command(Prompt),
}

/// A command that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    /// As far as it is typed.
    pub(super) line: TextLine,
    /// Which of the earlier commands stands in the line, and what stood there before.
    pub(super) recalled: Option<(usize, String)>,
    /// What is wrong with it.
    pub(super) error: Option<String>,
}

impl Typing {
    /// The line.
    pub(super) fn line(&self) -> &TextLine {
        match self {
            Typing::Filter { line, .. } => line,
            Typing::Command(prompt) => &prompt.line,
        }
    }

    /// The same, to be changed.
    pub(super) fn line_mut(&mut self) -> &mut TextLine {
        match self {
            Typing::Filter { line, .. } => line,
            Typing::Command(prompt) => &mut prompt.line,
        }
    }

    /// What is wrong with the filter, if it is one and wrong.
    pub(super) fn wrong_filter(&self) -> Option<QueryError> {
        match self {
            Typing::Filter { line, .. } => line.query().err(),
            Typing::Command(_) => None,
        }
    }
}

impl Prompt {
    /// Brings an earlier command, or a later one, into the line.
    pub(super) fn recall(&mut self, earlier: &[String], side: Side) {
        let at = self.recalled.as_ref().map_or(earlier.len(), |(at, _)| *at);
        let to = match side {
            Side::Left => at.checked_sub(1),
            Side::Right => Some(at + 1).filter(|to| *to <= earlier.len()),
        };
        let Some(to) = to else { return };
        let draft = self.recalled.take().map_or_else(|| self.line.text(), |(_, draft)| draft);
        match earlier.get(to) {
            Some(text) => {
                self.line = TextLine::new(text);
                self.recalled = Some((to, draft));
            }
            None => self.line = TextLine::new(&draft),
        }
    }
}

/// Longest text, characters. What is typed or pasted beyond it is left out.
const LONGEST: usize = 1_000;

/// A text and a cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextLine {
    text: Vec<char>,
    cursor: usize,
}

impl TextLine {
    /// A line that holds `text`, the cursor behind it.
    pub(super) fn new(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { cursor: text.len(), text }
    }

    /// A line that holds both, the cursor between them.
    pub(super) fn with_cursor(before: &str, behind: &str) -> Self {
        let mut text: Vec<char> = before.chars().collect();
        let cursor = text.len();
        text.extend(behind.chars());
        Self { text, cursor }
    }

    /// What stands in it.
    pub(super) fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// What stands in it before the cursor.
    pub(super) fn before_cursor(&self) -> String {
        self.text[..self.cursor].iter().collect()
    }

    /// The query it says, or what is wrong with it and where.
    pub(super) fn query(&self) -> Result<Query, QueryError> {
        Query::parse(&self.text())
    }

    /// Changes the text or moves the cursor.
    pub(super) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Insert(c) => self.insert(c),
            Edit::Backspace => self.delete_from(self.cursor.saturating_sub(1)),
            Edit::Delete if self.cursor < self.text.len() => drop(self.text.remove(self.cursor)),
            Edit::Delete => {}
            Edit::DeleteWord => self.delete_from(self.word_start()),
            Edit::DeleteToStart => self.delete_from(0),
            Edit::Cursor(Side::Left) => self.cursor = self.cursor.saturating_sub(1),
            Edit::Cursor(Side::Right) => self.cursor = (self.cursor + 1).min(self.text.len()),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
        }
    }

    /// Control characters would move the terminal's cursor, so they do not get in; a line break is a blank.
    fn insert(&mut self, c: char) {
        let c = if c.is_whitespace() { ' ' } else { c };
        if !c.is_control() && self.text.len() < LONGEST {
            self.text.insert(self.cursor, c);
            self.cursor += 1;
        }
    }

    fn delete_from(&mut self, start: usize) {
        self.text.drain(start..self.cursor);
        self.cursor = start;
    }

    fn word_start(&self) -> usize {
        let mut start = self.cursor;
        while start > 0 && self.text[start - 1] == ' ' {
            start -= 1;
        }
        while start > 0 && self.text[start - 1] != ' ' {
            start -= 1;
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, edits: &[Edit]) -> (String, usize) {
        let mut line = TextLine::new(text);
        edits.iter().for_each(|edit| line.edit(*edit));
        (line.text(), line.cursor)
    }

    #[test]
    fn edits_at_the_cursor() {
        let left = Edit::Cursor(Side::Left);
        assert_eq!(typed("ab", &[left, Edit::Insert('ü')]), ("aüb".into(), 2));
        assert_eq!(typed("aü", &[Edit::Backspace, Edit::Backspace, Edit::Backspace]), (String::new(), 0));
        assert_eq!(typed("ab", &[Edit::Delete, Edit::Start, Edit::Delete]), ("b".into(), 0));
        assert_eq!(typed("busy>5ms  jobs ", &[Edit::DeleteWord]), ("busy>5ms  ".into(), 10));
        assert_eq!(typed("busy>5ms", &[left, left, Edit::DeleteToStart, Edit::End]), ("ms".into(), 2));
        assert_eq!(typed("a", &[Edit::Insert('\n'), Edit::Insert('\x1b')]), ("a ".into(), 2));
    }

    #[test]
    fn a_long_paste_is_cut() {
        let mut line = TextLine::default();
        (0..2 * LONGEST).for_each(|_| line.edit(Edit::Insert('x')));
        assert_eq!(line.text().len(), LONGEST);
    }
}
