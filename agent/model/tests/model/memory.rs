//! The program's memory as it goes over the wire: examples, and by chance.

use super::arbitrary::number;
use proptest::collection::vec;
use proptest::prelude::*;
use taskscope_model::frame::{FrameWriter, MAX_PAYLOAD, Told};
use taskscope_model::request::memory::{
    Blob, Extent, Hit, MOST_BYTES, MOST_HITS, MOST_PIECES, MOST_SPANS, Span, StackPointer,
};
use taskscope_model::request::*;

pub(super) fn requests() -> Vec<(String, Request)> {
    let extent = |begin, length| Extent { begin, length };
    let pieces = vec![extent(0x7f00_0000_1000, 32), extent(8, 0)];
    let spans = vec![Span { first: 0x5600_0000_2000, length: 0x4000 }, Span { first: 1, length: 0 }];
    let search = SearchMemory { number: 13, from: 0x1000, to: 0x2_0000, spans };
    vec![
        ("Layout".to_owned(), Layout { number: 11 }.into()),
        ("ReadMemory".to_owned(), ReadMemory { number: 12, file: 0x5600_0000_0000, pieces }.into()),
        ("ReadMemory.least".to_owned(), ReadMemory { number: 12, file: 0, pieces: vec![] }.into()),
        ("SearchMemory".to_owned(), search.clone().into()),
        ("SearchMemory.least".to_owned(), SearchMemory { spans: vec![], ..search }.into()),
    ]
}

pub(super) fn answers() -> Vec<(String, Told)> {
    let maps = Blob(b"1000-2000 rw-p 0 0 0\n".to_vec());
    let threads = vec![StackPointer { tid: 4711, address: 0x7ffc_0000_0000 }];
    let hits = vec![Hit { address: 0x1010, word: 0x5600_0000_2040 }];
    let answers: [(&str, Answer); 6] = [
        ("Mapped", Mapped { number: 11, maps, threads, more: false }.into()),
        ("Mapped.least", Mapped { number: 11, maps: Blob::default(), threads: vec![], more: true }.into()),
        (
            "MemoryRead",
            MemoryRead { number: 12, pieces: vec![Blob(vec![0, 255, 7]), Blob::default()] }.into(),
        ),
        ("MemoryRead.least", MemoryRead { number: 12, pieces: vec![] }.into()),
        ("MemorySearched", MemorySearched { number: 13, until: 0x2_0000, hits }.into()),
        ("MemorySearched.least", MemorySearched { number: 13, until: 0x1000, hits: vec![] }.into()),
    ];
    answers.map(|(name, answer)| (name.to_owned(), Told::Answer(answer))).into()
}

fn blob() -> impl Strategy<Value = Blob> {
    vec(any::<u8>(), 0..40).prop_map(Blob)
}

pub(super) fn answer() -> impl Strategy<Value = Answer> {
    let thread = (any::<u32>(), number()).prop_map(|(tid, address)| StackPointer { tid, address });
    let mapped = (any::<u32>(), blob(), vec(thread, 0..3), any::<bool>())
        .prop_map(|(number, maps, threads, more)| Mapped { number, maps, threads, more }.into());
    let read =
        (any::<u32>(), vec(blob(), 0..3)).prop_map(|(number, pieces)| MemoryRead { number, pieces }.into());
    let hit = (number(), number()).prop_map(|(address, word)| Hit { address, word });
    let searched = (any::<u32>(), number(), vec(hit, 0..3))
        .prop_map(|(number, until, hits)| MemorySearched { number, until, hits }.into());
    prop_oneof![mapped, read, searched]
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    let layout = any::<u32>().prop_map(|number| Layout { number }.into());
    let extent = (number(), number()).prop_map(|(begin, length)| Extent { begin, length });
    let read = (any::<u32>(), number(), vec(extent, 0..3))
        .prop_map(|(number, file, pieces)| ReadMemory { number, file, pieces }.into());
    let span = (number(), number()).prop_map(|(first, length)| Span { first, length });
    let search = (any::<u32>(), number(), number(), vec(span, 0..3))
        .prop_map(|(number, from, to, spans)| SearchMemory { number, from, to, spans }.into());
    prop_oneof![layout, read, search]
}

#[test]
fn what_may_be_asked_for_fits_into_a_message() {
    let most = u64::MAX;
    let pieces = vec![Blob(vec![7; MOST_BYTES as usize / MOST_PIECES]); MOST_PIECES];
    let hits = vec![Hit { address: most, word: most }; MOST_HITS];
    let extents = vec![Extent { begin: most, length: MOST_BYTES }; MOST_PIECES];
    let spans = vec![Span { first: most, length: most }; MOST_SPANS];
    for answer in [
        Answer::from(MemoryRead { number: u32::MAX, pieces }),
        MemorySearched { number: u32::MAX, until: most, hits }.into(),
    ] {
        let mut frames = FrameWriter::default();
        frames.push(&Told::Answer(answer));
        assert!((1..MAX_PAYLOAD).contains(&frames.take().len()));
    }
    for request in [
        Request::from(ReadMemory { number: u32::MAX, file: most, pieces: extents }),
        SearchMemory { number: u32::MAX, from: 0, to: most, spans }.into(),
    ] {
        let mut frames = FrameWriter::default();
        frames.push(&request);
        // The agent takes frames of requests of 64 KiB.
        assert!((1..1 << 16).contains(&frames.take().len()));
    }
}
