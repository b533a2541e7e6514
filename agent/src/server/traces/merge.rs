//! Stacks to a tree: one a leaf, and what they have in common is common.

use super::frames::{Frame, FramePlace};
use taskscope_model::LocationId;
use taskscope_model::change::TreeNode;

struct Node<'a> {
    frame: &'a Frame,
    /// Stacks that end here.
    ends: usize,
    below: Vec<Node<'a>>,
}

/// The tree, outermost first, each node followed by what it awaits. `number` gives places their numbers.
pub(super) fn merge(stacks: &[Vec<Frame>], number: impl Fn(&FramePlace) -> u32) -> Vec<TreeNode> {
    let mut top = Vec::new();
    for stack in stacks {
        add(&mut top, stack);
    }
    sort(&mut top);
    let mut nodes = Vec::new();
    tell(&top, 0, &number, &mut nodes);
    nodes
}

fn add<'a>(nodes: &mut Vec<Node<'a>>, stack: &'a [Frame]) {
    let Some((frame, rest)) = stack.split_first() else { return };
    let at = nodes.iter().position(|node| node.frame == frame).unwrap_or_else(|| {
        nodes.push(Node { frame, ends: 0, below: Vec::new() });
        nodes.len() - 1
    });
    let Some(node) = nodes.get_mut(at) else { return };
    node.ends += usize::from(rest.is_empty());
    add(&mut node.below, rest);
}

/// `join!` begins with another branch at each poll: the order of the sources tells more.
fn sort(nodes: &mut [Node<'_>]) {
    nodes.sort_by_key(|node| (&node.frame.place, &node.frame.function));
    nodes.iter_mut().for_each(|node| sort(&mut node.below));
}

fn tell(nodes: &[Node<'_>], depth: u16, number: &impl Fn(&FramePlace) -> u32, told: &mut Vec<TreeNode>) {
    for node in nodes {
        told.push(TreeNode {
            depth,
            function: node.frame.function.clone(),
            location: node.frame.place.as_ref().map(|place| LocationId(number(place))),
            detail: if node.ends > 1 { format!("{} times", node.ends) } else { String::new() },
        });
        tell(&node.below, depth.saturating_add(1), number, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stacks_have_in_common_is_common() {
        let stack = |functions: &str| -> Vec<Frame> {
            functions.split(' ').map(|it| Frame { function: it.to_owned(), place: None }).collect()
        };
        let nodes = merge(&[stack("a b sleep"), stack("a c read"), stack("a b sleep")], |_| 0);
        let told: Vec<_> =
            nodes.iter().map(|node| (node.depth, node.function.as_str(), node.detail.as_str())).collect();
        let expected = [(0, "a", ""), (1, "b", ""), (2, "sleep", "2 times"), (1, "c", ""), (2, "read", "")];
        assert_eq!(told, expected);
    }
}
