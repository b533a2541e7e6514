//! `taskscope check`

use super::fetch::{Attached, Came};
use super::findings::{show, subscription};
use crate::cli::Target;
use crate::cli::diagnosis::Check;
use crate::clock::Deadline;
use crate::exit::{CommandError, Exit};
use crate::print::{Output, words};
use crate::rows::findings::FindingRow;
use crate::session::Session;
use crate::source::AttachError;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;
use taskscope_model::detect::Event;
use taskscope_model::task::By;
use taskscope_model::{Finding, Kind, LocationId};

/// How often what has come up is taken down.
const EVERY: Duration = Duration::from_millis(200);

/// Watches the program for a while, and says whether anything was wrong in that time, also what no longer is.
pub(crate) fn check(options: &Check, out: &mut Output) -> Result<Exit, CommandError> {
    let target = Target { target: Some(options.target.clone()), token_file: options.token_file.clone() };
    let mut attached = Attached::to(&target)?;
    attached.fetch(subscription(attached.is_recording()))?;
    let mut seen = Seen::default();
    let lost = match attached.is_recording() {
        true => None,
        false => watch(&mut attached, Duration::from_nanos(options.span.0), &mut seen)?,
    };
    seen.note(&mut attached.session);
    let rows = seen.rows(&attached.session);
    let found = rows.iter().filter(|row| options.fail.counts(row.severity, row.kind)).count();
    if let (0, Some(error)) = (found, lost) {
        return Err(error.into());
    }
    show(&attached, &rows, options.json, out)?;
    if found == 0 {
        return Ok(Exit::Done);
    }
    if !options.json {
        let verb = if found == 1 { "fails" } else { "fail" };
        out.text(&format!("\n{} {verb} this check\n", words::count(found as u64, "finding")))?;
    }
    Ok(Exit::Found)
}

/// Until the time has passed or the program has ended. A program that has died counts where nothing else is
/// found: its error is given back.
fn watch(
    attached: &mut Attached,
    span: Duration,
    seen: &mut Seen,
) -> Result<Option<AttachError>, CommandError> {
    let deadline = Deadline::after(Some(span));
    while let Ok(left) = deadline.left() {
        let came = attached.follow(left.map_or(EVERY, |left| left.min(EVERY)))?;
        seen.note(&mut attached.session);
        match came {
            Came::Time => {}
            Came::End { goodbye: true } => return Ok(None),
            Came::End { goodbye: false } => return Ok(Some(attached.gone(false))),
        }
    }
    Ok(None)
}

/// Every finding that there was, as it was last.
#[derive(Default)]
struct Seen(BTreeMap<(Kind, Option<By<LocationId>>), Finding>);

impl Seen {
    fn note(&mut self, session: &mut Session) {
        let events = session.take_events().into_iter().filter_map(|event| match event {
            Event::Raised(finding) | Event::Updated(finding) => Some(finding),
            Event::Cleared(_) => None,
        });
        for finding in events.chain(session.findings().cloned()) {
            self.0.insert((finding.kind, finding.location), finding);
        }
    }

    /// Worst first.
    fn rows(&self, session: &Session) -> Vec<FindingRow> {
        let mut rows: Vec<_> =
            self.0.values().map(|finding| FindingRow::of(finding, session.world())).collect();
        rows.sort_by_key(|row| Reverse(row.severity));
        rows
    }
}
