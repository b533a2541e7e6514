//! Who has asked for the program's own commands and values, and the answers. The program's code runs elsewhere:
//! here is only looked whether it is done.

mod why;

use crate::core::Core;
use crate::offers::{Reckoned, Run, Went, reckon, start};
use std::sync::Arc;
use taskscope_model::codes::{CallOutcome, OfferKind, Reason};
use taskscope_model::request::{Answer, Called, Denied, Evaluate, Evaluated, Evaluation, Execute, Waiting};
use taskscope_model::{At, Nanos};
use why::why_not_begun;

/// Most commands that run at the same time, those included for which nobody waits any more; most requests for
/// values.
const MOST_RUNS: usize = 16;
const MOST_RECKONINGS: usize = 4;
/// How long an answer may take if the client does not say: of a command, of a value; and at most. Nanoseconds.
const COMMAND_TIME: u64 = 30_000_000_000;
const VALUE_TIME: u64 = 1_000_000_000;
const MOST_TIME: u64 = 3_600_000_000_000;
/// After so long it is said that a command has not begun, nanoseconds.
const SAY_WAITING: u64 = 300_000_000;

/// Those who wait.
#[derive(Default)]
pub(super) struct Calls {
    runs: Vec<Running>,
    reckonings: Vec<Reckoning>,
}

struct Running {
    client: usize,
    number: u32,
    name: String,
    run: Arc<Run>,
    since: At,
    until: At,
    has_said_waiting: bool,
    /// Whether the client has its answer; the task may run on.
    answered: bool,
}

struct Reckoning {
    client: usize,
    number: u32,
    values: Vec<(String, Wanted)>,
    since: At,
    until: At,
}

enum Wanted {
    Reckoned(Arc<Reckoned>, Option<(Went, Nanos)>),
    Not(Went),
}

fn denied(number: u32, reason: Reason, message: String) -> Answer {
    Denied { number, reason, message }.into()
}

fn until(now: At, within: Nanos, usual: u64) -> At {
    At(now.0.saturating_add(if within.0 == 0 { usual } else { within.0.min(MOST_TIME) }))
}

impl Calls {
    /// Somebody wants a command to run; an answer, if that is not possible.
    pub(super) fn execute(&mut self, core: &'static Core, client: usize, asked: Execute, now: At) -> Option<Answer> {
        let Execute { number, name, arguments, within } = asked;
        if self.runs.len() >= MOST_RUNS {
            let why = format!("{MOST_RUNS} commands run already: `taskscope ps --filter task_kind:command` lists them");
            return Some(denied(number, Reason::IMPOSSIBLE, why));
        }
        let Some(offer) = core.offers.find(OfferKind::COMMAND, &name) else {
            let why = format!("the program offers no command `{}`; {}", shown(&name), there_is(core, OfferKind::COMMAND));
            return Some(denied(number, Reason::WRONG_QUERY, why));
        };
        let run = match start(core, offer, arguments) {
            Ok(run) => run,
            Err(error) => return Some(denied(number, Reason::IMPOSSIBLE, format!("no thread for it: {error}"))),
        };
        let until = until(now, within, COMMAND_TIME);
        let (has_said_waiting, answered) = (false, false);
        self.runs.push(Running { client, number, name, run, since: now, until, has_said_waiting, answered });
        None
    }

    /// Somebody wants to know values; an answer, if that is not possible.
    pub(super) fn evaluate(&mut self, core: &'static Core, client: usize, asked: Evaluate, now: At) -> Option<Answer> {
        let Evaluate { number, names, within } = asked;
        if self.reckonings.len() >= MOST_RECKONINGS {
            let why = "others ask for values, and have no answer yet: try again".to_owned();
            return Some(denied(number, Reason::IMPOSSIBLE, why));
        }
        let mut wanted = names;
        if wanted.is_empty() {
            let offers = core.offers.all().1.into_iter().filter(|offer| offer.kind == OfferKind::VALUE);
            wanted = offers.map(|offer| offer.name).collect();
            wanted.sort();
        }
        let values = wanted.into_iter().map(|name| {
            let value = match core.offers.find(OfferKind::VALUE, &name) {
                None => {
                    let why = format!("the program offers no such value; {}", there_is(core, OfferKind::VALUE));
                    Wanted::Not(Went { outcome: CallOutcome::UNKNOWN_NAME, text: why, cut: 0 })
                }
                Some(offer) => match reckon(core, offer) {
                    Ok(reckoned) => Wanted::Reckoned(reckoned, None),
                    Err(error) => {
                        let text = format!("no thread for it: {error}");
                        Wanted::Not(Went { outcome: CallOutcome::FAILED, text, cut: 0 })
                    }
                },
            };
            (name, value)
        });
        let (values, until) = (values.collect(), until(now, within, VALUE_TIME));
        self.reckonings.push(Reckoning { client, number, values, since: now, until });
        None
    }

