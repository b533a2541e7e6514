//! Attaching for a command: asks once, and waits until all of it has been told.

use crate::cli::Target;
use crate::clock::Deadline;
use crate::exit::CommandError;
use crate::print;
use crate::session::Session;
use crate::source::{Address, AttachError, Heard, Live, name_of, one_line};
use crate::target;
use std::time::Duration;
use taskscope_model::World;
use taskscope_model::request::{Answer, Denied, Reason, Request, Subscribe};

/// How long a program may take to answer the first words.
pub(super) const ATTACH_WITHIN: Duration = Duration::from_secs(3);
/// How long it may be silent before everything has been told.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// A program, attached to, and what we believe about it.
pub(super) struct Attached {
    pub(super) session: Session,
    address: Address,
    live: Live,
    /// A recording has been read to its end.
    played: bool,
}

/// What came within a time.
pub(super) enum Came {
    /// The time has passed.
    Time,
    /// The program is gone, and had said so if this is true.
    End { goodbye: bool },
}

impl Attached {
    /// Attaches to the program that is meant.
    pub(super) fn to(target: &Target) -> Result<Self, CommandError> {
        Self::at(target::resolve(target)?)
    }

    /// Attaches to an address.
    pub(super) fn at(address: Address) -> Result<Self, CommandError> {
        let live = Live::open(&address, ATTACH_WITHIN)?;
        Ok(Self { session: Session::new(live.hello()), address, live, played: false })
    }

    /// Whether this is not a program but a recording of one.
    pub(super) fn is_recording(&self) -> bool {
        !self.address.is_live()
    }

    /// Asks, and waits until all of it has been told once.
    pub(super) fn fetch(&mut self, subscribe: Subscribe) -> Result<(), CommandError> {
        let request = self.session.subscribe(subscribe);
        self.hand_in(&request)?;
        while !self.session.is_complete() && !self.played {
            match self.live.next(Some(SILENT_FOR)) {
                Ok(Some(heard)) => self.take(heard)?,
                Ok(None) => return Err(self.silent().into()),
                Err(error @ AttachError::EndOfRecording { .. }) => {
                    if let AttachError::EndOfRecording { cut: true, .. } = error {
                        print::note(&format!("{error}; this is how it was there"));
                    }
                    self.played = true;
                    self.session.settle();
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Asks for something else than to be told, and waits for the answer. `None`: the program does not answer,
    /// or it is a recording.
    pub(super) fn answer(
        &mut self,
        request: impl FnOnce(u32) -> Request,
    ) -> Result<Option<Answer>, CommandError> {
        let number = self.ask(request)?;
        self.next_answer(number)
    }

    /// Asks for something else than to be told; gives the number of the request.
    pub(super) fn ask(&mut self, request: impl FnOnce(u32) -> Request) -> Result<u32, CommandError> {
        let number = self.session.number();
        self.hand_in(&request(number))?;
        Ok(number)
    }

    /// Where nobody takes requests any more, the last thing that was said tells why.
    fn hand_in(&mut self, request: &Request) -> Result<(), AttachError> {
        if self.live.asker().ask(request).is_ok() {
            return Ok(());
        }
        loop {
            match self.live.next(Some(Duration::ZERO)) {
                Ok(Some(_)) => {}
                Ok(None) | Err(AttachError::Lost { .. }) => return Err(self.gone(false)),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next answer to a request that has several.
    pub(super) fn next_answer(&mut self, number: u32) -> Result<Option<Answer>, CommandError> {
        self.next_answer_within(number, SILENT_FOR)
    }

    /// The same for one that may take another time.
    pub(super) fn next_answer_within(
        &mut self,
        number: u32,
        within: Duration,
    ) -> Result<Option<Answer>, CommandError> {
        let deadline = Deadline::after(Some(within));
        while let Ok(left) = deadline.left() {
            match self.live.next(left) {
                Ok(Some(heard)) => match self.session.take(heard) {
                    Some(answer) if answer.number() == number => return Ok(Some(answer)),
                    _ => {}
                },
                Ok(None) | Err(AttachError::EndOfRecording { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Takes in what comes until something is so, or a time has passed.
    pub(super) fn wait(
        &mut self,
        span: Duration,
        is_so: impl Fn(&World) -> bool,
    ) -> Result<(), CommandError> {
        let deadline = Deadline::after(Some(span));
        while let (false, Ok(left)) = (is_so(self.session.world()), deadline.left()) {
            match self.live.next(left) {
                Ok(Some(heard)) => self.take(heard)?,
                Ok(None) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes in what comes until a time has passed or the program ends.
    pub(super) fn follow(&mut self, span: Duration) -> Result<Came, CommandError> {
        self.follow_until(span, |_| false)
    }

    /// The same, or until something has come about.
    pub(super) fn follow_until(
        &mut self,
        span: Duration,
        has_come: impl Fn(&Session) -> bool,
    ) -> Result<Came, CommandError> {
        let deadline = Deadline::after(Some(span));
        while let (Ok(left), false) = (deadline.left(), has_come(&self.session)) {
            match self.live.next(left) {
                Ok(Some(heard)) => self.take(heard)?,
                Ok(None) => break,
                Err(AttachError::EndOfRecording { .. }) => return Ok(Came::End { goodbye: true }),
                Err(AttachError::Lost { goodbye, .. }) => {
                    self.session.settle();
                    return Ok(Came::End { goodbye });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Came::Time)
    }

    fn take(&mut self, heard: Heard) -> Result<(), CommandError> {
        match self.session.take(heard) {
            Some(Answer::Denied(denied)) => Err(refused(&denied)),
            _ => Ok(()),
        }
    }

    /// The program's name and pid, for a message.
    pub(super) fn name(&self) -> String {
        name_of(self.live.hello())
    }

    /// The error of a program that has gone away.
    pub(super) fn gone(&self, goodbye: bool) -> AttachError {
        AttachError::Lost { address: self.name(), goodbye }
    }

    pub(super) fn silent(&self) -> AttachError {
        AttachError::Silent { address: self.name(), within: SILENT_FOR }
    }
}

pub(super) fn refused(denied: &Denied) -> CommandError {
    let message = one_line(&denied.message);
    match denied.reason {
        Reason::NOT_PERMITTED => CommandError::NotPermitted(message),
        Reason::NO_SUCH_TASK => CommandError::NoSuchTask(message),
        _ => CommandError::WrongUse(message),
    }
}
