//! Damaged memory and damaged debug information of a program that is looked at from outside.

#[path = "../../monitor/inspect/tests/outside/damages.rs"]
mod damages;
#[path = "../../monitor/inspect/tests/outside/image.rs"]
mod image;

use damages::survived;
use image::Image;
use taskscope_tests::{Place, plain};

/// Each is a look at a program of its own, so to speak; the fuzz target makes many more.
const ROUNDS: usize = 24;

#[test]
fn damaged_memory_and_damaged_debug_information_are_survived() {
    let place = Place::new();
    let program = place.start(plain(), &[]);
    let image = Image::record(program.pid());
    program.kill();
    survived(&image, ROUNDS);
}
