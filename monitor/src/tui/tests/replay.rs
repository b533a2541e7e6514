//! A recording on the screen: its time line.

use super::panels::{busy_server, with_findings};
use super::world::S;
use super::{Action, Screen};
use crate::replay::{End, Mark, Speed, TimeLine};
use std::sync::Arc;
use taskscope_model::hello::ClockPair;
use taskscope_model::{At, Severity};

fn time_line() -> TimeLine {
    let mark = |second: u64, severity| Mark { at: At(second * S), severity, message: String::new() };
    TimeLine {
        at: At(100 * S),
        start: At(20 * S),
        known_to: At(320 * S),
        end: Some(End::Whole),
        scanned: 100,
        playing: true,
        speed: Speed::default().faster(),
        marks: Arc::new(vec![
            mark(61, Severity::Warning),
            mark(180, Severity::Error),
            mark(240, Severity::Warning),
        ]),
        clock: ClockPair { monotonic_ns: 10 * S, wall_ns: 1_700_000_000 * S },
        notice: None,
    }
}

/// A recording of a busy server in the middle of being played.
pub(super) fn played(width: u16, height: u16) -> Screen {
    let mut screen = with_findings(busy_server(width, height));
    screen.act(Action::Replayed(Box::new(time_line())));
    screen
}

#[test]
fn a_recording_has_a_time_line() {
    insta::assert_snapshot!("a_recording_is_played", played(100, 16).text());
    let mut screen = played(60, 12);
    let line = TimeLine { playing: false, end: Some(End::Cut), ..time_line() };
    screen.act(Action::Replayed(Box::new(line)));
    insta::assert_snapshot!("a_recording_in_a_narrow_terminal", screen.text());
    let reading =
        TimeLine { end: None, scanned: 40, notice: Some("no further finding".to_owned()), ..time_line() };
    screen.act(Action::Replayed(Box::new(reading)));
    let text = screen.text();
    assert!(text.contains("no further finding"), "{text}");
}
