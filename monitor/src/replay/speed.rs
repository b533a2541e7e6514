//! How fast a recording is played.

use std::fmt;
use taskscope_model::Nanos;

/// The speeds that one goes through, in percent of the program's own.
const SPEEDS: [u32; 11] = [10, 25, 50, 100, 200, 500, 1_000, 3_000, 6_000, 30_000, 60_000];
const NORMAL: u32 = 100;
/// The highest that may be asked for.
const MOST: u32 = 1_000_000;

/// Percent of the program's own speed; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Speed(u32);

impl Default for Speed {
    fn default() -> Self {
        Self(NORMAL)
    }
}

impl Speed {
    /// Reads `2`, `0.5`, `10x`.
    ///
    /// # Errors
    /// It is no number, or one out of bounds.
    pub(crate) fn parse(text: &str) -> Result<Self, NotASpeed> {
        let number: f64 = text.trim_end_matches(['x', '×']).parse().map_err(|_| NotASpeed)?;
        let percent = (number * f64::from(NORMAL)).round();
        if (1.0..=f64::from(MOST)).contains(&percent) { Ok(Self(percent as u32)) } else { Err(NotASpeed) }
    }

    /// The next one of the list; the fastest stays.
    pub(crate) fn faster(self) -> Self {
        SPEEDS.into_iter().find(|speed| *speed > self.0).map_or(self, Self)
    }

    /// The one before it; the slowest stays.
    pub(crate) fn slower(self) -> Self {
        SPEEDS.into_iter().rev().find(|speed| *speed < self.0).map_or(self, Self)
    }

    /// How far it comes in a time.
    pub(super) fn of(self, span: Nanos) -> Nanos {
        scaled(span, self.0, NORMAL)
    }

    /// The time it needs for something.
    pub(super) fn time_for(self, span: Nanos) -> Nanos {
        scaled(span, NORMAL, self.0)
    }
}

fn scaled(span: Nanos, by: u32, per: u32) -> Nanos {
    let scaled = u128::from(span.0) * u128::from(by) / u128::from(per.max(1));
    Nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
}

/// `0.5×`, `10×`.
impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×", f64::from(self.0) / f64::from(NORMAL))
    }
}

/// The text was no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a speed is a number such as 0.5, 2 or 60, from 0.01 to 10000")]
pub(crate) struct NotASpeed;
