//! What a program offers, and what became of it: examples, and by chance.

use super::arbitrary::{at, nanos, number, place, task_id, word};
use super::examples::told;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use taskscope_model::change::{Offered, Withdrawn};
use taskscope_model::codes::{CallOutcome, OfferKind, Source};
use taskscope_model::frame::Told;
use taskscope_model::request::*;
use taskscope_model::{At, Change, Fact, LocationId, Nanos, RuntimeId, TaskId, World};

pub(super) fn facts() -> Vec<(String, Told)> {
    let agent = Source::AGENT;
    let withdrawn = Withdrawn { kind: OfferKind::VALUE, name: "pool".to_owned() };
    vec![
        told("Offered", agent, flush()),
        told(
            "Offered.least",
            agent,
            Offered { kind: OfferKind::VALUE, help: String::new(), runtime: None, location: None, ..flush() },
        ),
        told("Withdrawn", agent, withdrawn),
    ]
}

fn flush() -> Offered {
    Offered {
        kind: OfferKind::COMMAND,
        name: "flush".to_owned(),
        help: "write caches".to_owned(),
        runtime: Some(RuntimeId(1)),
        location: Some(LocationId(300)),
        at: At(1_000_000),
    }
}

pub(super) fn answers() -> Vec<(String, Told)> {
    let called = Called {
        number: 8,
        task: Some(TaskId(4711)),
        outcome: CallOutcome::RETURNED,
        text: "12 pages".to_owned(),
        cut: 300,
        took: Nanos(2_500_000),
    };
    let least = Called { task: None, outcome: CallOutcome::NOT_BEGUN, text: String::new(), ..called.clone() };
    let value = Evaluation {
        name: "pool".to_owned(),
        outcome: CallOutcome::RETURNED,
        text: "7 of 16".to_owned(),
        cut: 0,
        took: Nanos(1_000),
    };
    let answers: [(&str, Answer); 5] = [
        ("Waiting", Waiting { number: 8, message: "all workers are blocked".to_owned() }.into()),
        ("Called", called.into()),
        ("Called.least", least.into()),
        ("Evaluated", Evaluated { number: 9, values: vec![value] }.into()),
        ("Evaluated.least", Evaluated { number: 9, values: vec![] }.into()),
    ];
    answers.map(|(name, answer)| (name.to_owned(), Told::Answer(answer))).into()
}

pub(super) fn requests() -> Vec<(String, Request)> {
    let call = Execute {
        number: 8,
        name: "flush".to_owned(),
        arguments: vec!["all".to_owned(), String::new()],
        within: Nanos(30_000_000_000),
    };
    let least = Execute { arguments: vec![], within: Nanos(0), ..call.clone() };
    vec![
        ("Execute".to_owned(), call.into()),
        ("Execute.least".to_owned(), least.into()),
        (
            "Evaluate".to_owned(),
            Evaluate { number: 9, names: vec!["pool".to_owned()], within: Nanos(1_000_000_000) }.into(),
        ),
        ("Evaluate.least".to_owned(), Evaluate { number: 9, names: vec![], within: Nanos(0) }.into()),
        ("Raise".to_owned(), Raise { number: 10, signal: 15 }.into()),
    ]
}

/// An offer or the end of one, of few names.
pub(super) fn fact() -> impl Strategy<Value = Fact> {
    let (kind, name) = (|| (0..4u8).prop_map(OfferKind), || "[ab]");
    let offered = (kind(), name(), word(), of((0..2u32).prop_map(RuntimeId)), of(place()), at()).prop_map(
        |(kind, name, help, runtime, location, at)| {
            Offered { kind, name, help, runtime, location, at }.into()
        },
    );
    let withdrawn = (kind(), name()).prop_map(|(kind, name)| Withdrawn { kind, name }.into());
    prop_oneof![2 => offered, 1 => withdrawn]
}

fn outcome() -> impl Strategy<Value = CallOutcome> {
    (0..9u8).prop_map(CallOutcome)
}

pub(super) fn answer() -> impl Strategy<Value = Answer> {
    let waiting = (any::<u32>(), word()).prop_map(|(number, message)| Waiting { number, message }.into());
    let called = (any::<u32>(), of(task_id()), outcome(), word(), number(), nanos()).prop_map(
        |(number, task, outcome, text, cut, took)| Called { number, task, outcome, text, cut, took }.into(),
    );
    let value = (word(), outcome(), word(), number(), nanos())
        .prop_map(|(name, outcome, text, cut, took)| Evaluation { name, outcome, text, cut, took });
    let evaluated =
        (any::<u32>(), vec(value, 0..3)).prop_map(|(number, values)| Evaluated { number, values }.into());
    prop_oneof![waiting, called, evaluated]
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    let call = (any::<u32>(), word(), vec(word(), 0..3), nanos())
        .prop_map(|(number, name, arguments, within)| Execute { number, name, arguments, within }.into());
    let evaluate = (any::<u32>(), vec(word(), 0..3), nanos())
        .prop_map(|(number, names, within)| Evaluate { number, names, within }.into());
    let raise = (any::<u32>(), any::<i32>()).prop_map(|(number, signal)| Raise { number, signal }.into());
    prop_oneof![call, evaluate, raise]
}

#[test]
fn what_is_offered_holds_until_it_is_withdrawn() {
    let mut world = World::default();
    let mut tell = |fact: Fact| world.apply(&Change { source: Source::AGENT, fact });
    let value = Offered { kind: OfferKind::VALUE, ..flush() };
    tell(value.clone().into());
    tell(Offered { help: "as before".to_owned(), ..flush() }.into());
    tell(flush().into());
    assert_eq!(world.offers().collect::<Vec<_>>(), [&flush(), &value], "the latest of each kind");
    world.apply(&Change {
        source: Source::AGENT,
        fact: Withdrawn { kind: OfferKind::COMMAND, name: "flush".to_owned() }.into(),
    });
    assert_eq!(world.offers().collect::<Vec<_>>(), [&value]);
}

#[test]
fn an_answer_gives_the_number_of_its_request() {
    for (name, told) in answers() {
        let Told::Answer(answer) = told else { panic!("{name} is an answer") };
        assert_eq!(answer.number(), if name.starts_with("Evaluated") { 9 } else { 8 }, "{name}");
    }
}
