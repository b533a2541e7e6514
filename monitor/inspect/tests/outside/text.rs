//! Trees as the marker comments spell them.

use crate::outside::expected::Expected;
use taskscope_inspect::{Node, ResourceKind, Wait};

/// `a > b > [c, d]`: marks of the program's own lines, and in the end what is waited for. Futures of libraries
/// are left out; one of the program's without a mark is shown by its line.
pub(crate) fn tree(expected: &Expected, awaits: Option<&Node>) -> String {
    awaits.map_or_else(|| "-".to_owned(), |node| join(&nodes(expected, node)))
}

fn nodes(expected: &Expected, node: &Node) -> Vec<String> {
    let below: Vec<_> = node.children.iter().flat_map(|child| nodes(expected, child)).collect();
    let own = node.waits_for.as_ref().map(word).or_else(|| mark(expected, node));
    match own {
        None => below,
        Some(own) if below.is_empty() => vec![own],
        Some(own) => vec![format!("{own} > {}", join(&below))],
    }
}

fn join(nodes: &[String]) -> String {
    match nodes {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

fn mark(expected: &Expected, node: &Node) -> Option<String> {
    let place = node.location.as_ref()?;
    let is_own = |file: &str| place.file.ends_with(file);
    let found = expected.marks.iter().find(|((file, line), _)| is_own(file) && *line == place.line);
    match found {
        Some((_, mark)) => Some(mark.clone()),
        None => expected.marks.keys().any(|(file, _)| is_own(file)).then(|| place.to_string()),
    }
}

fn word(wait: &Wait) -> String {
    let word = match wait {
        Wait::Time { .. } => "sleep",
        Wait::Resource { kind, .. } => match kind {
            ResourceKind::Mutex => "mutex",
            ResourceKind::RwLockRead | ResourceKind::RwLockWrite => "rwlock",
            ResourceKind::Semaphore => "semaphore",
            ResourceKind::Send => "send",
            ResourceKind::Receive => "recv",
            ResourceKind::Oneshot => "oneshot",
            ResourceKind::Notify => "notify",
            ResourceKind::Watch => "watch",
            other => other.name(),
        },
        Wait::Task { .. } => "task",
        Wait::Tasks { .. } => "join_set",
        Wait::Io { .. } => "socket",
        Wait::Blocking => "blocking",
        other => return format!("{other:?}"),
    };
    word.to_owned()
}
