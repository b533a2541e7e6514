//! Polls that took longer than the limit: told while they last, with the line that holds them up.

use super::detector::{Cases, Detector, Judgement, Place};
use super::held_up::{self, HeldUp};
use super::scene::Scene;
use super::words::times;
use crate::change::{Fact, SlowPoll};
use crate::finding::{Kind, MOST_TASKS, Severity};
use crate::ids::TaskId;
use crate::task::By;
use crate::time::Nanos;
use crate::world::World;

pub(super) struct SlowPolls;

impl Detector for SlowPolls {
    fn kind(&self) -> Kind {
        Kind::SlowPoll
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::SlowPoll(_) | Fact::Described(_))
    }

    fn unsettled_by(&self, fact: &Fact) -> bool {
        held_up::unsettled_by(fact)
    }

    fn concern(&self, world: &World) -> (Vec<TaskId>, Vec<Place>) {
        (Vec::new(), world.slow_polls().map(held_up::place).collect())
    }

    /// A poll that lasts.
    fn ages(&self) -> bool {
        true
    }

    fn judge(&self, place: Place, _cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let all: Vec<By<&SlowPoll>> = held_up::at(place, scene).collect();
        let count = all.iter().fold(0_u64, |sum, slow| sum.saturating_add(slow.id.count));
        let since = all.iter().map(|slow| slow.id.since).min()?;
        let (last, held_up) = said_best(&all, scene)?;
        let now = scene.now();
        let length = |slow: &SlowPoll| slow.length.unwrap_or_else(|| now.since(slow.at).max(slow.limit));
        let longest = all.iter().map(|slow| slow.id.longest.max(length(slow.id))).max().unwrap_or_default();
        let lasting = all.iter().filter(|slow| slow.id.length.is_none()).count() as u64;
        let mut tasks: Vec<_> = all.iter().map(|slow| slow.id.task).collect();
        tasks.dedup();
        tasks.truncate(MOST_TASKS);
        let what = held_up.what(scene.at(held_up.place));
        let message = match (count, lasting) {
            (1, 1) => format!("{} {what}, in a poll that has not ended", scene.who(last.id.task)),
            (1, _) => format!("{} {what}: the poll took {}", scene.who(last.id.task), rounded(longest)),
            _ => format!(
                "polls were held up {}, for up to {}: the code {what}",
                times(count),
                rounded(longest)
            ),
        };
        let mut evidence = held_up::evidence(last, scene);
        let more = all.iter().fold(0_u64, |sum, slow| sum.saturating_add(slow.id.more));
        if more > 0 {
            evidence.push(format!(
                "{more} more polls of tasks spawned there were too long; their stacks were not taken"
            ));
        }
        Some(Judgement { message, advice: held_up.advice, tasks, count, since: Some(since), evidence })
    }
}

/// The one to tell of: a poll that lasts rather than one that has ended, and the latest.
fn said_best<'a>(all: &[By<&'a SlowPoll>], scene: &Scene<'_>) -> Option<(By<&'a SlowPoll>, HeldUp)> {
    let last = all.iter().max_by_key(|slow| (slow.id.length.is_none(), slow.id.at, slow.id.id)).copied()?;
    Some((last, HeldUp::by(last, scene)))
}

/// A length for a sentence.
pub(super) fn rounded(length: Nanos) -> String {
    match length.0 {
        0..1_000_000 => format!("{} us", length.0 / 1_000),
        1_000_000..1_000_000_000 => format!("{} ms", length.0 / 1_000_000),
        _ => format!("{}.{} s", length.0 / 1_000_000_000, length.0 / 100_000_000 % 10),
    }
}
