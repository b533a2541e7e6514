//! Medians, and 95 % intervals by bootstrap.

const RESAMPLES: usize = 4_000;

/// An estimate with the interval in which it lies, with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

/// The middle one; of an even number the mean of the two in the middle. 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The median of values.
pub fn estimate(values: &[f64]) -> Estimate {
    estimate_of(values, &[], |values, _| median(values))
}

/// A ratio of two medians.
pub fn ratio(above: &[f64], below: &[f64]) -> Estimate {
    estimate_of(above, below, |above, below| median(above) / median(below))
}

/// A difference of two medians.
pub fn difference(of: &[f64], from: &[f64]) -> Estimate {
    estimate_of(of, from, |of, from| median(of) - median(from))
}

/// Resamples both, and takes the middle 95 %.
fn estimate_of(first: &[f64], second: &[f64], of: impl Fn(&[f64], &[f64]) -> f64) -> Estimate {
    let mut random = 0x9E37_79B9_7F4A_7C15;
    let mut results: Vec<f64> =
        (0..RESAMPLES).map(|_| of(&resample(first, &mut random), &resample(second, &mut random))).collect();
    results.sort_by(f64::total_cmp);
    let at = |share: f64| results[((RESAMPLES - 1) as f64 * share) as usize];
    Estimate { median: of(first, second), low: at(0.025), high: at(0.975) }
}

fn resample(values: &[f64], random: &mut u64) -> Vec<f64> {
    let mut any = || {
        // xorshift: the same numbers in each run, so that a report is a function of its samples.
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        values[*random as usize % values.len()]
    };
    values.iter().map(|_| any()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn an_interval_holds_the_median_and_not_the_outlier() {
        let values = [10.0, 11.0, 9.0, 10.5, 9.5, 10.0, 10.2, 9.8, 500.0];
        let estimate = estimate(&values);
        assert_eq!(estimate.median, 10.0);
        assert!(estimate.low >= 9.0 && estimate.low <= 10.0, "{estimate:?}");
        assert!(estimate.high >= 10.0 && estimate.high <= 11.0, "{estimate:?}");
    }
}
