//! Damages by chance, the same each time, of the image of a program.

use super::image::Image;

/// Damages of one round at most, each at up to 256 places.
const MOST: u64 = 12;

/// Looks at an image that is damaged anew each round, and in the end at one that is not.
///
/// # Panics
/// What is looked at has no bounds, or nothing is ever seen.
pub(crate) fn survived(image: &Image, rounds: usize) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut seen = 0;
    for _ in 0..rounds {
        let words = 2 * (1 + random() % MOST);
        let input: Vec<u8> = (0..words).flat_map(|_| random().to_le_bytes()).collect();
        seen += image.survive(&input);
    }
    assert!(seen > 0, "some of it is still right");
    assert!(image.survive(&[]) > 0, "and what was damaged was mended");
}
