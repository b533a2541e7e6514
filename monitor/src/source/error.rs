//! Why a program cannot be attached to, or no longer: what, why, and what to do.

use std::io;
use std::time::Duration;
use taskscope_model::Nanos;
use taskscope_model::frame::FrameError;
use taskscope_model::hello::{Refusal, Refused};

/// Why a program cannot be attached to, or no longer. The first field is the address, as a person gave it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttachError {
    /// There is nothing of that name.
    #[error("{0} does not exist; `taskscope ls` lists what runs here")]
    Absent(String),
    /// There is an address, and nobody behind it.
    #[error(
        "nobody listens at {0}: the program has ended, or {why}; `taskscope ls` lists what runs here",
        why = unheard(.0)
    )]
    Refused(String),
    /// Whatever is there, it is not ours.
    #[error("{0} is no {what}: {1}", what = wanted(.0, "taskscope agent and no recording"))]
    Foreign(String, String),
    /// The connection was taken and closed.
    #[error("{0} closes the connection without a word: it is ending, or no {what}", what = wanted(.0, "taskscope agent"))]
    Closed(String),
    /// The agent or the system says no.
    #[error("not permitted to attach to {0}: {1}")]
    NotPermitted(String, String),
    /// The versions have nothing in common.
    #[error("cannot talk with {0}: {1}")]
    Versions(String, String),
    /// The program took the connection and said nothing.
    #[error("{address} does not answer within {}: it is stopped, or not a {}", Nanos::from(*.within),
        wanted(.address, "taskscope agent"))]
    Silent {
        /// The address.
        address: String,
        /// How long it was given.
        within: Duration,
    },
    /// The program has no room for another client.
    #[error("{0} turns this connection away: {1}; close another monitor of it and try again")]
    Busy(String, String),
    /// Something else went wrong.
    #[error("cannot attach to {0}: {1}")]
    Io(String, io::Error),
    /// Its memory cannot be read, or has no tokio in it that is known.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Unreadable(#[from] taskscope_inspect::Error),
    /// The connection ended.
    #[error("{address} {}", ending(*.goodbye))]
    Lost {
        /// The address.
        address: String,
        /// Whether the program had said that it ends.
        goodbye: bool,
    },
    /// The recording has been played to its end.
    #[error("{address} ends here{}", if *.cut { ": the file is cut off, or damaged" } else { "" })]
    EndOfRecording {
        /// The file.
        address: String,
        /// Whether the file breaks off in the middle of something.
        cut: bool,
    },
}

/// Whether the address is that of a console-subscriber.
fn is_of_console(address: &str) -> bool {
    ["http://", "unix:", "vsock:"].iter().any(|scheme| address.starts_with(scheme))
}

/// What there should be.
fn wanted(address: &str, otherwise: &'static str) -> &'static str {
    if is_of_console(address) { "console-subscriber" } else { otherwise }
}

/// Why nobody listens, if the program runs.
fn unheard(address: &str) -> &'static str {
    if is_of_console(address) {
        "its console-subscriber listens elsewhere (TOKIO_CONSOLE_BIND says where)"
    } else {
        "has no agent"
    }
}

fn ending(goodbye: bool) -> &'static str {
    if goodbye { "has ended" } else { "is gone without goodbye: it was killed, or the connection broke" }
}

impl AttachError {
    /// An error of the system's while connecting.
    pub(crate) fn connecting(address: &str, within: Duration, error: io::Error) -> Self {
        let address = address.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Absent(address),
            io::ErrorKind::ConnectionRefused => Self::Refused(address),
            io::ErrorKind::PermissionDenied => Self::NotPermitted(
                address,
                "it belongs to another user; run taskscope as that user, or with sudo".to_owned(),
            ),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silent { address, within },
            _ => Self::Io(address, error),
        }
    }

    /// An error in the other side's bytes.
    pub(crate) fn bytes(address: &str, error: &FrameError) -> Self {
        let (address, why) = (address.to_owned(), error.to_string());
        match error {
            FrameError::TooOld { .. } | FrameError::TooNew { .. } | FrameError::MustUnderstand { .. } => {
                Self::Versions(address, why)
            }
            _ => Self::Foreign(address, why),
        }
    }

    /// The other side's no.
    pub(crate) fn refusal(address: &str, refusal: Refusal) -> Self {
        let (address, why) = (address.to_owned(), one_line(&refusal.message));
        match refusal.refused {
            Refused::NotPermitted => Self::NotPermitted(address, why),
            Refused::Version => Self::Versions(address, why),
            Refused::Busy | Refused::Other => Self::Busy(address, why),
        }
    }

    /// Whether there is no such process, or it is on its way to become a tokio program: between fork and exec, or
    /// before it has mapped its code.
    pub(crate) fn is_absence(&self) -> bool {
        #[cfg(target_os = "linux")]
        if let Self::Unreadable(error) = self {
            use taskscope_inspect::Error;
            return matches!(error, Error::Gone { .. } | Error::NotTokio { .. });
        }
        matches!(self, Self::Absent(_) | Self::Refused(_))
    }

    /// Whether the other end was there and is not any more.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::EndOfRecording { .. })
    }
}

/// The other side's words, made harmless for a terminal: one line, no control characters.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
