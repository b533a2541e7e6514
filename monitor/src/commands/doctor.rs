//! `taskscope doctor`

use super::fetch::Attached;
use crate::cli::Reading;
use crate::exit::CommandError;
use crate::print::{Output, json, words};
use crate::source::name_of;
use serde::Serialize;
use std::collections::BTreeSet;
use taskscope_model::World;
use taskscope_model::change::Coverage;
use taskscope_model::codes::{Counter, Seen};
use taskscope_model::hello::{Hello, Rights};
use taskscope_model::request::Subscribe;

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    agent: &'a str,
    mode: &'a str,
    rights: Rights,
    coverage: json::Coverage<'a>,
}

/// Says what can and cannot be seen in the program.
pub(crate) fn doctor(options: &Reading, out: &mut Output) -> Result<(), CommandError> {
    let mut attached = Attached::to(&options.target)?;
    attached.fetch(Subscribe { once: true, limit: 1, ..Subscribe::default() })?;
    let (hello, world) = (attached.session.hello(), attached.session.world());
    if options.json {
        let report = Report {
            process: json::Process::of(hello),
            agent: &hello.agent,
            mode: &hello.mode,
            rights: hello.rights,
            coverage: json::coverage(world),
        };
        return Ok(out.json(&report)?);
    }
    Ok(out.text(&text(hello, world))?)
}

fn text(hello: &Hello, world: &World) -> String {
    let name = format!("{}, {}, mode {}", name_of(hello), hello.agent, hello.mode);
    let mut text = format!("{}\n", words::harmless(&name));
    text.push_str(&format!("this connection may: {}\n\n", rights(hello.rights)));
    let topics: BTreeSet<_> = world.coverage().map(|(_, it)| it.topic.as_str()).collect();
    let width = topics.iter().map(|topic| topic.chars().count()).max().unwrap_or(0);
    for coverage in topics.into_iter().filter_map(|topic| world.coverage_of(topic)) {
        text.push_str(&about(coverage, width));
    }
    for (counter, what) in NOTES {
        if let Some(count) = world.counted(*counter).filter(|count| *count > 0) {
            text.push_str(&format!("{count} {what}\n"));
        }
    }
    text
}

/// Counts that tell of something that is not seen.
const NOTES: &[(Counter, &str)] = &[
    (Counter::UNTRACKED, "live tasks are not tracked: the agent's table was full"),
    (Counter::HISTORY_DROPPED, "ended tasks are no longer remembered"),
    (Counter::PLACES_MERGED, "spawn locations and chains were too many and are shown as one"),
    (Counter::CONNECTIONS_REFUSED, "connections were refused because too many were open"),
];

fn about(coverage: &Coverage, width: usize) -> String {
    let seen = match coverage.seen {
        Seen::YES => "seen",
        Seen::PARTLY => "partly",
        Seen::NO => "not seen",
        _ => "unknown",
    };
    let mut text = format!("{seen:<10}{:<width$}", words::harmless(&coverage.topic));
    if !coverage.why.is_empty() {
        text.push_str(&format!("  {}", words::harmless(&coverage.why)));
    }
    let mut text = format!("{}\n", text.trim_end());
    if !coverage.remedy.is_empty() {
        let indent = 10 + width + 2;
        text.push_str(&format!("{:indent$}to change it: {}\n", "", words::harmless(&coverage.remedy)));
    }
    text
}

fn rights(rights: Rights) -> String {
    let all = [(rights.read, "read"), (rights.control, "control"), (rights.memory, "memory")];
    let granted: Vec<_> = all.iter().filter(|(granted, _)| *granted).map(|(_, name)| *name).collect();
    if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") }
}
