//! Which part of a long list is on the screen.

use super::keys::Step;
use std::ops::Range;

/// The first row on the screen: as little away from `top` as it takes to show the selected row, and to leave
/// no empty lines below the last one.
pub(super) fn top(top: usize, selected: Option<usize>, rows: usize, height: usize) -> usize {
    let height = height.max(1);
    let top = match selected {
        Some(row) if row < top => row,
        Some(row) if row >= top + height => row + 1 - height,
        _ => top,
    };
    top.min(rows.saturating_sub(height))
}

/// The row to which a step leads.
pub(super) fn step(step: Step, row: usize, rows: usize, height: usize) -> usize {
    let page = height.saturating_sub(1).max(1);
    let to = match step {
        Step::Up => row.saturating_sub(1),
        Step::Down => row + 1,
        Step::PageUp => row.saturating_sub(page),
        Step::PageDown => row + page,
        Step::First => 0,
        Step::Last => rows,
    };
    to.min(rows.saturating_sub(1))
}

/// The rows on the screen, and as many above and below it.
pub(super) fn near(top: usize, height: usize) -> Range<usize> {
    top.saturating_sub(height)..top.saturating_add(2 * height)
}

/// Of the rows near the screen leaves those of which this holds; the others are not asked about.
pub(super) fn retain_near<T>(rows: &mut Vec<T>, near: Range<usize>, holds: impl Fn(&T) -> bool) {
    let mut numbers = 0..;
    rows.retain(|row| !numbers.next().is_some_and(|at| near.contains(&at)) || holds(row));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_on_the_screen_and_no_line_is_wasted() {
        assert_eq!(top(0, Some(4), 100, 5), 0);
        assert_eq!(top(0, Some(5), 100, 5), 1);
        assert_eq!(top(50, Some(49), 100, 5), 49);
        assert_eq!(top(99, None, 100, 5), 95);
        assert_eq!(top(7, None, 3, 5), 0);
        assert_eq!(top(7, Some(0), 0, 0), 0);
    }

    #[test]
    fn rows_near_the_screen_alone_are_asked_about() {
        let mut rows: Vec<_> = (0..100).collect();
        retain_near(&mut rows, near(20, 10), |row| row % 2 == 0);
        let left = (0..100).filter(|row| !(10..40).contains(row) || row % 2 == 0);
        assert!(rows.iter().copied().eq(left), "{rows:?}");
        retain_near(&mut rows, near(90, 10), |_| false);
        assert_eq!(rows.len(), 80, "of those near it that there are");
    }

    #[test]
    fn steps_stay_inside() {
        assert_eq!(step(Step::Down, 9, 10, 5), 9);
        assert_eq!(step(Step::Up, 0, 10, 5), 0);
        assert_eq!(step(Step::PageDown, 3, 10, 5), 7);
        assert_eq!(step(Step::Last, 3, 10, 5), 9);
        assert_eq!(step(Step::Last, 0, 0, 0), 0);
    }
}
