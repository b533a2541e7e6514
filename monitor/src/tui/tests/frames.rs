//! How much time of a core a frame takes with very many tasks: `cargo test --release -p taskscope frames -- --ignored --nocapture`.

#[cfg(feature = "console")]
mod console;

use super::Screen;
use super::world::{self, MS, S, tell};
use crate::clock;
use taskscope_model::change::{Chain, Tick};
use taskscope_model::{At, ChainId, Diagnosis, LocationId, Nanos, TaskId, World};

const TASKS: u64 = 100_000;
/// Changes between two frames: 5,000 a second at 30 frames a second.
const CHANGES: u64 = 5_000 / 30;
const FRAMES: u64 = 300;

/// Time that this thread has run: what others do on the machine does not count.
fn cpu() -> At {
    At(clock::of_thread().0)
}

fn many() -> World {
    let mut world = World::default();
    tell(&mut world, Tick { at: At(100 * S) });
    world::covered(&mut world);
    (0..200).for_each(|id| world::place(&mut world, id, "src/server/connection.rs", id + 10));
    tell(&mut world, Chain { id: ChainId(0), location: LocationId(0), parent: None });
    for id in 1..=TASKS {
        let task = TaskId(id);
        tell(&mut world, world::spawned(task, Some(TaskId(id / 2)), (id % 200) as u32, 0));
        tell(&mut world, world::polled(task, id % 977, id * 7_919 % (900 * MS), None));
    }
    world
}

/// The slowest of a hundred, and of all.
fn slowest(mut times: Vec<Nanos>) -> (Nanos, Nanos) {
    times.sort_unstable();
    (times[times.len() * 99 / 100], times[times.len() - 1])
}

#[test]
#[ignore = "takes long, and says something of a release build only"]
fn frames_with_a_hundred_thousand_tasks() {
    for (what, keys) in [
        ("sorted and filtered", "/busy>20ms server<Enter>ss"),
        ("every task, sorted", "s"),
        ("as a tree", "t"),
        ("sorted by location", ":sort location<Enter>"),
        ("in groups", "b"),
        ("in groups by stack", "bb"),
        ("overview", "1"),
    ] {
        let mut screen = Screen::of(many(), 200, 50);
        let mut diagnosis = Diagnosis::of(&screen.world);
        screen.press(keys);
        screen.refresh();
        let (mut frames, mut folds, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for frame in 0..FRAMES {
            let begun = cpu();
            let now = At(100 * S + frame * S / 30);
            let mut take = |fact: taskscope_model::Fact| {
                let change = taskscope_model::Change { source: taskscope_model::Source::AGENT, fact };
                screen.world.apply(&change);
                diagnosis.see(&screen.world, &change);
            };
            take(Tick { at: now }.into());
            for n in 0..CHANGES {
                let id = (frame * CHANGES + n) * 7_919 % TASKS + 1;
                take(world::polled(TaskId(id), frame * 3 + n, (frame + n) * MS, None).into());
            }
            let folded = cpu();
            screen.refresh();
            screen.draw();
            let drawn = cpu();
            screen.press("j");
            screen.draw();
            folds.push(folded.since(begun));
            frames.push(drawn.since(folded));
            keys.push(cpu().since(drawn));
        }
        let (frame, most) = slowest(frames);
        let (fold, _) = slowest(folds);
        let (key, _) = slowest(keys);
        println!("{what:<20} frame p99 {frame}, max {most}; {CHANGES} changes p99 {fold}; a key p99 {key}");
    }
}
