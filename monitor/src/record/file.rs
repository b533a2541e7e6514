//! The file of a recording that is being made.

use crate::print::words;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use taskscope_model::frame::{self, FrameWriter, Told};
use taskscope_model::hello::Hello;
use taskscope_model::{At, Change, Fact, Nanos};

/// Names and texts of the program stand in it: it is the user's own.
const MODE: u32 = 0o600;

/// A recording that is being made.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: File,
    /// Whether it can be made shorter: it is no device, and no pipe.
    is_regular: bool,
    frames: FrameWriter,
    written: Written,
}

/// What has been written so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its size, bytes.
    pub(crate) bytes: u64,
    /// How many Changes stand in it.
    pub(crate) changes: u64,
    /// The first and the last moment of the program that it tells of.
    span: Option<(At, At)>,
}

impl Written {
    /// The program's time from the first moment to the last.
    pub(crate) fn span(&self) -> Nanos {
        self.span.map_or(Nanos(0), |(first, last)| last.since(first))
    }

    fn note(&mut self, change: &Change) {
        self.changes += 1;
        if let Fact::Tick(tick) = &change.fact {
            let (first, last) = self.span.unwrap_or((tick.at, tick.at));
            self.span = Some((first, last.max(tick.at)));
        }
    }
}

/// Why a recording cannot be made, or not be gone on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// There is a file of that name.
    #[error("{} is there already; --force writes over it", .0.display())]
    Exists(PathBuf),
    /// It cannot be made.
    #[error("cannot make {}: {error}", .path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It cannot be written to any more.
    #[error("cannot write {}: {error}; {}", .written.path.display(), what_is_left(.written))]
    Write {
        /// What stands in it.
        written: Box<Written>,
        /// Why.
        error: io::Error,
    },
}

fn what_is_left(written: &Written) -> String {
    if written.changes == 0 {
        return "nothing is recorded".to_owned();
    }
    let (span, bytes) = (written.span(), words::bytes(written.bytes));
    format!("the {span} recorded before that are in it ({bytes})")
}

impl Recorder {
    /// Makes the file. One that is there already is written over only with `force`; a device or a pipe is no
    /// file that could be lost.
    pub(crate) fn create(path: &Path, force: bool, hello: &Hello) -> Result<Self, RecordError> {
        let path = path.to_owned();
        let there = std::fs::metadata(&path).ok();
        let is_regular = there.as_ref().is_none_or(std::fs::Metadata::is_file);
        let mut options = OpenOptions::new();
        options.write(true).mode(MODE);
        match (is_regular, force) {
            (true, false) => options.create_new(true),
            (true, true) => options.create(true).truncate(true),
            (false, _) => &mut options,
        };
        let file = options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => RecordError::Exists(path.clone()),
            _ => RecordError::Make { path: path.clone(), error },
        })?;
        let written = Written { path, ..Written::default() };
        let mut recorder = Self { file, is_regular, frames: FrameWriter::default(), written };
        let first = frame::preamble(hello).map_err(|error| recorder.broken(error.into()))?;
        recorder.write(&first)?;
        Ok(recorder)
    }

    /// Writes Changes: they are in the file when this comes back.
    pub(crate) fn take(&mut self, changes: &[Change]) -> Result<(), RecordError> {
        let mut after = self.written.clone();
        for change in changes {
            self.frames.push(&Told::Change(change.clone()));
            after.note(change);
        }
        let bytes = self.frames.take();
        self.write(&bytes)?;
        self.written = Written { bytes: self.written.bytes, ..after };
        Ok(())
    }

    /// What has been written so far.
    pub(crate) fn written(&self) -> &Written {
        &self.written
    }

    /// The end: all of it is on the disk when this comes back.
    pub(crate) fn finish(self) -> Result<Written, RecordError> {
        match self.file.sync_all() {
            Err(error) if self.is_regular => Err(self.broken(error)),
            _ => Ok(self.written),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        if let Err(error) = self.file.write_all(bytes) {
            if self.is_regular {
                // Half a frame is of no use; if it stays, the file counts as cut off.
                let _ = self.file.set_len(self.written.bytes);
            }
            return Err(self.broken(error));
        }
        self.written.bytes += bytes.len() as u64;
        Ok(())
    }

    fn broken(&self, error: io::Error) -> RecordError {
        RecordError::Write { written: Box::new(self.written.clone()), error }
    }
}
