//! Bytes from anybody: no panic, no memory to speak of, a clear error.

use super::arbitrary::{cases, request, told};
use super::frames::{read_in_pieces, written};
use super::survive;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use taskscope_model::frame::{FrameError, MAX_FRAME, MAX_PREAMBLE, Message, Reader, Told, preamble};
use taskscope_model::hello::Greeting;
use taskscope_model::request::Request;

/// What may happen to bytes.
#[derive(Clone, Debug)]
enum Harm {
    Set(Index, u8),
    Number(Index, u32),
    Cut(Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    let number = prop_oneof![Just(0), Just(u32::MAX), Just(MAX_FRAME), Just(1 << 31), any::<u32>()];
    prop_oneof![
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Harm::Set(at, byte)),
        3 => (any::<Index>(), number).prop_map(|(at, number)| Harm::Number(at, number)),
        1 => any::<Index>().prop_map(Harm::Cut),
        2 => (any::<Index>(), 1..20usize).prop_map(|(at, length)| Harm::Remove(at, length)),
        2 => (any::<Index>(), 1..40usize).prop_map(|(at, length)| Harm::Repeat(at, length)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Harm::Insert(at, bytes)),
    ]
}

fn harmed(mut bytes: Vec<u8>, harms: &[Harm]) -> Vec<u8> {
    for harm in harms {
        if bytes.is_empty() {
            break;
        }
        let range = |at: &Index, length: usize| {
            let start = at.index(bytes.len());
            start..(start + length).min(bytes.len())
        };
        match harm {
            Harm::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Harm::Number(at, number) => {
                let range = range(at, 4);
                bytes.splice(range, number.to_le_bytes());
            }
            Harm::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Harm::Remove(at, length) => {
                let range = range(at, *length);
                bytes.drain(range);
            }
            Harm::Repeat(at, length) => bytes.extend_from_within(range(at, *length)),
            Harm::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
        }
    }
    bytes
}