    /// When to look again by itself; `None`: nobody waits for the time.
    pub(super) fn deadline(&self) -> Option<At> {
        let runs = self.runs.iter().filter(|running| !running.answered).map(|running| {
            let is_told = running.has_said_waiting || running.run.has_begun();
            if is_told { running.until } else { running.until.min(At(running.since.0 + SAY_WAITING)) }
        });
        runs.chain(self.reckonings.iter().map(|reckoning| reckoning.until)).min()
    }

    /// The answers that can be given now, each for a client.
    pub(super) fn look(&mut self, core: &'static Core, now: At) -> Vec<(usize, Answer)> {
        let mut answers = Vec::new();
        self.runs.retain_mut(|running| {
            let (answer, is_over) = running.look(core, now);
            answers.extend(answer.map(|answer| (running.client, answer)));
            !is_over
        });
        self.reckonings.retain_mut(|reckoning| {
            let answer = reckoning.look(now);
            let is_over = answer.is_some();
            answers.extend(answer.map(|answer| (reckoning.client, answer)));
            !is_over
        });
        answers
    }
}

impl Running {
    /// The answer that can be given now, and whether it is over.
    fn look(&mut self, core: &'static Core, now: At) -> (Option<Answer>, bool) {
        let went = self.run.went();
        let is_over = went.is_some();
        if self.answered {
            return (None, is_over);
        }
        let went = match went {
            Some(went) => went,
            None if now >= self.until => self.late(core, now),
            None if !self.has_said_waiting && !self.run.has_begun() && now.since(self.since).0 >= SAY_WAITING => {
                self.has_said_waiting = true;
                let message = format!("{} waits: {}", self.name, why_not_begun(core, self.run.task(), now));
                return (Some(Waiting { number: self.number, message }.into()), false);
            }
            None => return (None, false),
        };
        self.answered = true;
        let Went { outcome, text, cut } = went;
        let (task, took) = (self.run.task(), now.since(self.since));
        (Some(Called { number: self.number, task, outcome, text, cut, took }.into()), is_over)
    }

    /// Its time has passed: if it has not begun, it is not to begin any more.
    fn late(&self, core: &'static Core, now: At) -> Went {
        let within = self.until.since(self.since);
        if self.run.take_back() {
            let why = why_not_begun(core, self.run.task(), now);
            let text = format!("not begun within {within}, and taken back: {why}");
            return Went { outcome: CallOutcome::NOT_BEGUN, text, cut: 0 };
        }
        let text = match self.run.task() {
            Some(task) => format!("it goes on as task {task} after {within}"),
            None => format!("it goes on after {within}"),
        };
        Went { outcome: CallOutcome::RUNNING, text, cut: 0 }
    }
}

impl Reckoning {
    fn look(&mut self, now: At) -> Option<Answer> {
        let took = now.since(self.since);
        for (_, value) in &mut self.values {
            if let Wanted::Reckoned(reckoned, went @ None) = value {
                *went = reckoned.went().map(|went| (went, took));
            }
        }
        let waits = |(_, value): &(String, Wanted)| matches!(value, Wanted::Reckoned(_, None));
        if now < self.until && self.values.iter().any(waits) {
            return None;
        }
        let values = std::mem::take(&mut self.values).into_iter().map(|(name, value)| {
            let (Went { outcome, text, cut }, took) = match value {
                Wanted::Not(went) => (went, Nanos(0)),
                Wanted::Reckoned(_, Some(went)) => went,
                Wanted::Reckoned(_, None) => {
                    let text = format!("no value within {}", self.until.since(self.since));
                    (Went { outcome: CallOutcome::RUNNING, text, cut: 0 }, took)
                }
            };
            Evaluation { name, outcome, text, cut, took }
        });
        Some(Evaluated { number: self.number, values: values.collect() }.into())
    }
}

/// A name that somebody has typed.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

/// What is offered, in words.
fn there_is(core: &Core, kind: OfferKind) -> String {
    const SHOWN: usize = 16;
    let offers = core.offers.all().1.into_iter().filter(|offer| offer.kind == kind);
    let mut names: Vec<_> = offers.map(|offer| offer.name).collect();
    names.sort();
    match names.len() {
        0 => "it offers none".to_owned(),
        1..=SHOWN => format!("it offers {}", names.join(", ")),
        more => format!("it offers {} and {} more", names[..SHOWN].join(", "), more - SHOWN),
    }
}
