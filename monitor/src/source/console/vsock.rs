//! Addresses between virtual machines and their host, and connecting to one.

use std::fmt;
use std::io;

/// This machine itself, as vsock(7) has it.
#[cfg(target_os = "linux")]
const LOCAL: u32 = 1;

/// Any machine, or any port.
const ANY: u32 = u32::MAX;

/// A port of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    /// The machine: 1 is this one, 2 the host of this one, others are virtual machines.
    cid: u32,
    port: u32,
}

/// Why something is no address: the part that is wrong, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAddress {
    /// There are not two parts.
    #[error("write vsock:CID:PORT; CID 2 is the host of this machine, 1 this machine itself")]
    NotTwoParts,
    /// The machine is no number of one.
    #[error(
        "`{0}` is no CID, the number of a machine: write vsock:CID:PORT; CID 2 is the host of this machine, 1 this machine itself"
    )]
    Cid(String),
    /// The port is no number of one.
    #[error("`{0}` is no port: write vsock:CID:PORT")]
    Port(String),
}

impl At {
    /// What stands behind `vsock:`. tokio-console has two strokes there, and a third or a host that means nothing:
    /// `//2:6669`, `///2:6669`, `//localhost/2:6669`.
    pub(crate) fn parse(text: &str) -> Result<Self, NoAddress> {
        let text = text.strip_prefix("//").unwrap_or(text);
        let text =
            ["/", "localhost/", "any/"].iter().find_map(|host| text.strip_prefix(host)).unwrap_or(text);
        let (cid, port) = text.trim_end_matches('/').split_once(':').ok_or(NoAddress::NotTwoParts)?;
        let number = |text: &str| text.parse().ok().filter(|number| *number != ANY);
        let wrong = |text: &str| text.to_owned();
        Ok(Self {
            cid: number(cid).ok_or_else(|| NoAddress::Cid(wrong(cid)))?,
            port: number(port).ok_or_else(|| NoAddress::Port(wrong(port)))?,
        })
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vsock:{}:{}", self.cid, self.port)
    }
}

/// Connects. Without a way to that machine the error says what makes one.
#[cfg(target_os = "linux")]
pub(super) async fn connect(at: At) -> io::Result<tokio_vsock::VsockStream> {
    use tokio_vsock::{VsockAddr, VsockStream};
    if at.cid == LOCAL {
        look_for_loopback()?;
    }
    VsockStream::connect(VsockAddr::new(at.cid, at.port)).await.map_err(in_words)
}

/// Without it the system would look for this machine among the others, in vain.
#[cfg(target_os = "linux")]
fn look_for_loopback() -> io::Result<()> {
    use tokio_vsock::{VsockAddr, VsockListener};
    let bound = VsockListener::bind(VsockAddr::new(LOCAL, ANY));
    bound.map(drop).map_err(|error| match error.raw_os_error() {
        Some(libc::EADDRNOTAVAIL) => {
            unsupported("this machine has no vsock to itself; `modprobe vsock_loopback` makes one")
        }
        _ => in_words(error),
    })
}

/// What the system's number means here.
#[cfg(target_os = "linux")]
fn in_words(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::EAFNOSUPPORT) => {
            unsupported("the kernel of this machine has no vsock; `modprobe vsock` loads it")
        }
        Some(libc::ENODEV) => unsupported(
            "there is no vsock device here; a host takes `modprobe vhost_vsock`, a virtual machine has to be given one \
             by its host",
        ),
        // So it is said that nobody listens.
        Some(libc::ECONNRESET) => io::Error::new(io::ErrorKind::ConnectionRefused, error),
        _ => error,
    }
}

#[cfg(target_os = "linux")]
fn unsupported(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

/// Nowhere else is it tried.
#[cfg(not(target_os = "linux"))]
pub(super) async fn connect(_: At) -> io::Result<tokio::net::UnixStream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "vsock is connected to on Linux only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_each_way_in_which_they_are_written() {
        let at = At { cid: 2, port: 6669 };
        for text in ["2:6669", "//2:6669", "///2:6669", "//localhost/2:6669", "//any/2:6669", "//2:6669/"] {
            assert_eq!(At::parse(text), Ok(at), "{text}");
        }
        assert_eq!(at.to_string(), "vsock:2:6669");
        assert_eq!(At::parse("4294967294:4294967294").map(|at| at.port), Ok(u32::MAX - 1));
    }

    #[test]
    fn what_is_no_address_says_what_is_wrong() {
        let wrong = |text: &str| At::parse(text).expect_err(text);
        assert_eq!(wrong(""), NoAddress::NotTwoParts);
        assert_eq!(wrong("//2"), NoAddress::NotTwoParts);
        for cid in ["", "host", "-1", "4294967295", "4294967296", "://2"] {
            assert_eq!(
                wrong(&format!("{cid}:6669")),
                NoAddress::Cid(cid.split(':').next().unwrap().to_owned())
            );
        }
        for port in ["", "http", "4294967295", "1:2", "66 69"] {
            assert_eq!(wrong(&format!("2:{port}")), NoAddress::Port(port.to_owned()));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_systems_errors_say_what_to_do() {
        let said = |number| in_words(io::Error::from_raw_os_error(number));
        assert!(said(libc::ENODEV).to_string().contains("vhost_vsock"));
        assert!(said(libc::EAFNOSUPPORT).to_string().contains("modprobe vsock`"));
        assert_eq!(said(libc::ECONNRESET).kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(said(libc::ETIMEDOUT).kind(), io::ErrorKind::TimedOut);
    }
}
