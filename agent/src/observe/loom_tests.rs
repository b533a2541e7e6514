//! The protocol of the nodes under the model checker.
//!
//! `RUSTFLAGS="--cfg taskscope_loom" cargo test -p taskscope-agent --lib --release loom`

use super::nodes::{Handle, Node, Nodes};
use loom::sync::Arc;
use loom::thread;

fn node(nodes: &Nodes) -> &'static Node {
    let mut free = Vec::new();
    nodes.take(&mut free, 1);
    free.pop().unwrap()
}

/// A reader copies while the future ends and its node becomes another's: it sees the one or the other whole,
/// or nothing.
#[test]
fn a_copy_is_of_one_future() {
    loom::model(|| {
        let nodes = Nodes::new();
        let node = node(&nodes);
        node.begin(1, Handle::NONE, 10, 100);
        let writer = thread::spawn(move || {
            node.end();
            node.begin(2, Handle::NONE, 20, 200);
        });
        if let Some(copied) = node.copy() {
            let place = u64::from(copied.place);
            assert!(place == 1 || place == 2);
            assert_eq!((copied.task, copied.first_poll), (place * 10, place * 100));
        }
        writer.join().unwrap();
        assert_eq!(node.copy().map(|copied| copied.place), Some(2));
    });
}

/// A reader copies while the future moves to another parent and task: it never sees one without the other.
#[test]
fn a_move_is_seen_whole() {
    loom::model(|| {
        let nodes = Nodes::new();
        let (node, first, second) = (node(&nodes), node(&nodes), node(&nodes));
        let first = first.begin(0, Handle::NONE, 1, 0);
        let second = second.begin(0, Handle::NONE, 2, 0);
        node.begin(0, first, 1, 0);
        let poller = thread::spawn(move || node.polled_by(second, 2));
        let copied = node.copy();
        if let Some(copied) = copied {
            let expected = if copied.task == 1 { (first, 1) } else { (second, 2) };
            assert_eq!((copied.parent, copied.task), expected);
        }
        poller.join().unwrap();
        assert_eq!(node.copy().map(|copied| copied.parent), Some(second));
        if let Some(copied) = copied {
            assert_eq!(nodes.is_unchanged(&copied), copied.task == 2);
        }
    });
}

/// Two threads take nodes at once: nobody gets one twice.
#[test]
fn nodes_are_handed_out_once() {
    loom::model(|| {
        let nodes = Arc::new(Nodes::new());
        let other = {
            let nodes = Arc::clone(&nodes);
            thread::spawn(move || node(&nodes))
        };
        let here = node(&nodes);
        assert!(!std::ptr::eq(here, other.join().unwrap()));
    });
}
