//! Finds where on a stack the future of a `block_on` lies: where everything in it makes sense.

use crate::debug::Die;
use crate::plans::{Plan, Progress};
use crate::root::Blocked;
use crate::tree::Node;
use crate::types::{Kind, Type, Types};
use crate::view::View;
use crate::walk::Walker;
use std::cmp::Reverse;

/// Structs around a pointer.
const DEEPEST: usize = 6;
/// Pointers of one state that are looked at.
const MOST_POINTERS: usize = 256;
/// Members that are looked at for them.
const MOST_MEMBERS: usize = 4096;
/// Steps of all walks from one stack: a walk that fails takes few of them.
const MOST_STEPS: usize = 1_000_000;
/// More owners nothing has.
const MOST_OWNERS: u64 = 1 << 32;

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
    let (mut found, mut steps) = (Vec::new(), 0);
    for offset in ((step - skew) % step..=last).step_by(step) {
        let address = blocked.stack.address.checked_add(offset as u64)?;
        if address < blocked.frame {
            continue;
        }
        let number = view.number(address, coroutine.number)?;
        let state = coroutine.states.iter().find(|state| state.value == number);
        // Copies from before the first poll lie about, so one that has not started says nothing.
        if !state.is_some_and(|state| matches!(state.progress, Progress::Suspended { .. })) {
            continue;
        }
        if let Ok(mut nodes) = walker.walk(view, blocked.future, address)
            && let Some(node) = nodes.pop().filter(|node| waits(node) > 0)
        {
            let wrong = wrong_pointers(types, &of, number, view, address);
            found.push(Found { wrong, waits: waits(&node), address, node });
        }
        steps += walker.left.spent();
        if steps > MOST_STEPS {
            return None;
        }
        view.only_first();
    }
    best(found)
}

/// A place where a future may lie.
struct Found {
    /// Pointers among its variables that point to nothing.
    wrong: usize,
    waits: usize,
    address: u64,
    node: Node,
}

/// The one with the fewest wrong pointers, that leads to most. Of several as good the one in the innermost frame is
/// right, if nothing speaks against it: what lies farther out was moved away from there.
fn best(mut found: Vec<Found>) -> Option<(u64, Node)> {
    let rank = |found: &Found| (found.wrong, Reverse(found.waits));
    found.sort_by_key(|found| (rank(found), found.address));
    let mut found = found.into_iter();
    let first = found.next()?;
    let is_alone = found.next().is_none_or(|next| rank(&next) > rank(&first) || next.node == first.node);
    (is_alone || first.wrong == 0).then_some((first.address, first.node))
}

/// How many of the pointers that live in its state cannot be what they should be: references, and shared owners.
fn wrong_pointers(types: &Types<'_>, of: &Type, state: u64, view: &mut View<'_>, address: u64) -> usize {
    let case = of.choice().and_then(|choice| choice.cases.iter().find(|case| case.value == Some(state)));
    let Some(case) = case else { return 0 };
    let (mut pointers, mut left) = (Vec::new(), MOST_MEMBERS);
    collect(types, case.of, case.offset, 0, (&mut pointers, &mut left));
    let mut is_wrong = |(offset, counts): &(u64, bool)| {
        let target = address.checked_add(*offset).and_then(|at| view.word(at)).unwrap_or(0);
        let word = view.word(target).filter(|_| target.is_multiple_of(8));
        // Who shares something counts its owners in its first word.
        word.is_none_or(|word| *counts && !(1..MOST_OWNERS).contains(&word))
    };
    pointers.iter().filter(|pointer| is_wrong(pointer)).count()
}

/// Where pointers stand, and whether what they point to begins with a count. Enums are not entered.
fn collect(
    types: &Types<'_>,
    die: Die,
    offset: u64,
    depth: usize,
    (found, left): (&mut Vec<(u64, bool)>, &mut usize),
) {
    let of = types.get(die);
    if depth > DEEPEST || found.len() >= MOST_POINTERS || *left == 0 || of.is_coroutine() {
        return;
    }
    *left -= 1;
    if let Kind::Pointer(to) = &of.kind {
        let shared = of.name.contains("ArcInner<") && !of.name.contains("dyn ");
        if shared || (of.name.starts_with('&') && types.get(*to).alignment >= 8 && types.get(*to).size > 0) {
            found.push((offset, shared));
        }
        return;
    }
    for member in of.members() {
        collect(types, member.of, offset.saturating_add(member.offset), depth + 1, (found, left));
    }
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
