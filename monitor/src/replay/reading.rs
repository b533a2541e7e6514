//! Reading a recording up to a moment.

use crate::source::AttachError;
use crate::source::recording::{Offset, Playback};
use taskscope_model::change::Tick;
use taskscope_model::{At, Change, Fact};

/// A file, and the Change that has been read and is not due yet.
#[derive(Debug)]
pub(super) struct Reading {
    playback: Playback,
    start: Offset,
    /// A Tick.
    held: Option<Change>,
    /// What came before that one, and is due.
    waiting: Vec<Change>,
    /// Whether there is nothing more in the file.
    over: bool,
}

impl Reading {
    /// From where it is.
    pub(super) fn new(playback: Playback) -> Self {
        let start = playback.start();
        Self { playback, start, held: None, waiting: Vec::new(), over: false }
    }

    /// Goes on at a place; `None`: at the start.
    pub(super) fn go_to(&mut self, place: Option<Offset>) -> Result<(), AttachError> {
        self.playback.go_to(place.unwrap_or(self.start))?;
        (self.held, self.over) = (None, false);
        self.waiting.clear();
        Ok(())
    }

    /// Whether everything has been given out.
    pub(super) fn is_over(&self) -> bool {
        self.over && self.held.is_none() && self.waiting.is_empty()
    }

    /// When what comes next is due, if that has been read already.
    pub(super) fn held(&self) -> Option<At> {
        self.held.as_ref().and_then(tick)
    }

    /// The moment that comes next; `None` at the end.
    pub(super) fn next_tick(&mut self) -> Result<Option<At>, AttachError> {
        while self.held.is_none() && !self.over {
            match self.read()? {
                Some(change) if tick(&change).is_some() => self.held = Some(change),
                Some(change) => self.waiting.push(change),
                None => {}
            }
        }
        Ok(self.held())
    }

    /// The next Changes that are told until a moment, about so many at most; `None` if there is none.
    pub(super) fn due(&mut self, until: At, most: usize) -> Result<Option<Vec<Change>>, AttachError> {
        let mut changes = std::mem::take(&mut self.waiting);
        while changes.len() < most {
            let next = match self.held.take() {
                Some(held) => Some(held),
                None => self.read()?,
            };
            match next {
                Some(change) if tick(&change).is_some_and(|at| at > until) => {
                    self.held = Some(change);
                    break;
                }
                Some(change) => changes.push(change),
                None => break,
            }
        }
        Ok((!changes.is_empty()).then_some(changes))
    }

    fn read(&mut self) -> Result<Option<Change>, AttachError> {
        if self.over {
            return Ok(None);
        }
        match self.playback.next_change() {
            Ok(change) => Ok(Some(change)),
            Err(AttachError::EndOfRecording { .. }) => {
                self.over = true;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The time that a Change tells, if it does.
pub(super) fn tick(change: &Change) -> Option<At> {
    match &change.fact {
        Fact::Tick(Tick { at }) => Some(*at),
        _ => None,
    }
}
