//! Frames: what goes in comes out, in whatever pieces the bytes arrive.

use super::arbitrary::{cases, request, told};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Debug;
use taskscope_model::change::{Goodbye, Tick};
use taskscope_model::frame::{
    FrameError, FrameWriter, MAX_FRAME, MAX_PAYLOAD, MAX_PREAMBLE, Message, Read, Reader, Told, preamble,
};
use taskscope_model::hello::Greeting;
use taskscope_model::{At, Change, Fact, Source};

/// What a reader may hold of memory that is fed in pieces of this size.
fn most_held(piece: usize) -> usize {
    2 * (MAX_FRAME.max(MAX_PREAMBLE + 16) as usize + piece)
}

/// Feeds pieces of these sizes, over and over, and reads on after each.
pub(super) fn read_in_pieces<M: Message>(
    bytes: &[u8],
    sizes: &[usize],
) -> Result<(Vec<Read<M>>, Reader<M>), FrameError> {
    let (mut reader, mut found, mut rest) = (Reader::default(), Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        let (piece, later) = rest.split_at((*size).clamp(1, rest.len().max(1)).min(rest.len()));
        rest = later;
        reader.feed(piece);
        while let Some(read) = reader.next()? {
            found.push(read);
        }
        assert!(reader.held() <= most_held(piece.len()), "holds {}", reader.held());
        if rest.is_empty() {
            break;
        }
    }
    Ok((found, reader))
}

pub(super) fn written<M: Message>(messages: &[M]) -> Vec<u8> {
    let mut bytes = preamble(&Greeting::default()).expect("a greeting is JSON");
    let mut writer = FrameWriter::default();
    messages.iter().for_each(|message| writer.push(message));
    assert_eq!(writer.left_out(), 0);
    bytes.extend(writer.take());
    bytes
}

fn come_out<M: Message + Clone + PartialEq + Debug>(
    messages: &[M],
    sizes: &[usize],
) -> Result<(), TestCaseError> {
    let (found, reader) = read_in_pieces::<M>(&written(messages), sizes).expect("these are our own bytes");
    prop_assert_eq!(&found[0], &Read::Preamble(br#"{"client":""}"#.to_vec()));
    let expected: Vec<_> = messages.iter().cloned().map(Read::Message).collect();
    prop_assert_eq!(&found[1..], &expected[..]);
    prop_assert_eq!(reader.unknown(), 0);
    prop_assert!(!reader.is_mid_way());
    Ok(())
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_is_told_comes_out(messages in vec(told(), 0..80), sizes in vec(1..200usize, 1..20)) {
        come_out(&messages, &sizes)?;
    }

    #[test]
    fn what_is_asked_comes_out(messages in vec(request(), 0..20), sizes in vec(1..50usize, 1..20)) {
        come_out(&messages, &sizes)?;
    }
}

fn goodbye(length: usize) -> Told {
    let fact = Goodbye { at: At(1), reason: "x".repeat(length) }.into();
    Told::Change(Change { source: Source::AGENT, fact })
}

fn tick(at: u64) -> Told {
    Told::Change(Change { source: Source::AGENT, fact: Tick { at: At(at) }.into() })
}

#[test]
fn many_messages_stand_in_many_frames() {
    let messages: Vec<_> = (0..70_000).map(tick).collect();
    let (found, reader) = read_in_pieces::<Told>(&written(&messages), &[65_536]).unwrap();
    assert_eq!(found.len(), messages.len() + 1);
    assert!(!reader.is_mid_way());
    assert!(reader.held() < 3 * 65_536, "what was read is let go: {}", reader.held());
}

#[test]
fn only_between_frames_it_is_not_mid_way() {
    let first = preamble(&Greeting::default()).unwrap();
    let frame = |at| {
        let mut writer = FrameWriter::default();
        [tick(at), tick(at + 1)].iter().for_each(|message| writer.push(message));
        writer.take()
    };
    let (one, two) = (frame(1), frame(3));
    let bytes = [&first[..], &one, &two].concat();
    let between = |length: &usize| !read_in_pieces::<Told>(&bytes[..*length], &[1]).unwrap().1.is_mid_way();
    let ends = [first.len(), first.len() + one.len(), bytes.len()];
    assert_eq!((0..=bytes.len()).filter(between).collect::<Vec<_>>(), ends);
}

#[test]
fn a_message_too_large_is_left_out_and_counted_and_the_others_stand() {
    // One byte for the time, three for the length of the text.
    let largest = MAX_PAYLOAD - 4;
    for (length, left_out) in [(largest, 0), (largest + 1, 1), (2 * MAX_FRAME as usize, 1)] {
        let mut writer = FrameWriter::default();
        // The frame is nearly full when the large one comes.
        for message in [goodbye(65_000), goodbye(length), tick(3)] {
            writer.push(&message);
        }
        assert_eq!(writer.left_out(), left_out, "{length}");
        let mut bytes = preamble(&Greeting::default()).unwrap();
        bytes.extend(writer.take());
        let (found, _) = read_in_pieces::<Told>(&bytes, &[1 << 16]).unwrap();
        let lengths: Vec<_> = found
            .iter()
            .filter_map(|read| match read {
                Read::Message(Told::Change(Change { fact: Fact::Goodbye(it), .. })) => Some(it.reason.len()),
                Read::Message(_) => Some(0),
                Read::Preamble(_) => None,
            })
            .collect();
        let expected = if left_out == 0 { vec![65_000, length, 0] } else { vec![65_000, 0] };
        assert_eq!(lengths, expected);
    }
}

#[test]
fn nothing_pushed_is_nothing_written() {
    let mut writer = FrameWriter::default();
    writer.close();
    assert!(writer.is_empty());
    writer.push(&goodbye(2 * MAX_FRAME as usize));
    assert!(writer.is_empty() && writer.take().is_empty());
    writer.push(&tick(1));
    assert_eq!(writer.len(), writer.take().len());
    assert!(writer.is_empty());
}

#[test]
fn a_first_message_too_long_is_not_written() {
    let greeting = Greeting { client: "x".repeat(MAX_PREAMBLE as usize), token: None };
    assert!(preamble(&greeting).unwrap_err().to_string().contains("too long"));
}

proptest! {
    #![proptest_config(cases(64))]
    /// A reader says where whole frames end, and another one can go on there.
    #[test]
    fn what_stands_behind_a_frame_can_be_read_alone(messages in vec(told(), 1..40), every in 1..5_usize) {
        let mut bytes = preamble(&Greeting::default()).expect("a greeting is JSON");
        let mut writer = FrameWriter::default();
        for (number, message) in messages.iter().enumerate() {
            writer.push(message);
            if number % every == 0 {
                writer.close();
            }
        }
        bytes.extend(writer.take());
        let mut reader = Reader::<Told>::default();
        prop_assert_eq!(reader.unread(), None);
        reader.feed(&bytes);
        let mut read = 0;
        while let Some(found) = reader.next().expect("these are our own bytes") {
            read += usize::from(matches!(found, Read::Message(_)));
            if let Some(unread) = reader.unread() {
                let mut rest = Reader::<Told>::behind_preamble();
                rest.feed(&bytes[bytes.len() - unread..]);
                let found: Vec<_> = std::iter::from_fn(|| rest.next().expect("these are our own bytes")).collect();
                let expected: Vec<_> = messages[read..].iter().cloned().map(Read::Message).collect();
                prop_assert_eq!(found, expected);
            }
        }
        prop_assert_eq!((read, reader.unread()), (messages.len(), Some(0)));
    }
}
