//! Making a recording: the Hello of a program, a snapshot, and its Changes from then on, in the frames of the
//! wire. Each piece goes to the file as it comes, so that whatever ends us leaves a file that can be read.

mod file;

pub(crate) use file::{RecordError, Recorder, Written};

use crate::clock::Deadline;
use crate::exit::CommandError;
use crate::source::{AttachError, Heard, Live, name_of};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use taskscope_model::Fact;
use taskscope_model::request::{Answer, Reason, Request, Subscribe};

/// How often we look whether somebody wants it to end.
const LOOK: Duration = Duration::from_millis(50);
/// How long a program may be silent before the snapshot is complete.
const SILENT_FOR: Duration = Duration::from_secs(5);
/// The number of our one request.
const NUMBER: u32 = 1;

/// How a recording has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The time has passed.
    Time,
    /// Somebody wanted it to end.
    Asked,
    /// The program has ended, and had said so if this is true.
    Program {
        /// Whether there was a goodbye.
        goodbye: bool,
    },
}

/// Why nothing more is recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The program cannot be listened to any more.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The program does not tell what there is to record.
    #[error("{0}")]
    Denied(String),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] RecordError),
}

impl From<Failed> for CommandError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Attach(error) => error.into(),
            Failed::Denied(message) => CommandError::NotPermitted(message),
            Failed::File(error) => CommandError::File(error.to_string()),
        }
    }
}

/// Everything that a program tells: what a recording is made of.
fn everything() -> Subscribe {
    Subscribe { number: NUMBER, ended: true, totals: true, figures: true, ..Subscribe::default() }
}

/// Records until a time has passed since the snapshot was complete, until `stop`, or until the program's end.
/// `told` hears of each piece that has been written.
pub(crate) fn record(
    live: &mut Live,
    recorder: &mut Recorder,
    span: Option<Duration>,
    stop: &AtomicBool,
    mut told: impl FnMut(&Written),
) -> Result<Ended, Failed> {
    let asked = live.asker().ask(&Request::Subscribe(everything()));
    asked.map_err(|_| AttachError::Lost { address: name_of(live.hello()), goodbye: false })?;
    let mut silence = Deadline::after(Some(SILENT_FOR));
    let mut end = None;
    loop {
        if stop.load(Ordering::Acquire) {
            return Ok(Ended::Asked);
        }
        let left = match end.map(Deadline::left) {
            None => Some(LOOK),
            Some(Ok(left)) => left.map(|left| left.min(LOOK)).or(Some(LOOK)),
            Some(Err(_)) => return Ok(Ended::Time),
        };
        match live.next(left) {
            Ok(Some(Heard::Changes(changes))) => {
                recorder.take(&changes)?;
                told(recorder.written());
                silence = Deadline::after(Some(SILENT_FOR));
                if end.is_none() && changes.iter().any(|change| matches!(change.fact, Fact::Complete(_))) {
                    end = Some(Deadline::after(span));
                }
            }
            Ok(Some(Heard::Answer(Answer::Denied(denied)))) if denied.number == NUMBER => {
                return Err(refused(denied.reason, &denied.message));
            }
            Ok(Some(Heard::Answer(_))) => {}
            Ok(None) if end.is_none() && silence.left().is_err() => {
                let (address, within) = (name_of(live.hello()), SILENT_FOR);
                return Err(AttachError::Silent { address, within }.into());
            }
            Ok(None) => {}
            Err(AttachError::Lost { goodbye, .. }) => return Ok(Ended::Program { goodbye }),
            Err(AttachError::EndOfRecording { .. }) => return Ok(Ended::Program { goodbye: true }),
            Err(error) => return Err(error.into()),
        }
    }
}

fn refused(reason: Reason, message: &str) -> Failed {
    let message = crate::source::one_line(message);
    Failed::Denied(match reason {
        Reason::NOT_PERMITTED => message,
        _ => format!("the program does not tell what there is to record: {message}"),
    })
}
