//! The exact bytes of version 1, and those of an invented later one. A line of `golden/v1.txt` that has
//! been released never changes; a new fact, request or answer gets a new line.

use super::examples::{answers, facts, hello, requests};
use super::frames::read_in_pieces;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use taskscope_model::change::Tick;
use taskscope_model::codes::{
    Activity, CallOutcome, CancelWay, Counter, DropKind, Flavor, HandleState, OfferKind, Outcome, Seen,
    TaskKind, TreeKind, WaitKind,
};
use taskscope_model::frame::{FrameError, FrameWriter, Message, Read, Reader, Told, preamble};
use taskscope_model::hello::{Greeting, Refusal, Refused, Rights, Welcome};
use taskscope_model::request::{Answer, Reason, Request};
use taskscope_model::{At, Change, Fact, Source};

const V1: &str = include_str!("../golden/v1.txt");
const FUTURE: &str = include_str!("../golden/future.txt");

/// The bytes of a line: hexadecimal digits, and from the first `{` on the text itself.
fn bytes_of(line: &str) -> Vec<u8> {
    let (hex, text) = line.split_at(line.find('{').unwrap_or(line.len()));
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let pair = |pair: &[char]| u8::from_str_radix(&String::from_iter(pair), 16).expect("pairs of digits");
    digits.chunks(2).map(pair).chain(text.bytes()).collect()
}

/// Name and rest of each line that is no comment.
fn lines(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').expect("a name and bytes"))
}

fn line(file: &'static str, wanted: &str) -> Vec<u8> {
    let found = lines(file).find(|(name, _)| *name == wanted);
    bytes_of(found.unwrap_or_else(|| panic!("no line {wanted}")).1)
}

/// The bytes in groups: the lengths, the heads, the payload.
fn as_line(name: &str, bytes: &[u8], groups: &[usize], text_from: usize) -> String {
    let mut line = name.to_owned();
    let mut at = 0_usize;
    for size in groups.iter().copied().chain([usize::MAX]) {
        let end = at.saturating_add(size).min(text_from).min(bytes.len());
        if at < end {
            line.push(' ');
        }
        bytes[at..end].iter().for_each(|byte| write!(line, "{byte:02x}").expect("a text takes all"));
        at = end;
    }
    if at < bytes.len() {
        write!(line, " {}", std::str::from_utf8(&bytes[at..]).expect("JSON is text"))
            .expect("a text takes all");
    }
    line
}

fn first<T: Serialize>(name: &str, first: &T) -> String {
    as_line(name, &preamble(first).expect("this is JSON"), &[8, 2, 2, 4], 16)
}

fn framed<M: Message>(name: &str, message: &M) -> String {
    let mut writer = FrameWriter::default();
    writer.push(message);
    as_line(name, &writer.take(), &[4, 2, 2, 2, 4], usize::MAX)
}

fn firsts() -> Vec<String> {
    let greeting = Greeting { client: "taskscope 0.1.0".to_owned(), token: Some("secret".to_owned()) };
    let refusal = Refusal { refused: Refused::NotPermitted, message: "wrong user".to_owned() };
    vec![
        first("Greeting", &greeting),
        first("Greeting.least", &Greeting::default()),
        first("Hello", &Welcome::Hello(Box::new(hello()))),
        first("Refusal", &Welcome::Refusal(refusal)),
    ]
}

#[test]
fn this_code_writes_exactly_the_bytes_of_version_1() {
    let mut written = firsts();
    written.extend(facts().iter().map(|(name, message)| framed(name, message)));
    written.extend(answers().iter().map(|(name, message)| framed(name, message)));
    written.extend(requests().iter().map(|(name, message)| framed(name, message)));
    let golden: Vec<_> = V1.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    for (written, golden) in written.iter().zip(&golden) {
        assert_eq!(written, golden);
    }
    let without = written.iter().skip(golden.len());
    assert_eq!(golden.len(), written.len(), "without a golden line: {:#?}", without.collect::<Vec<_>>());
}

