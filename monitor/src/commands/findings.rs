//! `taskscope findings`

use super::fetch::{Attached, Came};
use crate::cli::diagnosis::Findings;
use crate::exit::CommandError;
use crate::print::{Look, Output, findings, headline, json};
use crate::rows::findings::{FindingRow, Health};
use crate::session::Session;
use serde::Serialize;
use std::time::Duration;
use taskscope_model::detect::Event;
use taskscope_model::request::Subscribe;
use taskscope_model::{Finding, Severity};

/// How often `--follow` says what has changed of a finding. A new one is said at once.
const EVERY: Duration = Duration::from_secs(1);
/// For so long other new ones are awaited then: what is wrong in one place is often wrong in many.
const GATHER: Duration = Duration::from_millis(10);

#[derive(Serialize)]
struct Report<'a> {
    process: json::Process<'a>,
    coverage: json::Coverage<'a>,
    findings: Vec<json::Finding<'a>>,
}

/// Says what is wrong in the program.
pub(crate) fn findings(options: &Findings, out: &mut Output) -> Result<(), CommandError> {
    let mut attached = Attached::to(&options.target)?;
    attached.fetch(subscription(!options.follow))?;
    show(&attached, &rows(&attached.session, options.min), options.json, out)?;
    if !options.follow || attached.is_recording() {
        return Ok(());
    }
    attached.session.take_events();
    loop {
        let mut came = attached.follow_until(EVERY, Session::has_raised)?;
        if let (Came::Time, true) = (&came, attached.session.has_raised()) {
            came = attached.follow(GATHER)?;
        }
        let events = attached.session.take_events();
        let told: Vec<_> = events.iter().filter(|event| of(event).severity >= options.min).collect();
        if options.json && !told.is_empty() {
            show(&attached, &rows(&attached.session, options.min), true, out)?;
        } else {
            let text: String =
                told.iter().map(|event| what_happened(event, &attached.session, out.look())).collect();
            out.text(&text)?;
        }
        if let Came::End { goodbye } = came {
            return match goodbye {
                true if options.json => Ok(()),
                true => Ok(out.text(&format!("{} has ended\n", attached.name()))?),
                false => Err(attached.gone(false).into()),
            };
        }
    }
}

/// What a diagnosis needs to be told: everything.
pub(super) fn subscription(once: bool) -> Subscribe {
    Subscribe { ended: true, totals: true, once, ..Subscribe::default() }
}

/// The findings that hold, worst first.
pub(super) fn rows(session: &Session, least: Severity) -> Vec<FindingRow> {
    let findings = session.findings().filter(|finding| finding.severity >= least);
    findings.map(|finding| FindingRow::of(finding, session.world())).collect()
}

/// Writes them all.
pub(super) fn show(
    attached: &Attached,
    rows: &[FindingRow],
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let (hello, world) = (attached.session.hello(), attached.session.world());
    if json {
        return Ok(out.json(&Report {
            process: json::Process::of(hello),
            coverage: json::coverage(world),
            findings: rows.iter().map(json::Finding::of).collect(),
        })?);
    }
    let head = headline::headline(hello, world, 0, attached.is_recording());
    Ok(out.text(&format!("{head}\n{}", list(rows, out.look())))?)
}

/// How many there are, and each.
pub(super) fn list(rows: &[FindingRow], look: Look) -> String {
    let health = Health::of(rows.iter().map(|row| row.severity));
    let mut text = format!("{}\n", findings::tally(health));
    for row in rows {
        text.push('\n');
        text.push_str(&findings::text(row, look));
    }
    text
}

fn of(event: &Event) -> &Finding {
    match event {
        Event::Raised(finding) | Event::Updated(finding) | Event::Cleared(finding) => finding,
    }
}

fn what_happened(event: &Event, session: &Session, look: Look) -> String {
    let row = FindingRow::of(of(event), session.world());
    match event {
        Event::Raised(_) => format!("\n{}", findings::text(&row, look)),
        Event::Updated(_) => format!("\nagain:\n{}", findings::text(&row, look)),
        Event::Cleared(_) => format!("\nno longer so:\n{}", findings::text(&row, look)),
    }
}
