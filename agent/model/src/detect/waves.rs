//! Waves of load: where the number of tasks alive at a place turned, from many to few and back.

use crate::change::Load;

/// A change by fewer tasks is no wave.
const LEAST_SWING: u32 = 8;

/// Where the load turned: fewer tasks than in the wave before, and then more again, or no more for a whole span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trough {
    /// In which span.
    pub(super) at: usize,
    /// Tasks alive then.
    pub(super) level: u32,
    /// How many fewer that is than at the height of the wave before.
    pub(super) depth: u32,
}

/// Whether a fall or rise between these is one of the load. Of n tasks that come and go by chance there are now and
/// then more or fewer by the square root of n: it has to be twice as much.
fn is_swing(low: u32, high: u32) -> bool {
    let swing = high.saturating_sub(low);
    swing >= LEAST_SWING && u64::from(swing).pow(2) >= 4 * u64::from(high)
}

/// The troughs, oldest first.
pub(super) fn troughs(load: &Load) -> Vec<Trough> {
    let mut troughs = Vec::new();
    let (mut high, mut low) = (0, None::<Trough>);
    for (at, level) in course(load) {
        match &mut low {
            None => {
                high = high.max(level);
                low = is_swing(level, high).then(|| Trough { at, level, depth: high - level });
            }
            Some(trough) if level <= trough.level => *trough = Trough { at, level, depth: high - level },
            Some(trough) if is_swing(trough.level, level) => {
                troughs.push(*trough);
                (high, low) = (level, None);
            }
            Some(_) => {}
        }
    }
    // It may go on falling, unless nothing has happened in all of the last span.
    let quiet = load.least.last() == load.most.last();
    troughs.extend(low.filter(|_| quiet));
    troughs
}

/// The course of the load, with the span of each point: of each span its least and its most, in the order that is
/// the shorter way from the one before.
fn course(load: &Load) -> impl Iterator<Item = (usize, u32)> {
    let mut last = 0_u32;
    load.least.iter().zip(&load.most).enumerate().flat_map(move |(at, (&least, &most))| {
        let rising = last.abs_diff(least) <= last.abs_diff(most);
        let (first, second) = if rising { (least, most) } else { (most, least) };
        last = second;
        [(at, first), (at, second)]
    })
}
