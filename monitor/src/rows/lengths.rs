//! How long the single polls of a task were, and its single waits between wake and poll: what stands in histograms.

use taskscope_model::{At, Nanos, Task};

/// Durations of one kind, by length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lengths<'a> {
    /// How many there were.
    pub(crate) count: u64,
    /// The longest of them; `None` if nobody can tell.
    pub(crate) longest: Option<Nanos>,
    /// The long ones: the lower bound of a bucket that reaches to twice of it, the last one open, and how many fell
    /// into it. Empty buckets are left out.
    pub(crate) long: &'a [(Nanos, u32)],
}

impl<'a> Lengths<'a> {
    /// Of its polls that are over, with the longest of all; `None` if nobody tells of polls.
    pub(crate) fn of_polls(task: &'a Task, now: At) -> Option<Self> {
        let polled = task.polled()?;
        Some(Self { count: polled.polls, longest: task.max_poll(now), long: &polled.long_polls })
    }

    /// Of its waits that are over; `None` if nobody tells of single ones.
    pub(crate) fn of_waits(task: &'a Task) -> Option<Self> {
        let times = task.scheduled_times()?;
        Some(Self { count: times.waits, longest: Some(times.longest), long: &times.long_waits })
    }

    /// Those below the first bound.
    pub(crate) fn short(&self) -> u64 {
        let long = self.long.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add((*count).into()));
        self.count.saturating_sub(long)
    }

    /// A length that so many of a hundred did not go beyond: the end of the bucket in which that is reached.
    fn within(&self, percent: u64) -> Option<Nanos> {
        let longest = self.longest?;
        let wanted = u128::from(self.count) * u128::from(percent);
        let mut reached = self.short();
        let mut buckets = self.long.iter().peekable();
        let mut end = buckets.peek().map_or(longest, |(first, _)| *first);
        while u128::from(reached) * 100 < wanted
            && let Some((from, count)) = buckets.next()
        {
            reached = reached.saturating_add((*count).into());
            end = if buckets.peek().is_some() { Nanos(from.0.saturating_mul(2)) } else { longest };
        }
        Some(end.min(longest))
    }

    /// In a line: how many, what half of them and almost all kept within, and the longest.
    pub(crate) fn summary(&self, count: impl Fn(u64) -> String) -> String {
        if self.count == 0 {
            return "none yet".to_owned();
        }
        let mut line = count(self.count);
        let mut told = None;
        for (who, percent) in [("half of them", 50), ("99 in 100", 99)] {
            let within =
                self.within(percent).filter(|within| Some(*within) < self.longest && Some(*within) != told);
            if let Some(within) = within {
                line.push_str(&format!(", {who} within {within}"));
                told = Some(within);
            }
        }
        line + &self.longest.map_or_else(String::new, |longest| format!(", the longest {longest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: u64 = 1_000;

    fn said(count: u64, longest: u64, long: &[(Nanos, u32)]) -> String {
        Lengths { count, longest: Some(Nanos(longest)), long }.summary(|count| count.to_string())
    }

    #[test]
    fn a_summary_says_no_less_than_is_true() {
        assert_eq!(said(0, 0, &[]), "none yet");
        assert_eq!(said(3, 700, &[]), "3, the longest 700ns");
        let long = [(Nanos(US), 60), (Nanos(16 * US), 39), (Nanos(1_024 * US), 1)];
        assert_eq!(
            said(100, 9_000 * US, &long),
            "100, half of them within 2.00us, 99 in 100 within 32.0us, the longest 9.00ms"
        );
        assert_eq!(
            said(300, 9_000 * US, &long),
            "300, half of them within 1.00us, 99 in 100 within 32.0us, the longest 9.00ms"
        );
        // The last bucket is open: only the longest bounds it.
        let open = [(Nanos(US), 1), (Nanos(2 * US), 99)];
        assert_eq!(said(100, 9_000 * US, &open), "100, the longest 9.00ms");
    }

    #[test]
    fn nonsense_is_survived() {
        let long = [(Nanos(u64::MAX), u32::MAX), (Nanos(0), u32::MAX), (Nanos(7), 0)];
        for count in [1, 99, u64::MAX] {
            assert!(said(count, u64::MAX, &long).starts_with(&count.to_string()));
            assert!(Lengths { count, longest: Some(Nanos(5)), long: &long }.within(99) <= Some(Nanos(5)));
        }
        let unknown = Lengths { count: 2, longest: None, long: &long };
        assert_eq!(unknown.summary(|count| count.to_string()), "2");
    }
}
