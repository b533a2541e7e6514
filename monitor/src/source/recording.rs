//! A recording: the Hello of the program it was made of, and its Changes. It is read from its start, or from any
//! place between two frames.

use super::{AttachError, Heard};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use taskscope_model::Change;
use taskscope_model::frame::{FrameError, Read, Reader, Told};
use taskscope_model::hello::Hello;

const PIECE: usize = 64 * 1024;

/// A recording that is being read.
#[derive(Debug)]
pub(crate) struct Playback {
    address: String,
    file: File,
    reader: Reader<Told>,
    piece: Vec<u8>,
    /// Bytes of the file up to what has been taken from it.
    taken: u64,
    start: Offset,
    ended: bool,
    /// Whether a Change has been read.
    begun: bool,
    /// Whether what comes next makes no sense.
    damaged: bool,
}

/// A place between two frames, in bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Offset(u64);

/// Opens a file and reads its Hello.
pub(crate) fn open(path: &Path) -> Result<(Hello, Playback), AttachError> {
    let address = path.display().to_string();
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => AttachError::Absent(address.clone()),
        io::ErrorKind::PermissionDenied => {
            AttachError::NotPermitted(address.clone(), "the file is not readable for this user".to_owned())
        }
        _ => AttachError::Io(address.clone(), error),
    })?;
    let (reader, piece) = (Reader::default(), vec![0; PIECE]);
    let (ended, begun, damaged) = (false, false, false);
    let mut playback =
        Playback { address, file, reader, piece, taken: 0, start: Offset(0), ended, begun, damaged };
    loop {
        if let Some(Read::Preamble(json)) = playback.read()? {
            playback.start = playback.offset().unwrap_or(playback.start);
            let hello = serde_json::from_slice(&json)
                .map_err(|_| playback.foreign("its first words make no sense"))?;
            return Ok((hello, playback));
        }
        if playback.ended {
            return Err(playback.foreign("it ends before its first words do"));
        }
        playback.fill()?;
    }
}

impl Playback {
    fn foreign(&self, why: &str) -> AttachError {
        AttachError::Foreign(self.address.clone(), why.to_owned())
    }

    fn io(&self, error: io::Error) -> AttachError {
        AttachError::Io(self.address.clone(), error)
    }

    fn read(&mut self) -> Result<Option<Read<Told>>, AttachError> {
        if self.damaged {
            return Ok(None);
        }
        self.reader.next().or_else(|error| match error {
            FrameError::NotTaskscope => Err(self.foreign("the file is not a recording")),
            // What stands in front of it is as good as ever: a file that lost its end to a power cut may have
            // zeros there.
            FrameError::Length { .. } | FrameError::Payload { .. } if self.begun => {
                self.damaged = true;
                Ok(None)
            }
            error => Err(AttachError::bytes(&self.address, &error)),
        })
    }

    fn fill(&mut self) -> Result<(), AttachError> {
        let n = loop {
            match self.file.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| self.io(error))?,
            }
        };
        self.ended = n == 0;
        self.taken += n as u64;
        self.reader.feed(&self.piece[..n]);
        Ok(())
    }

    /// The Changes of the next piece of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Heard>, AttachError> {
        let mut changes = vec![self.next_change()?];
        while let Some(change) = self.at_hand()? {
            changes.push(change);
        }
        Ok(Some(Heard::Changes(changes)))
    }

    /// The next Change.
    ///
    /// # Errors
    /// The file ends here, cut off or not, or it cannot be read.
    pub(crate) fn next_change(&mut self) -> Result<Change, AttachError> {
        loop {
            if let Some(change) = self.at_hand()? {
                return Ok(change);
            }
            if self.ended || self.damaged {
                let (address, cut) = (self.address.clone(), self.damaged || self.reader.is_mid_way());
                return Err(AttachError::EndOfRecording { address, cut });
            }
            self.fill()?;
        }
    }

    /// The next Change of the piece that was read last.
    fn at_hand(&mut self) -> Result<Option<Change>, AttachError> {
        while let Some(read) = self.read()? {
            if let Read::Message(Told::Change(change)) = read {
                self.begun = true;
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    /// The place that has been reached, if it is between two frames.
    pub(crate) fn offset(&self) -> Option<Offset> {
        self.reader.unread().map(|unread| Offset(self.taken - unread as u64))
    }

    /// The first frame.
    pub(crate) fn start(&self) -> Offset {
        self.start
    }

    /// Goes on at a place.
    pub(crate) fn go_to(&mut self, Offset(place): Offset) -> Result<(), AttachError> {
        self.taken = self.file.seek(SeekFrom::Start(place)).map_err(|error| self.io(error))?;
        self.reader = Reader::behind_preamble();
        (self.ended, self.damaged) = (false, false);
        Ok(())
    }

    /// How much of the file has been read, and how long it is, bytes.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.taken, self.file.metadata().map_or(self.taken, |metadata| metadata.len()))
    }
}
