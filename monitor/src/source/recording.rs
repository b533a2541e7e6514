//! A recording: the Hello of the program it was made of, and its Changes.

use super::{AttachError, Heard};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
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
    ended: bool,
}

/// Opens a file and reads its Hello.
pub(crate) fn open(path: &Path) -> Result<(Hello, Playback), AttachError> {
    let address = path.display().to_string();
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => AttachError::Absent(address.clone()),
        std::io::ErrorKind::PermissionDenied => {
            AttachError::NotPermitted(address.clone(), "the file is not readable for this user".to_owned())
        }
        _ => AttachError::Io(address.clone(), error),
    })?;
    let mut playback =
        Playback { address, file, reader: Reader::default(), piece: vec![0; PIECE], ended: false };
    loop {
        if let Some(Read::Preamble(json)) = playback.read()? {
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

    fn read(&mut self) -> Result<Option<Read<Told>>, AttachError> {
        self.reader.next().map_err(|error| match error {
            FrameError::NotTaskscope => self.foreign("the file is not a recording"),
            error => AttachError::bytes(&self.address, &error),
        })
    }

    fn fill(&mut self) -> Result<(), AttachError> {
        let n =
            self.file.read(&mut self.piece).map_err(|error| AttachError::Io(self.address.clone(), error))?;
        self.ended = n == 0;
        self.reader.feed(&self.piece[..n]);
        Ok(())
    }

    /// The Changes of the next piece of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Heard>, AttachError> {
        loop {
            let mut changes = Vec::new();
            while let Some(read) = self.read()? {
                if let Read::Message(Told::Change(change)) = read {
                    changes.push(change);
                }
            }
            if !changes.is_empty() {
                return Ok(Some(Heard::Changes(changes)));
            }
            if self.ended {
                let (address, cut) = (self.address.clone(), self.reader.is_mid_way());
                return Err(AttachError::EndOfRecording { address, cut });
            }
            self.fill()?;
        }
    }
}
