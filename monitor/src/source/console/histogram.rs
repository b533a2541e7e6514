//! Histograms of poll times, as console-subscriber serializes them.

use console_api::tasks::TaskDetails;
use console_api::tasks::task_details::PollTimesHistogram;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use taskscope_model::Nanos;

/// Long polls are gathered from 2^23 ns (8.4 ms) on, one bucket a power of two, as the agent does.
const FIRST_LONG: u32 = 23;
/// What begins a histogram that is not compressed: others are not read, they may unfold to any size.
const PLAIN: [u8; 4] = 0x1c84_9313_u32.to_be_bytes();
/// Bytes before the counts: what it is, their length, an offset, digits, lowest, highest, ratio.
const HEAD: usize = 40;
/// Most significant digits that are believed; console-subscriber has two. Memory grows with them.
const DIGITS: u32 = 3;

/// What a histogram tells of a task's polls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Polls {
    /// The longest, up to one part in a hundred more than it was.
    pub(super) longest: Nanos,
    /// See [`Polled::long_polls`](taskscope_model::change::Polled::long_polls).
    pub(super) long: Vec<(Nanos, u32)>,
}

/// The polls of a task; `None` if the histogram is none.
pub(super) fn polls(details: &TaskDetails) -> Option<Polls> {
    let (bytes, outlier) = match details.poll_times_histogram.as_ref()? {
        PollTimesHistogram::LegacyHistogram(bytes) => (bytes, None),
        PollTimesHistogram::Histogram(it) => (&it.raw_histogram, it.highest_outlier),
    };
    let histogram = read(bytes)?;
    let mut long: Vec<(Nanos, u32)> = Vec::new();
    for value in histogram.iter_recorded() {
        // Polls beyond the histogram's end are counted at its end.
        let length = value.value_iterated_to();
        let power = length.checked_ilog2().unwrap_or(0);
        if power >= FIRST_LONG {
            let (bound, count) =
                (Nanos(1 << power), u32::try_from(value.count_since_last_iteration()).unwrap_or(u32::MAX));
            match long.last_mut() {
                Some((last, sum)) if *last == bound => *sum = sum.saturating_add(count),
                _ => long.push((bound, count)),
            }
        }
    }
    let longest = if histogram.is_empty() { 0 } else { histogram.max() };
    Some(Polls { longest: Nanos(outlier.unwrap_or(0).max(longest)), long })
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
mod tests {
    use super::*;
    use console_api::tasks::DurationHistogram;
    use hdrhistogram::serialization::{Serializer as _, V2Serializer};

    fn details(raw_histogram: Vec<u8>, highest_outlier: Option<u64>) -> TaskDetails {
        let high_outliers = highest_outlier.is_some().into();
        let histogram =
            DurationHistogram { raw_histogram, max_value: 1_000_000_000, high_outliers, highest_outlier };
        let poll_times_histogram = Some(PollTimesHistogram::Histogram(histogram));
        TaskDetails { poll_times_histogram, ..TaskDetails::default() }
    }

    fn serialized(values: &[u64]) -> Vec<u8> {
        let mut histogram = Histogram::<u64>::new_with_max(1_000_000_000, 2).unwrap();
        values.iter().for_each(|value| histogram.record(*value).unwrap());
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&histogram, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn long_polls_are_gathered_by_powers_of_two() {
        let bytes = serialized(&[1_000, 9_000_000, 10_000_000, 150_000_000, 1_000_000_000]);
        let read = polls(&details(bytes, Some(3_000_000_000))).unwrap();
        let long = [(Nanos(1 << 23), 2), (Nanos(1 << 27), 1), (Nanos(1 << 29), 1)];
        assert_eq!(read, Polls { longest: Nanos(3_000_000_000), long: long.to_vec() });
        let short = polls(&details(serialized(&[1_000]), None)).unwrap();
        assert!((1_000..1_010).contains(&short.longest.0), "{short:?}");
        assert_eq!(polls(&details(serialized(&[]), None)), Some(Polls::default()));
    }

    #[test]
    fn what_promises_too_much_is_not_read() {
        assert_eq!(polls(&TaskDetails::default()), None);
        let good = serialized(&[1, 2, 3]);
        for length in 0..good.len() {
            assert_eq!(polls(&details(good[..length].to_vec(), None)), None, "{length}");
        }
        for (at, value) in [(0, 0), (4, u32::MAX), (12, 5), (8, 1)] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&value.to_be_bytes());
            assert_eq!(polls(&details(bad, None)), None, "{at}");
        }
    }
}
