//! What tasks wait for and what they hold, in words.

use super::places::Places;
use taskscope_inspect::{self as inspect, Direction, Node, ResourceKind};
use taskscope_model::Fact;
use taskscope_model::change::{Held, Wait};
use taskscope_model::codes::WaitKind;

/// Everything that is waited for in a tree, each once.
pub(super) fn waits(root: &Node) -> Vec<Wait> {
    let mut found = Vec::new();
    collect(root, &mut found);
    found
}

fn collect(node: &Node, found: &mut Vec<Wait>) {
    if let Some(wait) = node.waits_for.as_ref().map(|wait| words(wait, node)).filter(|it| !found.contains(it))
    {
        found.push(wait);
    }
    node.children.iter().for_each(|child| collect(child, found));
}

fn words(wait: &inspect::Wait, node: &Node) -> Wait {
    let other = |text: String| Wait { what: WaitKind::OTHER, text, task: None, address: None, until: None };
    match wait {
        inspect::Wait::Time { deadline } => {
            Wait { what: WaitKind::SLEEP, until: Some(*deadline), ..other("sleep".to_owned()) }
        }
        inspect::Wait::Resource { kind, address, granted } => {
            let given = if *granted { ", given to it already" } else { "" };
            let text = format!("{} {address:#x}{given}", sought(*kind));
            Wait { what: what(*kind), address: Some(*address), ..other(text) }
        }
        inspect::Wait::Task { id } => {
            let text = if id.is_some() { String::new() } else { "the end of a task that is over".to_owned() };
            Wait { what: WaitKind::TASK, task: *id, ..other(text) }
        }
        inspect::Wait::Tasks { count: 1 } => other("the end of the one task of a JoinSet".to_owned()),
        inspect::Wait::Tasks { count } => other(format!("the end of any of the {count} tasks of a JoinSet")),
        inspect::Wait::Io { descriptor, direction, socket } => {
            let text = io(*descriptor, *direction, socket.as_ref());
            Wait { what: WaitKind::SOCKET, ..other(text) }
        }
        inspect::Wait::Blocking => other("its function on a thread of the blocking pool".to_owned()),
        _ => other(node.function.to_string()),
    }
}

/// What it wants of a resource.
fn sought(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::RwLockRead => "read access to rwlock",
        ResourceKind::RwLockWrite => "write access to rwlock",
        ResourceKind::Send => "room in mpsc channel",
        ResourceKind::Receive => "a message from mpsc channel",
        ResourceKind::Oneshot => "the value of oneshot channel",
        ResourceKind::Watch => "a change of watch channel",
        ResourceKind::Broadcast => "a message from broadcast channel",
        ResourceKind::OnceCell => "the value of once cell",
        ResourceKind::Mutex | ResourceKind::Semaphore | ResourceKind::Notify | ResourceKind::Barrier => {
            kind.name()
        }
    }
}

fn what(kind: ResourceKind) -> WaitKind {
    match kind {
        ResourceKind::Mutex | ResourceKind::RwLockRead | ResourceKind::RwLockWrite => WaitKind::LOCK,
        ResourceKind::Semaphore => WaitKind::SEMAPHORE,
        ResourceKind::Notify | ResourceKind::Barrier | ResourceKind::OnceCell => WaitKind::NOTIFY,
        _ => WaitKind::CHANNEL,
    }
}

fn io(descriptor: Option<i32>, direction: Option<Direction>, socket: Option<&inspect::Socket>) -> String {
    let way = match direction {
        Some(Direction::Read) => "reading from",
        Some(Direction::Write) => "writing to",
        Some(Direction::Both) | None => "reading from or writing to",
    };
    let named = descriptor.map_or_else(|| "a socket".to_owned(), |number| format!("descriptor {number}"));
    let Some(socket) = socket else { return format!("{way} {named}") };
    let is_datagram = socket.protocol.starts_with("udp");
    match (socket.peer, socket.local) {
        (Some(peer), _) => format!("{way} {peer} ({})", socket.protocol),
        (None, Some(local)) if direction == Some(Direction::Read) && !is_datagram => {
            format!("a connection to {local} ({})", socket.protocol)
        }
        (None, Some(local)) => format!("{way} {local} ({})", socket.protocol),
        (None, None) => format!("{way} a {} socket, {named}", socket.protocol),
    }
}

/// What a task holds.
pub(super) fn held(held: &[inspect::Held], places: &mut Places, out: &mut Vec<Fact>) -> Vec<Held> {
    let words = |held: &inspect::Held| Held {
        what: what(held.kind),
        text: held.kind.name().to_owned(),
        address: held.address,
        location: held.location.as_ref().map(|place| places.line(place, out)),
        granted: held.granted,
        aside: held.aside,
    };
    held.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(protocol: &'static str, local: &str, peer: Option<&str>) -> inspect::Socket {
        let address = |text: &str| text.parse().unwrap();
        inspect::Socket { protocol, local: Some(address(local)), peer: peer.map(address) }
    }

    #[test]
    fn sockets_are_called_by_their_peers() {
        let tcp = socket("tcp", "10.0.0.1:4711", Some("10.0.3.7:5432"));
        let (read, write) = (Some(Direction::Read), Some(Direction::Write));
        assert_eq!(io(Some(9), read, Some(&tcp)), "reading from 10.0.3.7:5432 (tcp)");
        assert_eq!(io(Some(9), write, Some(&tcp)), "writing to 10.0.3.7:5432 (tcp)");
        let listener = socket("tcp", "0.0.0.0:80", None);
        assert_eq!(io(Some(9), read, Some(&listener)), "a connection to 0.0.0.0:80 (tcp)");
        let udp = socket("udp", "0.0.0.0:53", None);
        assert_eq!(io(Some(9), read, Some(&udp)), "reading from 0.0.0.0:53 (udp)");
        assert_eq!(io(Some(9), read, None), "reading from descriptor 9");
        assert_eq!(io(None, None, None), "reading from or writing to a socket");
    }
}
