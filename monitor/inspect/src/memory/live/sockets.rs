//! The kernel's tables of sockets, `/proc/PID/net/tcp` and its like: from a socket's inode to its ends.

use crate::memory::Socket;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Sockets by inode, at least those that are wanted; `read` gives a table's text. For each table the kernel goes through
/// all sockets of the machine, so no more of them are read than is necessary.
pub(super) fn all(wanted: &[u64], read: impl Fn(&str) -> Option<String>) -> HashMap<u64, Socket> {
    let mut all = HashMap::new();
    for (table, protocol) in
        [("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp"), ("unix", "unix")]
    {
        if wanted.iter().all(|inode| all.contains_key(inode)) {
            break;
        }
        let text = read(table).unwrap_or_default();
        let lines = text.lines().skip(1);
        match protocol {
            "unix" => all.extend(lines.filter_map(unix_socket)),
            _ => all.extend(lines.filter_map(|line| socket(line, protocol))),
        }
    }
    all
}

/// The seventh word is the inode.
fn unix_socket(line: &str) -> Option<(u64, Socket)> {
    let inode = line.split_whitespace().nth(6)?.parse().ok()?;
    Some((inode, Socket { protocol: "unix", local: None, peer: None }))
}

/// The words are: number, local, remote, state, queues, timer, retransmits, uid, timeout, inode.
fn socket(line: &str, protocol: &'static str) -> Option<(u64, Socket)> {
    let mut words = line.split_whitespace();
    let (local, peer) = (address(words.nth(1)?), address(words.next()?).filter(|peer| peer.port() != 0));
    Some((words.nth(6)?.parse().ok()?, Socket { protocol, local, peer }))
}

/// Groups of four bytes, each as the machine holds it, and the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let group = |at: usize| {
        let group = u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(group.to_ne_bytes())
    };
    let ip: IpAddr = match address.len() {
        8 => Ipv4Addr::from(group(0)?).into(),
        32 => {
            let groups = [group(0)?, group(1)?, group(2)?, group(3)?];
            let bytes: [u8; 16] = groups.concat().try_into().ok()?;
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
        0: 0100007F:C383 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 811 1 0 100 0 0 10 0\n   \
        1: 0100007F:9C4E 0703000A:1538 01 00000000:00000000 00:00000000 00000000     0        0 812 1 0 20 4 30 10 -1\n";

    #[test]
    #[cfg(target_endian = "little")]
    fn ends_are_read() {
        let all = all(&[811, 812], |table| {
            assert_eq!(table, "tcp", "all that are wanted are in the first table");
            Some(TCP.to_owned())
        });
        let (listener, connected) = (&all[&811], &all[&812]);
        assert_eq!(connected.peer, Some("10.0.3.7:5432".parse().unwrap()));
        assert_eq!(connected.local, Some("127.0.0.1:40014".parse().unwrap()));
        assert_eq!((listener.peer, listener.protocol), (None, "tcp"), "a listener has no peer");
        assert_eq!(all.len(), 2);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn addresses_are_read() {
        let mapped = "0000000000000000FFFF00000100007F:0050";
        assert_eq!(address(mapped), Some("127.0.0.1:80".parse().unwrap()));
        assert_eq!(address("00000000000000000000000001000000:0050"), Some("[::1]:80".parse().unwrap()));
        for wrong in ["", ":", "0100007F", "0100007F:", "010:1", "é100007F:0050", "0100007F:FFFFF"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
