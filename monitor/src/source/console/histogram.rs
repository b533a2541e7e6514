//! Histograms of the times of a task, as console-subscriber serializes them.

use console_api::tasks::task_details::PollTimesHistogram;
use console_api::tasks::{DurationHistogram, TaskDetails};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use taskscope_model::Nanos;

/// Long polls are gathered from 2^13 ns (8.2 us) on, one bucket a power of two, as the agent does.
const FIRST_LONG_POLL: u32 = 13;
/// The same of waits between wake and poll: from 2^10 ns (1 us) on.
const FIRST_LONG_WAIT: u32 = 10;
/// What begins a histogram that is not compressed: others are not read, they may unfold to any size.
const PLAIN: [u8; 4] = 0x1c84_9313_u32.to_be_bytes();
/// Bytes before the counts: what it is, their length, an offset, digits, lowest, highest, ratio.
const HEAD: usize = 40;
/// Most significant digits that are believed; console-subscriber has two. Memory grows with them.
const DIGITS: u32 = 3;

/// What is told only of a task that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// Its polls.
    pub(super) polls: Lengths,
    /// Its waits between wake and poll; `None`: older servers do not tell.
    pub(super) waits: Option<Lengths>,
}

/// What a histogram tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    /// How many there were.
    pub(super) count: u64,
    /// The longest, up to one part in a hundred more than it was.
    pub(super) longest: Nanos,
    /// See [`Polled::long_polls`](taskscope_model::change::Polled::long_polls).
    pub(super) long: Vec<(Nanos, u32)>,
}

/// The times of a task; `None` if there is no histogram of its polls that can be read.
pub(super) fn times(details: &TaskDetails) -> Option<Times> {
    let polls = match details.poll_times_histogram.as_ref()? {
        PollTimesHistogram::LegacyHistogram(bytes) => lengths(bytes, None, FIRST_LONG_POLL),
        PollTimesHistogram::Histogram(it) => of(it, FIRST_LONG_POLL),
    };
    let waits = details.scheduled_times_histogram.as_ref().and_then(|it| of(it, FIRST_LONG_WAIT));
    Some(Times { polls: polls?, waits })
}

fn of(histogram: &DurationHistogram, first_long: u32) -> Option<Lengths> {
    lengths(&histogram.raw_histogram, histogram.highest_outlier, first_long)
}

fn lengths(bytes: &[u8], outlier: Option<u64>, first_long: u32) -> Option<Lengths> {
    let histogram = read(bytes)?;
    let mut long: Vec<(Nanos, u32)> = Vec::new();
    for value in histogram.iter_recorded() {
        // Those beyond the histogram's end are counted at its end.
        let length = value.value_iterated_to();
        let power = length.checked_ilog2().unwrap_or(0);
        if power >= first_long {
            let (bound, count) =
                (Nanos(1 << power), u32::try_from(value.count_since_last_iteration()).unwrap_or(u32::MAX));
            match long.last_mut() {
                Some((last, sum)) if *last == bound => *sum = sum.saturating_add(count),
                _ => long.push((bound, count)),
            }
        }
    }
    let longest = if histogram.is_empty() { 0 } else { histogram.max() };
    Some(Lengths { count: histogram.len(), longest: Nanos(outlier.unwrap_or(0).max(longest)), long })
}

/// Reads one whose head promises no more than there is.
fn read(bytes: &[u8]) -> Option<Histogram<u64>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let length = usize::try_from(number(4)?).ok()?;
    let honest = bytes.starts_with(&PLAIN) && length <= bytes.len().checked_sub(HEAD)?;
    if !honest || number(12)? > DIGITS {
        return None;
    }
    Deserializer::new().deserialize(&mut &*bytes).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use hdrhistogram::serialization::{Serializer as _, V2Serializer};

    fn histogram(raw_histogram: Vec<u8>, highest_outlier: Option<u64>) -> DurationHistogram {
        let high_outliers = highest_outlier.is_some().into();
        DurationHistogram { raw_histogram, max_value: 1_000_000_000, high_outliers, highest_outlier }
    }

    /// Details with both histograms.
    pub(crate) fn details(
        polls: Vec<u8>,
        waits: Option<Vec<u8>>,
        highest_outlier: Option<u64>,
    ) -> TaskDetails {
        let polls = histogram(polls, highest_outlier);
        TaskDetails {
            poll_times_histogram: Some(PollTimesHistogram::Histogram(polls)),
            scheduled_times_histogram: waits.map(|waits| histogram(waits, highest_outlier)),
            ..TaskDetails::default()
        }
    }

    /// A histogram of these as console-subscriber serializes it.
    pub(crate) fn serialized(values: &[u64]) -> Vec<u8> {
        let mut histogram = Histogram::<u64>::new_with_max(1_000_000_000, 2).unwrap();
        values.iter().for_each(|value| histogram.record(*value).unwrap());
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&histogram, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn long_times_are_gathered_by_powers_of_two() {
        let bytes = serialized(&[1_000, 1_500, 9_000_000, 10_000_000, 150_000_000, 1_000_000_000]);
        let read = times(&details(bytes.clone(), Some(bytes), Some(3_000_000_000))).unwrap();
        let long = [(Nanos(1 << 23), 2), (Nanos(1 << 27), 1), (Nanos(1 << 29), 1)];
        let polls = Lengths { count: 6, longest: Nanos(3_000_000_000), long: long.to_vec() };
        let long = [&[(Nanos(1 << 10), 1)], &long[..]].concat();
        assert_eq!(read, Times { waits: Some(Lengths { long, ..polls.clone() }), polls });
        let short = times(&details(serialized(&[1_000]), None, None)).unwrap();
        assert!((1_000..1_010).contains(&short.polls.longest.0), "{short:?}");
        assert_eq!(times(&details(serialized(&[]), None, None)), Some(Times::default()));
    }

    #[test]
    fn what_promises_too_much_is_not_read() {
        assert_eq!(times(&TaskDetails::default()), None);
        let good = serialized(&[1, 2, 3]);
        let polls = |bytes: Vec<u8>| times(&details(bytes, None, None));
        let waits = |bytes: Vec<u8>| times(&details(good.clone(), Some(bytes), None)).and_then(|it| it.waits);
        for length in 0..good.len() {
            assert_eq!(polls(good[..length].to_vec()), None, "{length}");
            assert_eq!(waits(good[..length].to_vec()), None, "{length}");
        }
        for (at, value) in [(0, 0), (4, u32::MAX), (12, 5), (8, 1)] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert_eq!((polls(bad.clone()), waits(bad)), (None, None), "{at}");
        }
    }
}