#[test]
fn this_code_reads_the_bytes_of_version_1() {
    for (name, message) in facts().into_iter().chain(answers()) {
        assert_eq!(read_line::<Told>(V1, &name).unwrap(), ([message].to_vec(), 0), "{name}");
    }
    for (name, request) in requests() {
        assert_eq!(read_line::<Request>(V1, &name).unwrap(), ([request].to_vec(), 0), "{name}");
    }
    assert_eq!(welcome(V1, "Hello"), Welcome::Hello(Box::new(hello())));
    assert!(matches!(welcome(V1, "Refusal"), Welcome::Refusal(it) if it.refused == Refused::NotPermitted));
    let greeting: Greeting = serde_json::from_slice(&first_of(V1, "Greeting").unwrap()).unwrap();
    assert_eq!(greeting.token.as_deref(), Some("secret"));
    assert!(!format!("{greeting:?}").contains("secret"), "a secret is not printed");
}

#[test]
fn every_kind_has_a_golden_line() {
    let golden: BTreeSet<_> = lines(V1).filter_map(|(name, _)| name.split('.').next()).collect();
    for (kind, name) in [Fact::KINDS, Request::KINDS, Answer::KINDS].concat() {
        assert!(golden.contains(name), "{name} (kind {kind:#06x}) has no line in golden/v1.txt");
    }
}

#[test]
fn the_numbers_of_the_codes_are_those_of_version_1() {
    macro_rules! numbered {
        ($($code:ident)+) => {
            [$((stringify!($code), $code::KNOWN.iter().map(|it| (it.0, it.name())).collect::<Vec<_>>())),+]
        };
    }
    let codes = numbered!(
        Source TaskKind Outcome Flavor Seen Counter Reason HandleState CancelWay TreeKind WaitKind DropKind
        Activity OfferKind CallOutcome
    );
    let golden = [
        ("Source", "outside console-subscriber agent"),
        ("TaskKind", "async block_on local blocking command"),
        ("Outcome", "completed failed cancelled panicked shut_down_with_its_runtime"),
        ("Flavor", "current_thread multi_thread"),
        ("Seen", "yes partly no"),
        (
            "Counter",
            "live matched not_shown ended untracked history_dropped connections_refused places_merged clients \
             events_lost",
        ),
        ("Reason", "not_permitted wrong_query unknown_request impossible no_such_task"),
        ("HandleState", "held awaited dropped detached in_a_JoinSet"),
        ("CancelWay", "abort abort_of_its_JoinSet drop_of_its_JoinSet taskscope"),
        ("TreeKind", "observed_futures stack memory operations"),
        ("WaitKind", "sleep task lock semaphore channel socket notify other"),
        ("DropKind", "future request"),
        ("Activity", "running scheduled idle"),
        ("OfferKind", "command value"),
        ("CallOutcome", "returned failed panicked cancelled still_running not_begun no_such_name"),
    ];
    for ((code, known), (name, values)) in codes.into_iter().zip(golden) {
        assert_eq!(code, name);
        let known: Vec<_> =
            known.iter().map(|(number, name)| (*number, name.unwrap_or("").replace(' ', "_"))).collect();
        let values: Vec<_> = (1..).zip(values.split(' ').map(str::to_owned)).collect();
        assert_eq!(known, values, "{code}");
    }
}

/// The messages of a line of frames, and how many of it were of an unknown kind.
fn read_line<M: Message>(file: &'static str, name: &str) -> Result<(Vec<M>, u64), FrameError> {
    let mut bytes = preamble(&Greeting::default()).expect("a greeting is JSON");
    bytes.extend(line(file, name));
    let (found, reader) = read_in_pieces::<M>(&bytes, &[7])?;
    assert!(!reader.is_mid_way(), "{name}");
    let messages = found.into_iter().filter_map(|read| match read {
        Read::Message(message) => Some(message),
        Read::Preamble(_) => None,
    });
    Ok((messages.collect(), reader.unknown()))
}

