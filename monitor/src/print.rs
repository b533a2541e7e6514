//! Where results go, and in which form.

pub(crate) mod headline;
pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod words;

use std::io::{self, IsTerminal as _, Write};

/// Where a command's result goes. Tests supply another.
pub(crate) struct Output {
    to: Box<dyn Write>,
    look: Look,
}

/// What the place where a result goes can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns and rows of the terminal; `None` if it is none: then everything is written out.
    pub(crate) terminal: Option<(u16, u16)>,
    /// Whether colours are wanted.
    pub(crate) colour: bool,
}

impl Output {
    /// Standard output.
    pub(crate) fn standard() -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let terminal = is_terminal.then(|| crossterm::terminal::size().unwrap_or((80, 24)));
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self::new(Box::new(stdout.lock()), Look { terminal, colour: is_terminal && !no_colour })
    }

    /// Somewhere else.
    pub(crate) fn new(to: Box<dyn Write>, look: Look) -> Self {
        Self { to: Box::new(io::BufWriter::new(to)), look }
    }

    /// What it can show, at this moment.
    pub(crate) fn look(&self) -> Look {
        let resized = self.look.terminal.and_then(|_| crossterm::terminal::size().ok());
        Look { terminal: resized.or(self.look.terminal), ..self.look }
    }

    /// Writes a text that ends with its own line break.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())?;
        self.to.flush()
    }

    /// Writes one JSON object on a line of its own.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, value)?;
        self.to.write_all(b"\n")?;
        self.to.flush()
    }

    /// Puts a text in the place of the one before: the screen of a terminal, cut to it; elsewhere below it.
    pub(crate) fn replace(&mut self, text: &str) -> io::Result<()> {
        use crossterm::cursor::MoveTo;
        use crossterm::queue;
        use crossterm::terminal::{Clear, ClearType};
        let Some((_, height)) = self.look().terminal else {
            self.to.write_all(text.as_bytes())?;
            self.to.write_all(b"\n")?;
            return self.to.flush();
        };
        queue!(self.to, MoveTo(0, 0))?;
        for line in text.lines().take(usize::from(height.max(2)) - 1) {
            self.to.write_all(line.as_bytes())?;
            queue!(self.to, Clear(ClearType::UntilNewLine))?;
            self.to.write_all(b"\n")?;
        }
        queue!(self.to, Clear(ClearType::FromCursorDown))?;
        self.to.flush()
    }
}
