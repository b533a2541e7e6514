//! Finds where on a stack the future of a `block_on` lies: where everything in it makes sense.

use crate::plans::{Plan, Progress};
use crate::root::Blocked;
use crate::tree::Node;
use crate::view::View;
use crate::walk::Walker;

/// The future's address, and what it awaits.
pub(crate) fn find(
    walker: &mut Walker<'_, '_>,
    view: &mut View<'_>,
    blocked: &Blocked,
) -> Option<(u64, Node)> {
    let types = walker.types.of(blocked.future.module)?;
    let of = types.get(blocked.future.die);
    let plan = walker.plans.get(types, blocked.future);
    let Plan::Coroutine(coroutine) = &*plan else { return None };
    let last = blocked.stack.bytes.len().checked_sub(usize::try_from(of.size).ok()?)?;
    let step = usize::try_from(of.alignment).ok()?.max(1);
    let skew = usize::try_from(blocked.stack.address % of.alignment.max(1)).ok()?;
    let mut found: Vec<(usize, u64, Node)> = Vec::new();
    for offset in ((step - skew) % step..=last).step_by(step) {
        let address = blocked.stack.address.checked_add(offset as u64)?;
        let number = view.number(address, coroutine.number)?;
        let state = coroutine.states.iter().find(|state| state.value == number);
        // Copies from before the first poll lie about, so one that has not started says nothing.
        if !state.is_some_and(|state| matches!(state.progress, Progress::Suspended { .. })) {
            continue;
        }
        if let Ok(mut nodes) = walker.walk(view, blocked.future, address)
            && let Some(node) = nodes.pop().filter(|node| waits(node) > 0)
        {
            found.push((waits(&node), address, node));
        }
        view.only_first();
    }
    best(found)
}

/// The one that leads to most. If two lead to as much, none can be told to be right.
fn best(mut found: Vec<(usize, u64, Node)>) -> Option<(u64, Node)> {
    found.sort_by_key(|(waits, ..)| *waits);
    let (waits, address, node) = found.pop()?;
    let is_alone = found.last().is_none_or(|(next, _, other)| *next < waits || *other == node);
    is_alone.then_some((address, node))
}

/// Futures below, those that wait in the end counted double.
fn waits(node: &Node) -> usize {
    let own = usize::from(node.waits_for.is_some());
    let below: usize = node.children.iter().map(waits).sum();
    match own + below {
        0 => 0,
        some => some + 1,
    }
}