fn first_of(file: &'static str, name: &str) -> Result<Vec<u8>, FrameError> {
    let mut reader = Reader::<Told>::default();
    reader.feed(&line(file, name));
    match reader.next()? {
        Some(Read::Preamble(json)) => Ok(json),
        other => panic!("{name}: {other:?}"),
    }
}

fn welcome(file: &'static str, name: &str) -> Welcome {
    let json = first_of(file, name).expect("the preamble is good");
    serde_json::from_slice(&json).expect("the JSON is good")
}

#[test]
fn unknown_kinds_of_a_later_version_are_skipped_and_counted() {
    let (told, unknown) = read_line::<Told>(FUTURE, "unknown_kinds").unwrap();
    let tick = |at| Told::Change(Change { source: Source::AGENT, fact: Tick { at: At(at) }.into() });
    assert_eq!((told, unknown), (vec![tick(1), tick(2)], 3));
}

#[test]
fn unknown_codes_of_a_later_version_are_read_as_unknown() {
    let (told, unknown) = read_line::<Told>(FUTURE, "unknown_codes").unwrap();
    assert_eq!(unknown, 0);
    let [Told::Change(ended), Told::Change(counted), Told::Answer(Answer::Denied(denied))] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(ended.source.to_string(), "unknown");
    assert!(matches!(&ended.fact, Fact::Ended(it) if it.outcome.to_string() == "unknown"));
    assert!(matches!(&counted.fact, Fact::Counted(it) if it.counter.name().is_none()));
    assert_eq!(denied.reason.to_string(), "unknown");
}

#[test]
fn unknown_flags_of_a_later_version_are_ignored() {
    let (told, unknown) = read_line::<Told>(FUTURE, "unknown_flags").unwrap();
    assert_eq!((told.len(), unknown), (1, 1));
}

#[test]
fn what_must_be_understood_and_is_not_stops_the_reader() {
    let told = read_line::<Told>(FUTURE, "must_understand").unwrap_err();
    assert_eq!(told, FrameError::MustUnderstand { kind: 0x0778 });
    assert_eq!(told.to_string(), "a message of kind 0x0778 must be understood and is not: update this side");
    let asked = read_line::<Request>(FUTURE, "new_request").unwrap_err();
    assert_eq!(asked, FrameError::MustUnderstand { kind: 0x40ff });
}

#[test]
fn versions_too_far_apart_are_two_different_errors() {
    let too_new = first_of(FUTURE, "too_new").unwrap_err();
    assert_eq!(too_new, FrameError::TooNew { oldest: 2 });
    assert!(too_new.to_string().ends_with("update this side"), "{too_new}");
    let too_old = first_of(FUTURE, "too_old").unwrap_err();
    assert_eq!(too_old, FrameError::TooOld { newest: 0 });
    assert!(too_old.to_string().ends_with("update the other side"), "{too_old}");
    assert_eq!(first_of(FUTURE, "other_program").unwrap_err(), FrameError::NotTaskscope);
}

#[test]
fn a_later_hello_is_read_as_far_as_it_is_known() {
    let Welcome::Hello(hello) = welcome(FUTURE, "Hello") else { panic!("this is a Hello") };
    assert_eq!((hello.pid, hello.source, hello.mode.as_str()), (7, Source(9), "quantum"));
    assert_eq!(hello.rights, Rights::READ);
    assert_eq!((hello.runtimes.len(), hello.live_tasks), (1, 0));
    let Welcome::Refusal(refusal) = welcome(FUTURE, "Refusal") else { panic!("this is a Refusal") };
    assert_eq!((refusal.refused, refusal.message.as_str()), (Refused::Other, "come back on Monday"));
    let greeting: Greeting = serde_json::from_slice(&first_of(FUTURE, "Greeting").unwrap()).unwrap();
    assert_eq!(greeting, Greeting::default());
}
