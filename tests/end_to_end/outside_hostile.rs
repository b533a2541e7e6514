//! Damaged memory and damaged debug information of a program that is looked at from outside.

#[path = "../../monitor/inspect/tests/outside/image.rs"]
mod image;

use image::Image;
use taskscope_tests::{Place, plain};

/// Each is a look at a program of its own, so to speak; the fuzz target makes many more.
const ROUNDS: usize = 24;
/// Damages of one round at most, each at up to 256 places.
const MOST: u64 = 12;

#[test]
fn damaged_memory_and_damaged_debug_information_are_survived() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let image = Image::record(program.pid());
    program.kill();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut seen = 0;
    for _ in 0..ROUNDS {
        let words = 2 * (1 + random() % MOST);
        let input: Vec<u8> = (0..words).flat_map(|_| random().to_le_bytes()).collect();
        seen += image.survive(&input);
    }
    assert!(seen > 0, "some of it is still right");
    assert!(image.survive(&[]) > 0, "and what was damaged was mended");
}
