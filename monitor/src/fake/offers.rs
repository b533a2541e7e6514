//! What a program offers, and how it answers those who ask for it.

use taskscope_model::change::Offered;
use taskscope_model::codes::{CallOutcome, OfferKind};
use taskscope_model::request::{Answer, Called, Done, Evaluate, Evaluated, Evaluation, Execute, Request};
use taskscope_model::{At, Change, LocationId, Nanos, RuntimeId, Source, TaskId};

/// The program of [`changes`](super::changes), with a command and a value of its own.
pub(crate) fn offers() -> Vec<Change> {
    let offered = |kind, name: &str, help: &str| {
        let (runtime, location) = (Some(RuntimeId(0)), Some(LocationId(1)));
        let fact = Offered { kind, name: name.into(), help: help.into(), runtime, location, at: At(0) };
        Change { source: Source::AGENT, fact: fact.into() }
    };
    let mut changes = super::changes();
    changes.push(offered(OfferKind::COMMAND, "flush", "write caches"));
    changes.push(offered(OfferKind::VALUE, "pool", "connections in use"));
    changes
}

/// The answer to a request that is about the program as a whole.
pub(super) fn answer(request: &Request) -> Option<Answer> {
    let took = Nanos(1_500_000);
    Some(match request {
        Request::Switch(it) => {
            Done { number: it.number, message: format!("goes on in mode {}", it.mode) }.into()
        }
        Request::SetLimit(it) => Done { number: it.number, message: "polls are slow".to_owned() }.into(),
        Request::Execute(Execute { number, name, .. }) => {
            let (outcome, task) = (CallOutcome::RETURNED, Some(TaskId(77)));
            let text = format!("{name}ed 3 caches");
            Called { number: *number, task, outcome, text, cut: 0, took }.into()
        }
        Request::Evaluate(Evaluate { number, .. }) => {
            let (name, text) = ("pool".to_owned(), "7 of 10".to_owned());
            let values = vec![Evaluation { name, outcome: CallOutcome::RETURNED, text, cut: 0, took }];
            Evaluated { number: *number, values }.into()
        }
        _ => return None,
    })
}
