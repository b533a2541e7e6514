//! The last part of what a command has written, while a screen of ours is in front.

use std::collections::VecDeque;
use std::io::{self, PipeReader, Read as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::clock::Deadline;

/// Bytes that are kept.
const MOST: usize = 64 * 1024;
/// A descendant that lives on may hold the pipe open for ever.
const WITHIN: Duration = Duration::from_millis(500);

/// What was written, and how much of it is not kept.
#[derive(Default)]
struct Written {
    kept: VecDeque<u8>,
    left_out: u64,
}

/// Reads the pipe on a thread of its own.
pub(crate) struct Tail {
    written: Arc<Mutex<Written>>,
    thread: JoinHandle<()>,
}

impl Tail {
    pub(super) fn of(mut output: PipeReader) -> io::Result<Self> {
        let written = Arc::new(Mutex::new(Written::default()));
        let into = Arc::clone(&written);
        let thread = thread::Builder::new().name("taskscope-tail".to_owned()).spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                into.lock().unwrap_or_else(PoisonError::into_inner).take(&piece[..count]);
            }
        })?;
        Ok(Self { written, thread })
    }

    /// What was written, in words of its own; how much more there was in ours.
    pub(crate) fn text(&self) -> String {
        let deadline = Deadline::after(Some(WITHIN));
        while deadline.left().is_ok() && !self.thread.is_finished() {
            thread::sleep(WITHIN / 50);
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(written.kept.make_contiguous()).into_owned();
        match written.left_out {
            0 => text,
            more => format!("({more} bytes more before this)\n{text}"),
        }
    }
}

impl Written {
    fn take(&mut self, bytes: &[u8]) {
        self.kept.extend(bytes);
        let over = self.kept.len().saturating_sub(MOST);
        self.kept.drain(..over);
        self.left_out += over as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn the_end_is_kept_and_the_rest_is_counted() {
        let (output, mut end) = io::pipe().unwrap();
        let tail = Tail::of(output).unwrap();
        end.write_all(&vec![b'x'; MOST]).unwrap();
        end.write_all(b"last words").unwrap();
        drop(end);
        let text = tail.text();
        assert!(text.starts_with("(10 bytes more before this)\nx") && text.ends_with("xlast words"));
    }
}
