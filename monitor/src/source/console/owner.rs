//! Which process listens: console-subscriber does not say whose it is.

use super::Place;
use crate::source::{peer, proc};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::os::unix::net::UnixStream;
use taskscope_model::At;

/// The process that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// As this host counts.
    pub(crate) pid: u32,
    /// Name of its executable.
    pub(crate) program: String,
    /// When it began.
    pub(crate) started: Option<At>,
}

/// The process that listens there; `None` if it is on another host, or this user may not see it.
pub(crate) fn listener(place: &Place) -> Option<Owner> {
    let pid = match place {
        Place::Tcp(at) => at.to_socket_addrs().ok()?.find_map(of_port)?,
        Place::Unix(path) => peer::peer(&UnixStream::connect(path).ok()?)?.pid,
        // The kernel does not say, not even of this machine.
        Place::Vsock(_) => return None,
    };
    Some(Owner { pid, program: proc::program(pid)?, started: proc::started(pid) })
}

fn of_port(address: SocketAddr) -> Option<u32> {
    if !address.ip().is_loopback() {
        return None;
    }
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inode = tables.iter().find_map(|table| inode(&fs::read_to_string(table).ok()?, address))?;
    let link = format!("socket:[{inode}]");
    proc::all().into_iter().find(|pid| has_open(*pid, &link))
}

fn has_open(pid: u32, link: &str) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    entries.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|to| to.as_os_str() == link))
}

/// The inode of the socket that listens at an address, or at all addresses with its port.
fn inode(table: &str, address: SocketAddr) -> Option<u64> {
    const LISTENS: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (local, state) = (words.next()?, words.nth(1)?);
        let (ip, port) = local.split_once(':')?;
        let here = u16::from_str_radix(port, 16).ok()? == address.port();
        let ip = ip_of(ip)?;
        let ours = ip == address.ip() || ip.is_unspecified();
        // After the state: queues, timer, retransmits, user, timeout.
        if here && ours && state == LISTENS { words.nth(5)?.parse().ok() } else { None }
    })
}

/// Words of four bytes in the order of this machine, as digits.
fn ip_of(digits: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(digits.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    if digits.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?).into());
    }
    let mut bytes = [0; 16];
    for (at, four) in bytes.chunks_exact_mut(4).enumerate() {
        four.copy_from_slice(&word(at * 8)?);
    }
    let ip = Ipv6Addr::from(bytes);
    Some(ip.to_ipv4_mapped().map_or(ip.into(), IpAddr::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn the_table_is_read_as_the_kernel_writes_it() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
             0: 0100007F:1A0D 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 99 1 0 100\n   \
             1: 0100007F:1A0D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100\n";
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        if cfg!(target_endian = "little") {
            assert_eq!(inode(table, at(6669)), Some(4711));
        }
        assert_eq!(inode(table, at(6670)), None);
        assert_eq!(inode("nonsense\n1: x\n:::\n", at(1)), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_listener_of_our_own_is_found() {
        for at in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0"] {
            let Ok(listener) = TcpListener::bind(at) else { continue };
            let port = listener.local_addr().unwrap().port();
            let host = if at.starts_with('[') { "[::1]" } else { "127.0.0.1" };
            let owner = listener_of(&format!("{host}:{port}"));
            assert_eq!(owner.map(|owner| owner.pid), Some(std::process::id()), "{at}");
        }
    }

    fn listener_of(at: &str) -> Option<Owner> {
        listener(&Place::Tcp(at.to_owned()))
    }
}
