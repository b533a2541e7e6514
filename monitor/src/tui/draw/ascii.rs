//! What is drawn where a terminal has no signs but ASCII's.

use ratatui::buffer::Buffer;

/// Our signs, and what stands for them.
const SIGNS: &[(&str, &str)] = &[
    ("└", "`"),
    ("…", "~"),
    ("▲", "^"),
    ("▼", "v"),
    ("●", "*"),
    ("○", "o"),
    ("✗", "x"),
    ("■", "#"),
    ("▶", ">"),
    ("×", "x"),
    ("█", "#"),
    ("░", "."),
    ("▁", "."),
    ("▂", "."),
    ("▃", "-"),
    ("▄", "-"),
    ("▅", "="),
    ("▆", "="),
    ("▇", "#"),
    ("→", ">"),
    ("←", "<"),
    ("↑", "^"),
    ("↓", "v"),
    ("·", "."),
    ("µ", "u"),
];

/// Replaces every other sign: those of names that the program gives become `?`.
pub(super) fn restrict(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let sign = SIGNS.iter().find(|(sign, _)| *sign == cell.symbol()).map_or("?", |(_, ascii)| ascii);
            cell.set_symbol(sign);
        }
    }
}
