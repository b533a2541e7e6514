//! Where results go, and in which form.

pub(crate) mod fate;
pub(crate) mod findings;
pub(crate) mod headline;
pub(crate) mod json;
pub(crate) mod story;
pub(crate) mod table;
pub(crate) mod words;

use std::io::{self, IsTerminal as _, Write};

/// Where a command's result goes. Tests supply another.
pub(crate) struct Output {
    to: Box<dyn Write>,
    look: Look,
    /// Whether it is the real terminal, which may change its size.
    real: bool,
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
        let terminal = is_terminal.then(|| size().unwrap_or((80, 24)));
        let look = Look { terminal, colour: is_terminal && colours() };
        Self { real: is_terminal, ..Self::new(Box::new(stdout.lock()), look) }
    }

    /// Standard error: for what is said beside the output of a command that has our standard output.
    pub(crate) fn standard_error() -> Self {
        let stderr = io::stderr();
        let is_terminal = stderr.is_terminal();
        let look = Look {
            terminal: is_terminal.then(|| size().unwrap_or((80, 24))),
            colour: is_terminal && colours(),
        };
        Self { real: is_terminal, ..Self::new(Box::new(stderr), look) }
    }

    /// Somewhere else.
    pub(crate) fn new(to: Box<dyn Write>, look: Look) -> Self {
        Self { to: Box::new(io::BufWriter::new(to)), look, real: false }
    }

    /// What it can show, at this moment.
    pub(crate) fn look(&self) -> Look {
        let resized = self.real.then(size).flatten();
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
        let Some((width, height)) = self.look().terminal else {
            self.to.write_all(text.as_bytes())?;
            self.to.write_all(b"\n")?;
            return self.to.flush();
        };
        queue!(self.to, MoveTo(0, 0))?;
        for line in text.lines().take(usize::from(height.max(2)) - 1) {
            self.to.write_all(table::on_one_line(line, usize::from(width)).as_bytes())?;
            queue!(self.to, Clear(ClearType::UntilNewLine))?;
            self.to.write_all(b"\n")?;
        }
        queue!(self.to, Clear(ClearType::FromCursorDown))?;
        self.to.flush()
    }
}

/// Says something beside the result, which a script reads.
#[expect(clippy::print_stderr, reason = "the one place where something is said beside a result")]
pub(crate) fn note(text: &str) {
    eprintln!("taskscope: {text}");
}

/// Whether a terminal may be given colours.
fn colours() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_colour && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The terminal's columns and rows; `None` if it does not know them itself.
fn size() -> Option<(u16, u16)> {
    crossterm::terminal::size().ok().filter(|(width, height)| *width > 0 && *height > 0)
}

#[cfg(test)]
impl Output {
    /// What a piece of code writes.
    pub(crate) fn collect(look: Look, write: impl FnOnce(&mut Output)) -> String {
        use std::sync::{Arc, Mutex};

        #[derive(Clone, Default)]
        struct Written(Arc<Mutex<Vec<u8>>>);

        impl Write for Written {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        let written = Written::default();
        write(&mut Self::new(Box::new(written.clone()), look));
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_table_takes_the_place_of_the_one_before() {
        let look = Look { terminal: Some((6, 3)), colour: false };
        let screen = Output::collect(look, |out| out.replace("one\ntwo or more\nthree\n").unwrap());
        assert_eq!(screen, "\x1b[1;1Hone\x1b[K\ntwo o…\x1b[K\n\x1b[J", "cut to the screen's size");
        let piped = Output::collect(Look::default(), |out| out.replace("one\ntwo\n").unwrap());
        assert_eq!(piped, "one\ntwo\n\n");
    }
}
