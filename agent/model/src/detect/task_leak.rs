//! Tasks of one place that stay: after each wave of load there are more of them than after the one before, though
//! no more are spawned.

use super::detector::{Cases, Detector, Judgement, Place};
use super::scene::Scene;
use super::waves::{Trough, troughs};
use crate::change::{Fact, Load};
use crate::finding::{Kind, Severity};
use crate::time::At;

pub(super) struct TaskLeak;

/// Waves of chance rise now and then, too: of five in a row one in 120 does.
const LEAST_TROUGHS: usize = 5;

/// Each trough is higher than the one before by so many tasks, and by one part in so many ...
const LEAST_STEP: u32 = 3;
const LEAST_STEP_PART: u32 = 20;

/// ... the last one than the first by so many, and by half of it, and by one part in so many of a wave's height.
const LEAST_GROWTH: u32 = 16;
const LEAST_WAVE_PART: u32 = 4;

impl Detector for TaskLeak {
    fn kind(&self) -> Kind {
        Kind::TaskLeak
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn heeds(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Load(_))
    }

    fn judge(&self, place: Place, _cases: &Cases, scene: &mut Scene<'_>) -> Option<Judgement> {
        let load = scene.world.place(place?)?.load.as_ref()?;
        let rising = rising(&troughs(load))?;
        if grows_with_what_is_spawned(&rising, load) {
            return None;
        }
        let (first, last) = (rising.first()?, rising.last()?);
        let levels: Vec<_> = rising.iter().map(|trough| trough.level.to_string()).collect();
        let spans = (load.least.len() - first.at) as u64;
        let ago = load.every.0.saturating_mul(spans);
        let spawned_at = scene.spawned_at(place);
        let message = format!(
            "of the tasks{spawned_at} more stay after each wave of load: {} and then {}",
            levels[..levels.len() - 1].join(", "),
            last.level
        );
        let spawned: u64 = load.spawned.iter().skip(first.at).map(|spawned| u64::from(*spawned)).sum();
        Some(Judgement {
            message,
            advice: "look at what the oldest of them wait for, and end them when their work is done",
            tasks: Vec::new(),
            count: u64::from(last.level - first.level),
            since: Some(At(load.until.0.saturating_sub(ago))),
            evidence: vec![format!("{spawned} spawned there since, no more of them with each wave")],
        })
    }
}

/// The last troughs, each clearly higher than the one before, if that is more than chance.
fn rising(troughs: &[Trough]) -> Option<Vec<Trough>> {
    let higher = |pair: &[Trough]| {
        let step = LEAST_STEP.max(pair[0].level / LEAST_STEP_PART);
        pair[1].level >= pair[0].level.saturating_add(step)
    };
    let steps = troughs.windows(2).rev().take_while(|pair| higher(pair)).count();
    let (before, run) = troughs.split_at(troughs.len().checked_sub(steps + 1)?);
    let (first, last) = (run.first()?, run.last()?);
    let growth = last.level - first.level;
    let height = run.iter().map(|trough| u64::from(trough.depth)).sum::<u64>() / run.len() as u64;
    let clearly = growth >= LEAST_GROWTH
        && u64::from(growth) * (run.len() as u64).saturating_sub(2) >= 2 * u64::from(first.level)
        && u64::from(growth) >= height / u64::from(LEAST_WAVE_PART);
    // It was as high as this before, and came down again.
    let was_higher = before.iter().any(|trough| trough.level > first.level);
    (run.len() >= LEAST_TROUGHS && clearly && !was_higher).then(|| run.to_vec())
}

/// Under more load more tasks are alive, also in its troughs. What is spawned grows then by as much, in a wave, in
/// its every span, or about the trough: by a third as much at least, to allow for chance.
fn grows_with_what_is_spawned(rising: &[Trough], load: &Load) -> bool {
    let spawned = |from: usize, to: usize| {
        let spans = load.spawned.iter().take(to).skip(from);
        spans.map(|spawned| f64::from(*spawned)).sum::<f64>()
    };
    let (mut in_a_wave, mut in_a_span) = (Vec::new(), Vec::new());
    for wave in rising.windows(2) {
        let (from, to) = (wave[0].at, wave[1].at);
        in_a_wave.push(spawned(from, to));
        in_a_span.push(spawned(from, to) / to.saturating_sub(from).max(1) as f64);
    }
    // The next wave may have begun in the trough's own span.
    let about = |at: usize| spawned(at, at + 1).min(spawned(at.saturating_sub(1), at.max(1)));
    let about: Vec<_> = rising.iter().map(|trough| about(trough.at)).collect();
    let levels: Vec<_> = rising.iter().map(|trough| f64::from(trough.level)).collect();
    let most = growth(&in_a_wave).max(growth(&in_a_span)).max(growth(&about));
    3.0 * (most - 1.0) > growth(&levels) - 1.0
}

/// The mean of the last half over that of the first.
fn growth(course: &[f64]) -> f64 {
    let half = course.len() / 2;
    let sum = |part: &[f64]| part.iter().sum::<f64>();
    sum(&course[course.len() - half..]) / sum(&course[..half]).max(1.0)
}
