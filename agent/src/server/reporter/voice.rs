//! Where findings are written: to the program's `tracing` subscriber if it has a global one, else to standard
//! error. Always from the agent's own thread.

use std::io::Write;
use taskscope_model::{Finding, Severity};
use tracing::subscriber::NoSubscriber;

/// Writes a line that is no finding.
pub(super) fn say(line: &str) {
    if somebody_listens() {
        tracing::info!(target: "taskscope", "{line}");
    } else {
        write(line);
    }
}

/// Writes a finding; `place` is where, if its message does not say so.
pub(super) fn find(finding: &Finding, place: &str) {
    let (kind, message, advice) = (finding.kind.name(), &finding.message, &finding.advice);
    if !somebody_listens() {
        let advice = if advice.is_empty() { String::new() } else { format!("; {advice}") };
        return write(&format!("{} {kind}: {message}{place}{advice}", finding.severity));
    }
    match finding.severity {
        Severity::Info => tracing::info!(target: "taskscope", kind, advice, "{message}{place}"),
        Severity::Warning => tracing::warn!(target: "taskscope", kind, advice, "{message}{place}"),
        Severity::Error => tracing::error!(target: "taskscope", kind, advice, "{message}{place}"),
    }
}

/// Whether there is a global subscriber. Whether there ever was one, of one thread perhaps, says nothing of the agent's.
fn somebody_listens() -> bool {
    tracing::dispatcher::get_default(|subscriber| !subscriber.is::<NoSubscriber>())
}

fn write(line: &str) {
    // Nobody may read standard error; that must not end the server.
    let _ = writeln!(std::io::stderr(), "taskscope: {line}");
}
