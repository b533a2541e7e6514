//! Times as console-subscriber gives them, turned into CLOCK_MONOTONIC.

use prost_types::{Duration, Timestamp};
use taskscope_model::{At, Nanos};

/// Where the clock of another host is not known, its now is set so far from zero that nothing was before it:
/// ten years.
pub(super) const ELSEWHERE: Nanos = Nanos(10 * 365 * 86_400 * 1_000_000_000);

/// What to add to a wall clock's nanoseconds. Set by the first message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    offset: Option<i128>,
}

impl Moments {
    /// From now on that moment is this one; only the first word counts.
    pub(super) fn begin(&mut self, now: &Timestamp, at: At) {
        self.offset.get_or_insert(i128::from(at.0) - nanos(now));
    }

    /// The moment; zero before the first message.
    pub(super) fn at(self, time: &Timestamp) -> At {
        let at = self.offset.map_or(0, |offset| nanos(time) + offset);
        At(u64::try_from(at.max(0)).unwrap_or(u64::MAX))
    }

    /// The moment, if there is one.
    pub(super) fn some(self, time: Option<&Timestamp>) -> Option<At> {
        time.map(|time| self.at(time))
    }
}

fn nanos(time: &Timestamp) -> i128 {
    i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos)
}

/// A span of time; nothing told, or a negative one, is zero.
pub(super) fn span(span: Option<&Duration>) -> Nanos {
    let nanos = span.map_or(0, |it| i128::from(it.seconds) * 1_000_000_000 + i128::from(it.nanos));
    Nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_now_counts() {
        let time = |seconds, nanos| Timestamp { seconds, nanos };
        let mut moments = Moments::default();
        moments.begin(&time(1_700_000_000, 500), At(1_000_000_000));
        moments.begin(&time(1_700_000_099, 0), At(7));
        assert_eq!(moments.at(&time(1_700_000_001, 501)), At(2_000_000_001));
        assert_eq!(moments.at(&time(1_699_999_999, 500)), At(0));
        assert_eq!(moments.at(&time(1_600_000_000, 0)), At(0), "before the host's clock began");
        assert_eq!(moments.at(&time(i64::MAX, i32::MAX)), At(u64::MAX));
        assert_eq!(moments.some(None), None);
    }

    #[test]
    fn spans_are_never_negative() {
        assert_eq!(span(Some(&Duration { seconds: 2, nanos: 5 })), Nanos(2_000_000_005));
        assert_eq!(span(Some(&Duration { seconds: -2, nanos: 5 })), Nanos(0));
        assert_eq!(span(None), Nanos(0));
    }
}
