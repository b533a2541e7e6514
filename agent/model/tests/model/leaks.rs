//! task_leak over traffic by chance: loads that leak are found, and no others. Tasks come and go in a small
//! simulation; its chance is the same each time.

use super::arbitrary_fates::SPAN;
use std::collections::VecDeque;
use taskscope_model::change::Load;
use taskscope_model::{At, Change, Diagnosis, Kind, LocationId, Source, World};

/// Spans in a window, as a source tells them.
const WINDOW: usize = 60;
/// Steps of the simulation in a span.
const STEPS: u32 = 10;

/// A source of numbers that look like chance: a linear congruential generator, Knuth's constants.
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How many of many rare things happen when this many are to be expected.
    fn poisson(&mut self, expected: f64) -> u32 {
        let (limit, mut product, mut count) = ((-expected.min(500.0)).exp(), self.unit(), 0);
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

/// How tasks come, and how long they stay.
struct Traffic {
    /// Spawned in a step, at a span.
    rate: fn(f64) -> f64,
    /// Mean length of a life, spans.
    life: f64,
    /// Part of them that never ends.
    leaked: f64,
}

/// In how many of the windows over this traffic a leak is found.
fn found(traffic: &Traffic, spans: usize, seed: u64) -> usize {
    let mut chance = Chance(seed);
    let (mut alive, mut stay) = (0_u32, 0_u32);
    let mut course: VecDeque<(u32, u32, u32)> = VecDeque::new();
    let mut found = 0;
    for span in 0..spans {
        let (mut least, mut most, mut spawned) = (alive + stay, alive + stay, 0);
        for step in 0..STEPS {
            let now = span as f64 + f64::from(step) / f64::from(STEPS);
            let new = chance.poisson((traffic.rate)(now));
            let leaked = (0..new).filter(|_| chance.unit() < traffic.leaked).count() as u32;
            let ends = 1.0 - (-1.0 / (traffic.life * f64::from(STEPS))).exp();
            let gone = (0..alive).filter(|_| chance.unit() < ends).count() as u32;
            (alive, stay, spawned) = (alive + new - leaked - gone, stay + leaked, spawned + new);
            (least, most) = (least.min(alive + stay), most.max(alive + stay));
        }
        course.push_back((least, most, spawned));
        if course.len() > WINDOW {
            course.pop_front();
        }
        found += usize::from(is_leak(&course, span));
    }
    found
}

fn is_leak(course: &VecDeque<(u32, u32, u32)>, span: usize) -> bool {
    let of = |part: fn(&(u32, u32, u32)) -> u32| course.iter().map(part).collect();
    let (least, most, spawned) = (of(|it| it.0), of(|it| it.1), of(|it| it.2));
    let (location, until) = (LocationId(1), At(SPAN.0 * (span as u64 + 1)));
    let mut world = World::default();
    let load = Load { location, every: SPAN, until, least, most, spawned };
    world.apply(&Change { source: Source::AGENT, fact: load.into() });
    Diagnosis::of(&world).findings().any(|finding| finding.kind == Kind::TaskLeak)
}

/// Waves of load, `every` spans long, half of each without any.
fn wave(now: f64, every: f64, height: f64) -> f64 {
    if now % every < every / 2.0 { height } else { 0.0 }
}

#[test]
fn no_leak_is_found_in_healthy_traffic() {
    let healthy = [
        ("steady", Traffic { rate: |_| 5.0, life: 1.0, leaked: 0.0 }),
        ("sparse", Traffic { rate: |_| 0.3, life: 2.0, leaked: 0.0 }),
        ("long lives", Traffic { rate: |_| 2.0, life: 20.0, leaked: 0.0 }),
        // Lives longer than the window.
        ("connections that stay", Traffic { rate: |_| 1.0, life: 10_000.0, leaked: 0.0 }),
        ("a ramp", Traffic { rate: |now| 0.05 * now, life: 1.0, leaked: 0.0 }),
        ("a steep ramp", Traffic { rate: |now| 0.5 * now, life: 0.5, leaked: 0.0 }),
        ("waves", Traffic { rate: |now| wave(now, 6.0, 10.0), life: 0.7, leaked: 0.0 }),
        ("waves that rise", Traffic { rate: |now| wave(now, 6.0, 0.2 * now), life: 1.5, leaked: 0.0 }),
        ("waves on a ramp", Traffic { rate: |now| 0.1 * now + wave(now, 8.0, 10.0), life: 1.0, leaked: 0.0 }),
        (
            "short lives in waves on a ramp",
            Traffic { rate: |now| 0.2 * now + wave(now, 8.0, 10.0), life: 0.3, leaked: 0.0 },
        ),
        ("long lives in waves", Traffic { rate: |now| wave(now, 10.0, 3.0), life: 6.0, leaked: 0.0 }),
        ("very long lives in waves", Traffic { rate: |now| wave(now, 4.0, 3.0), life: 30.0, leaked: 0.0 }),
        ("very short waves", Traffic { rate: |now| wave(now, 0.5, 20.0), life: 0.1, leaked: 0.0 }),
        ("small waves", Traffic { rate: |now| wave(now, 5.0, 1.0), life: 0.5, leaked: 0.0 }),
        ("few with long lives", Traffic { rate: |_| 0.2, life: 10.0, leaked: 0.0 }),
        (
            "all at once more",
            Traffic { rate: |now| if now < 100.0 { 2.0 } else { 8.0 }, life: 2.0, leaked: 0.0 },
        ),
        ("a burst", Traffic { rate: |now| if now < 3.0 { 50.0 } else { 0.0 }, life: 4.0, leaked: 0.0 }),
        ("a tide", Traffic { rate: |now| 8.0 + 6.0 * (now / 10.0).sin(), life: 1.0, leaked: 0.0 }),
    ];
    for (name, traffic) in &healthy {
        let windows: usize = (1..=8).map(|seed| found(traffic, 200, seed)).sum();
        assert_eq!(windows, 0, "{name}: a leak is found in {windows} windows");
    }
}

#[test]
fn a_leak_under_waves_of_load_is_found() {
    let leaking = [
        ("a fifth stays", Traffic { rate: |now| wave(now, 6.0, 4.0), life: 1.0, leaked: 0.2 }),
        ("a twentieth of many", Traffic { rate: |now| wave(now, 6.0, 10.0), life: 0.5, leaked: 0.05 }),
        ("slow waves", Traffic { rate: |now| wave(now, 12.0, 4.0), life: 1.0, leaked: 0.1 }),
    ];
    for (name, traffic) in &leaking {
        let missed = (1..=12).filter(|seed| found(traffic, 200, *seed) == 0).count();
        assert_eq!(missed, 0, "{name}: not found in {missed} of 12 runs");
    }
}
