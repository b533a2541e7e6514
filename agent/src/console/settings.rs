//! What the environment says of console-subscriber, in its own variables. console-subscriber would panic at what
//! cannot be understood; here it is named in one line and left out.

use crate::environment::{complain, read};
use console_subscriber::{Builder, ConsoleLayer};
use std::time::Duration;

/// How long ended tasks are kept for late comers: as long as tokio-console shows them. An hour, as console-subscriber
/// has it, would cost 50 KB for every task that ended in it.
const RETENTION: Duration = Duration::from_secs(6);

/// console-subscriber's settings.
pub(super) fn builder() -> Builder {
    let mut builder = ConsoleLayer::builder().retention(RETENTION);
    if let Some(retention) = span("TOKIO_CONSOLE_RETENTION") {
        builder = builder.retention(retention);
    }
    // It would panic at an interval of nothing.
    if let Some(interval) = span("TOKIO_CONSOLE_PUBLISH_INTERVAL").filter(|interval| !interval.is_zero()) {
        builder = builder.publish_interval(interval);
    }
    if let Some(events) = events("TOKIO_CONSOLE_BUFFER_CAPACITY") {
        builder = builder.event_buffer_capacity(events);
    }
    builder
}

fn span(name: &str) -> Option<Duration> {
    let text = read(name)?;
    let parsed = humantime::parse_duration(&text);
    parsed.map_err(|_| complain(name, &text, "a duration such as 6s is wanted")).ok()
}

fn events(name: &str) -> Option<usize> {
    let text = read(name)?;
    let number = text.parse().ok().filter(|number| *number > 0);
    if number.is_none() {
        complain(name, &text, "a number of events is wanted");
    }
    number
}
