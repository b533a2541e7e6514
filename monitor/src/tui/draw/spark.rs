//! Lines and bars of one row: a course over time, a part of a whole.

/// Eighths of a cell's height, the lowest first.
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last values that fit, the newest on the right; each the largest of those that share its column. What is not
/// known is blank, and zero is a dot.
pub(super) fn line(values: &[Option<u64>], width: usize, most: u64) -> String {
    let shown = &values[values.len().saturating_sub(width)..];
    let mut text = " ".repeat(width - shown.len().min(width));
    text.extend(shown.iter().map(|value| match value {
        None => ' ',
        Some(0) => '·',
        Some(value) => {
            let eighth = u128::from(*value) * 8 / u128::from(most.max(1));
            EIGHTHS[usize::try_from(eighth).unwrap_or(7).min(7)]
        }
    }));
    text
}

/// The largest value.
pub(super) fn most(values: &[Option<u64>]) -> u64 {
    values.iter().flatten().copied().max().unwrap_or(0)
}

/// The newest value that is known.
pub(super) fn last(values: &[Option<u64>]) -> Option<u64> {
    values.last().copied().flatten()
}

/// A part of a whole as a bar.
pub(super) fn bar(part: u64, whole: u64, width: usize) -> String {
    let full = u128::from(part.min(whole)) * width as u128 / u128::from(whole.max(1));
    let full = usize::try_from(full).unwrap_or(0).min(width);
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stand_on_the_right() {
        assert_eq!(line(&[Some(0), Some(4), None, Some(8)], 6, 8), "  ·▅ █");
        assert_eq!(line(&[Some(1), Some(8)], 1, 8), "█");
        assert_eq!(line(&[], 0, 0), "");
        assert_eq!(
            (bar(1, 2, 4).as_str(), bar(9, 2, 2).as_str(), bar(0, 0, 2).as_str()),
            ("██░░", "██", "░░")
        );
    }
}
