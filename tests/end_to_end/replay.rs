//! A recording on the screen: playing, standing still, and going to any moment of it.

use std::path::PathBuf;
use taskscope_model::change::{Complete, Counted, Ended, Handled, Spawned, Tick};
use taskscope_model::codes::{Counter, HandleState, Outcome, TaskKind};
use taskscope_model::frame::{FrameWriter, Told, preamble};
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::{At, Change, Fact, Source, TaskId};
use taskscope_tests::{Pane, Place, taskscope};

const SECOND: u64 = 1_000_000_000;
/// So many in a second, for a minute.
const MOMENTS: u64 = 10;
const LENGTH: u64 = 60;

fn hello() -> Hello {
    Hello {
        pid: 4711,
        program: "recorded".to_owned(),
        source: Source::AGENT,
        agent: "taskscope-agent 0.1.0".to_owned(),
        mode: "on".to_owned(),
        started_at: At(0),
        clock: ClockPair { monotonic_ns: 0, wall_ns: 1_700_000_000 * SECOND },
        rights: Rights::ALL,
        runtimes: Vec::new(),
        coverage: Vec::new(),
        live_tasks: 0,
        console: None,
    }
}

/// Each second a task more; that of the tenth panics in the twentieth, and nobody looks.
fn told(second: u64) -> Vec<Fact> {
    let at = At(second * SECOND);
    let mut facts: Vec<Fact> = vec![Tick { at }.into()];
    let (kind, none) = (TaskKind::ASYNC, None);
    let task = TaskId(second + 1);
    facts.push(
        Spawned { task, kind, runtime: none, parent: None, location: None, chain: None, at: Some(at) }.into(),
    );
    if second == 20 {
        let task = TaskId(11);
        facts.push(Ended { task, at, outcome: Outcome::PANICKED }.into());
        facts.push(Handled { task, handle: HandleState::DROPPED, at }.into());
    }
    let ended = u64::from(second >= 20);
    facts.push(Counted { counter: Counter::LIVE, count: second + 1 - ended }.into());
    if second == 0 {
        facts.push(Complete { subscription: 1 }.into());
    }
    facts.extend((1..MOMENTS).map(|part| Tick { at: At(at.0 + part * SECOND / MOMENTS) }.into()));
    facts
}

/// A minute of a program, cut off in the middle of its last Change.
fn recording(place: &Place) -> PathBuf {
    let mut bytes = preamble(&hello()).expect("this is JSON");
    for second in 0..=LENGTH {
        let mut frames = FrameWriter::default();
        told(second).into_iter().for_each(|fact| {
            frames.push(&Told::Change(Change { source: Source::AGENT, fact }));
        });
        bytes.extend(frames.take());
    }
    let path = place.path().join("a-minute");
    std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("the place is ours");
    path
}

#[test]
fn a_replay_goes_to_any_moment() {
    let place = Place::new();
    let path = recording(&place);
    let mut pane = Pane::open(place.command(taskscope()).arg("replay").arg(path), (110, 24));
    let line = pane.until("it to play", |text| text.contains(" ▶ 1×  ") && text.contains(" of 1m"));
    assert!(line.contains("cut off at its end"), "{line}");
    assert!(line.contains("recorded  pid 4711"), "{line}");
    pane.keys(":pause\r");
    pane.until("it to stand still", |text| text.contains(" ■ 1×  "));
    pane.keys(":seek 5s\r");
    pane.until("that moment", |text| text.contains("  5.00s of 1m") && text.contains(" 6 live"));
    pane.keys(",");
    pane.until("the moment before", |text| text.contains("  4.90s of 1m") && text.contains(" 5 live"));
    pane.keys("...");
    pane.until("three moments on", |text| text.contains("  5.20s of 1m") && text.contains(" 6 live"));
    pane.keys(")");
    pane.until("ten seconds on", |text| text.contains("  15.0s of 1m") && text.contains("healthy"));
    pane.keys("}");
    let found =
        pane.until("the finding", |text| text.contains("  20.0s of 1m") && text.contains("1 finding"));
    assert!(found.contains("22:13:40 UTC"), "the time of day then: {found}");
    pane.keys("}");
    pane.until("that there is no other", |text| text.contains("no further finding"));
    pane.keys(":seek end\r");
    pane.until("the end", |text| text.contains("  1m of 1m") && text.contains(" 60 live"));
    pane.keys("{");
    pane.until("the finding again", |text| text.contains("  20.0s of 1m") && text.contains(" 20 live"));
    pane.keys("++ ");
    pane.until("it to play on, faster", |text| text.contains(" ▶ 5×  "));
    pane.until("the end", |text| text.contains(" ■ 5×  1m of 1m") && text.contains(" 60 live"));
    pane.keys(":cancel 1\r");
    pane.until("that it is a recording", |text| text.contains("this is a recording"));
    pane.keys("\x1bq");
    assert!(pane.wait().success());
}
