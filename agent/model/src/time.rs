//! Time is data: points and spans in nanoseconds. Nothing here reads a clock.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A point in time: nanoseconds of the target host's CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct At(pub u64);

impl At {
    /// How long before `self` the earlier point was; zero if it was not before.
    pub fn since(self, earlier: At) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nanos(pub u64);

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

impl Nanos {
    /// Reads `150ms`, `1.5s`, `3m`, `1m30s`. The unit is required.
    ///
    /// # Errors
    /// The text is not one or more numbers, each followed by one of ns, us, ms, s, m, h, d.
    pub fn parse(text: &str) -> Result<Self, NotADuration> {
        let (mut sum, mut rest) = (0_u64, text);
        loop {
            let (nanos, behind) = number_and_unit(rest)?;
            sum = sum.checked_add(nanos).ok_or(NotADuration)?;
            if behind.is_empty() {
                return Ok(Self(sum));
            }
            rest = behind;
        }
    }
}

/// The first number with its unit, in nanoseconds, and what stands behind it.
fn number_and_unit(text: &str) -> Result<(u64, &str), NotADuration> {
    let digit = |c: char| c.is_ascii_digit() || c == '.';
    let (number, rest) = text.split_at(text.find(|c| !digit(c)).ok_or(NotADuration)?);
    let (unit, behind) = rest.split_at(rest.find(digit).unwrap_or(rest.len()));
    let unit = match unit {
        "µs" => "us",
        "min" => "m",
        other => other,
    };
    let number: f64 = number.parse().map_err(|_| NotADuration)?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NotADuration)?;
    let nanos = number * *factor as f64;
    if nanos < u64::MAX as f64 { Ok((nanos.round() as u64, behind)) } else { Err(NotADuration) }
}

impl Add for Nanos {
    type Output = Nanos;
    fn add(self, other: Nanos) -> Nanos {
        Nanos(self.0.saturating_add(other.0))
    }
}

impl Sub for Nanos {
    type Output = Nanos;
    fn sub(self, other: Nanos) -> Nanos {
        Nanos(self.0.saturating_sub(other.0))
    }
}

impl From<Duration> for Nanos {
    fn from(span: Duration) -> Self {
        Self(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// Three significant digits and a unit: `0s`, `950ns`, `12.3ms`, `1m30s`, `2d4h`.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shorten(self.0))
    }
}

fn shorten(nanos: u64) -> String {
    let two = |large: u64, l: &str, small: u64, s: &str| match (nanos / large, nanos % large / small) {
        (n, 0) => format!("{n}{l}"),
        (n, rest) => format!("{n}{l}{rest}{s}"),
    };
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => three_digits(nanos, 1_000, "us"),
        1_000_000..1_000_000_000 => three_digits(nanos, 1_000_000, "ms"),
        1_000_000_000..60_000_000_000 => three_digits(nanos, 1_000_000_000, "s"),
        60_000_000_000..3_600_000_000_000 => two(60_000_000_000, "m", 1_000_000_000, "s"),
        3_600_000_000_000..86_400_000_000_000 => two(3_600_000_000_000, "h", 60_000_000_000, "m"),
        _ => two(86_400_000_000_000, "d", 3_600_000_000_000, "h"),
    }
}

/// Cuts, never rounds up: 999,999 ns stays below a millisecond.
fn three_digits(nanos: u64, unit: u64, name: &str) -> String {
    let (whole, rest) = (nanos / unit, nanos % unit);
    match whole {
        0..10 => format!("{whole}.{:02}{name}", rest * 100 / unit),
        10..100 => format!("{whole}.{}{name}", rest * 10 / unit),
        _ => format!("{whole}{name}"),
    }
}

/// The text was not a number with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is a number and a unit, such as 150ms, 2s or 5m")]
pub struct NotADuration;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_short() {
        for (nanos, text) in [
            (0, "0s"),
            (950, "950ns"),
            (1_230, "1.23us"),
            (999_999, "999us"),
            (12_300_000, "12.3ms"),
            (1_500_000_000, "1.50s"),
            (90_000_000_000, "1m30s"),
            (7_200_000_000_000, "2h"),
            (187_200_000_000_000, "2d4h"),
        ] {
            assert_eq!(Nanos(nanos).to_string(), text);
        }
    }

    #[test]
    fn a_unit_is_required() {
        assert_eq!(Nanos::parse("150ms"), Ok(Nanos(150_000_000)));
        assert_eq!(Nanos::parse("1.5s"), Ok(Nanos(1_500_000_000)));
        assert_eq!(Nanos::parse("3µs"), Ok(Nanos(3_000)));
        assert_eq!(Nanos::parse("2min"), Ok(Nanos(120_000_000_000)));
        assert_eq!(Nanos::parse("1m30s"), Ok(Nanos(90_000_000_000)));
        for wrong in
            ["150", "ms", "", "1.2.3s", "5 s", "9999999999999d", "5x", "1m30", "1m 30s", "200000d200000d"]
        {
            assert_eq!(Nanos::parse(wrong), Err(NotADuration), "{wrong}");
        }
    }
}