/// With the byte in front that tells `survive::frames` how to read them.
fn survives(how: u8, bytes: &[u8]) {
    survive::frames(&[&[how], bytes].concat());
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn anything_at_all_is_survived(how: u8, bytes in vec(any::<u8>(), 0..400)) {
        survives(how, &bytes);
    }

    #[test]
    fn harmed_facts_are_survived(
        how in any::<u8>().prop_map(|how| how & !1),
        messages in vec(told(), 0..25),
        harms in vec(harm(), 1..6),
    ) {
        survives(how, &harmed(written(&messages), &harms));
    }

    #[test]
    fn harmed_requests_are_survived(
        how in any::<u8>().prop_map(|how| how & !1),
        messages in vec(request(), 0..6),
        harms in vec(harm(), 1..4),
    ) {
        survives(how, &harmed(written(&messages), &harms));
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn bytes_cut_off_anywhere_are_read_up_to_there(messages in vec(told(), 1..8)) {
        let bytes = written(&messages);
        let mut most = 0;
        for length in 0..bytes.len() {
            let (found, _) = read_in_pieces::<Told>(&bytes[..length], &[length.max(1)])
                .map_err(|error| TestCaseError::fail(format!("{length}: {error}")))?;
            prop_assert!(found.len() >= most && found.len() <= messages.len());
            most = found.len();
        }
        prop_assert_eq!(most, messages.len(), "all but the last, and the preamble");
    }
}

/// What a reader says to these bytes behind a good preamble.
fn said<M: Message>(frames: &[&[u8]]) -> Result<usize, FrameError> {
    let mut bytes = preamble(&Greeting::default()).expect("a greeting is JSON");
    bytes.extend(frames.concat());
    read_in_pieces::<M>(&bytes, &[bytes.len()]).map(|(found, _)| found.len() - 1)
}

fn length(what: &'static str, length: u32) -> Result<usize, FrameError> {
    Err(FrameError::Length { what, length })
}

#[test]
fn lengths_out_of_bounds_are_said_at_once() {
    let said = said::<Told>;
    let four_gib = u32::MAX.to_le_bytes();
    // A frame: its length alone is enough to say no.
    assert_eq!(said(&[&four_gib]), length("frame", u32::MAX));
    assert_eq!(said(&[&(MAX_FRAME + 1).to_le_bytes()]), length("frame", MAX_FRAME + 1));
    assert_eq!(said(&[&[0; 4]]), length("frame", 0));
    assert_eq!(said(&[&[1, 0, 0, 0]]), length("frame", 1));
    // An empty frame is none the worse for it.
    assert_eq!(said(&[&[2, 0, 0, 0, 0, 0], &[2, 0, 0, 0, 0, 0]]), Ok(0));
    // Bytes behind the last message.
    assert_eq!(said(&[&[5, 0, 0, 0, 0, 0, 9, 9, 9]]), length("rest of a frame", 3));
    // A message that the frame has no room for, whatever it claims.
    assert_eq!(said(&[&[9, 0, 0, 0, 1, 0]]), length("rest of a frame", 7));
    let head = [20, 0, 0, 0, 1, 0, 1, 0, 0, 0];
    assert_eq!(said(&[&head, &four_gib]), length("message", u32::MAX));
    assert_eq!(said(&[&head, &11_u32.to_le_bytes()]), length("message", 11));
    // 65,535 messages in no bytes.
    assert_eq!(said(&[&[2, 0, 0, 0, 255, 255]]), length("rest of a frame", 0));
}

#[test]
fn a_first_message_out_of_bounds_is_said_at_once() {
    let mut bytes = preamble(&Greeting::default()).unwrap();
    bytes.truncate(12);
    bytes.extend((MAX_PREAMBLE + 1).to_le_bytes());
    let mut reader = Reader::<Told>::default();
    reader.feed(&bytes);
    assert_eq!(reader.next(), Err(FrameError::Length { what: "first message", length: MAX_PREAMBLE + 1 }));
}

#[test]
fn a_reader_with_small_bounds_takes_nothing_larger() {
    let feed = |bytes: &[u8]| {
        let mut reader = Reader::<Request>::with_largest(1 << 12);
        reader.feed(bytes);
        std::iter::from_fn(|| reader.next().transpose()).collect::<Result<Vec<_>, _>>().map(|it| it.len())
    };
    let small = written::<Request>(&[]);
    assert_eq!(feed(&small), Ok(1));
    let largest = |n: u32| [&small[..], &n.to_le_bytes()].concat();
    assert_eq!(feed(&largest(1 << 12)), Ok(1));
    assert_eq!(feed(&largest((1 << 12) + 1)), length("frame", (1 << 12) + 1));
    let greeting = preamble(&Greeting { client: "x".repeat(5_000), token: None }).unwrap();
    assert_eq!(feed(&greeting), length("first message", 5_013));
}

/// A frame with one message.
fn one(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = (10 + payload.len() as u32).to_le_bytes().to_vec();
    frame.extend([1, 0]);
    frame.extend(kind.to_le_bytes());
    frame.extend([0, 3]);
    frame.extend((payload.len() as u32).to_le_bytes());
    frame.extend(payload);
    frame
}

#[test]
fn payloads_that_are_not_of_their_kind_are_refused() {
    let told = |kind, payload: &[u8]| said::<Told>(&[&one(kind, payload)]);
    let wrong = |kind| Err(FrameError::Payload { kind });
    assert_eq!(told(1, &[5]), Ok(1));
    assert_eq!(told(1, &[]), wrong(1), "a Tick without a time");
    assert_eq!(told(1, &[5, 0]), wrong(1), "and one with more than that");
    assert_eq!(told(1, &[255; 12]), wrong(1), "a number without an end");
    // A text that claims 4 GiB, and one that is no text.
    assert_eq!(told(15, &[1, 255, 255, 255, 255, 15]), wrong(15));
    assert_eq!(told(15, &[1, 1, 255]), wrong(15));
    // A list that claims 4 billion entries: the memory for it is not asked for first.
    let cancel = [1, 255, 255, 255, 255, 15];
    assert_eq!(said::<Request>(&[&one(0x4002, &cancel)]), wrong(0x4002));
    // A program does not ask, a client does not tell.
    assert_eq!(said::<Request>(&[&one(1, &[5])]), Ok(0));
    assert_eq!(told(0x4002, &[1, 0]), Ok(0));
}

#[test]
fn what_is_not_ours_is_known_from_the_first_byte() {
    for bytes in [&b"HTTP/1.1 400"[..], b"t!", b"\0", b"taskscoq", b"SSH-2.0"] {
        assert_eq!(survive::client(bytes, 64).err(), Some(FrameError::NotTaskscope));
        assert_eq!(survive::program(bytes, 1).err(), Some(FrameError::NotTaskscope));
    }
    assert_eq!(survive::client(b"task", 1).err(), None, "it may become ours");
}
