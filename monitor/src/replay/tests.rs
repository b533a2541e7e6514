//! Whatever one does in a replay, what is believed at a moment is what is told until then.

use super::scan::Index;
use super::snapshots::Snapshots;
use super::*;
use crate::fake;
use crate::source::Heard;
use taskscope_model::change::{Complete, Ended, Handled, Polled, Spawned, Tick};
use taskscope_model::codes::{HandleState, Outcome, TaskKind};
use taskscope_model::frame::{self, FrameWriter, Told};
use taskscope_model::{Fact, LocationId, Source, TaskId, World};

const MS: u64 = 1_000_000;
const START: u64 = 1_000 * MS;
/// Between two moments.
const APART: u64 = 100 * MS;
const MOMENTS: u64 = 100;
/// The moments at which a task panics, each spawned at another place, and nobody looks.
const BAD: [u64; 3] = [20, 60, 61];

fn change(fact: impl Into<Fact>) -> Change {
    Change { source: Source::AGENT, fact: fact.into() }
}

fn at(moment: u64) -> At {
    At(START + moment * APART)
}

/// What is told at a moment: at each a task is spawned, which ends five moments later.
fn told(moment: u64) -> Vec<Change> {
    let mut changes = vec![change(Tick { at: at(moment) })];
    changes.push(change(Spawned {
        task: TaskId(moment + 1),
        kind: TaskKind::ASYNC,
        runtime: None,
        parent: None,
        location: Some(LocationId(moment as u32)),
        chain: None,
        at: Some(at(moment)),
    }));
    for task in moment.saturating_sub(4)..=moment {
        changes.push(change(Polled {
            task: TaskId(task + 1),
            polls: moment - task,
            busy: Nanos(0),
            max_poll: Nanos(0),
            running_since: None,
            last_poll: None,
            worker: None,
            long_polls: Vec::new(),
        }));
    }
    if let Some(task) = moment.checked_sub(5) {
        let is_bad = BAD.contains(&moment);
        let outcome = if is_bad { Outcome::PANICKED } else { Outcome::COMPLETED };
        let task = TaskId(task + 1);
        changes.push(change(Ended { task, at: at(moment), outcome }));
        if is_bad {
            changes.push(change(Handled { task, handle: HandleState::DROPPED, at: at(moment) }));
        }
    }
    if moment == 0 {
        changes.push(change(Complete { subscription: 1 }));
    }
    changes
}

/// A file, a frame a moment.
fn recording() -> Vec<u8> {
    let mut bytes = frame::preamble(&fake::hello()).unwrap();
    for moment in 0..MOMENTS {
        let mut frames = FrameWriter::default();
        told(moment).iter().for_each(|change| frames.push(&Told::Change(change.clone())));
        bytes.extend(frames.take());
    }
    bytes
}

/// What is believed when everything up to a moment has been told.
fn believed(moment: u64) -> World {
    let mut session = Session::replayed(&fake::hello());
    for moment in 0..=moment {
        session.take(Heard::Changes(told(moment)));
    }
    session.world().clone()
}

/// A replay, and the session that a TUI would have.
struct Watched {
    player: Player,
    session: Session,
    line: Option<TimeLine>,
    now: At,
    _folder: tempfile::TempDir,
}

impl Watched {
    fn of(bytes: &[u8], snapshots: Snapshots) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording");
        std::fs::write(&path, bytes).unwrap();
        let index = Arc::new(Mutex::new(Index { snapshots, ..Index::default() }));
        let (player, scan) = Player::open(&path, Arc::clone(&index)).unwrap();
        scan.run(&index, &AtomicBool::new(false));
        let session = Session::replayed(&fake::hello());
        let mut watched = Self { player, session, line: None, now: At(7), _folder: folder };
        watched.turn();
        watched
    }

    fn turn(&mut self) {
        for played in self.player.turn(self.now).unwrap() {
            match played {
                Played::Changes(changes) => drop(self.session.take(Heard::Changes(changes))),
                Played::Moment(session) => self.session = *session,
                Played::Line(line) => self.line = Some(line),
            }
        }
    }

    fn order(&mut self, order: Order) -> &TimeLine {
        self.player.obey(order, self.now).unwrap();
        self.turn();
        self.line()
    }

    fn pass(&mut self, span: u64) {
        self.now = At(self.now.0 + span);
        self.turn();
    }

    fn line(&self) -> &TimeLine {
        self.line.as_ref().unwrap()
    }

    fn is_at(&self, moment: u64) {
        assert_eq!(self.line().at, at(moment));
        assert_eq!(self.session.world(), &believed(moment));
    }
}

fn whole() -> Watched {
    Watched::of(&recording(), Snapshots::bounded(1 << 20, 100))
}

#[test]
fn it_plays_in_the_time_of_the_program_or_another() {
    let mut replay = whole();
    replay.is_at(0);
    assert!(replay.line().playing);
    for moment in 1..5 {
        replay.pass(APART);
        replay.is_at(moment);
    }
    assert_eq!(replay.player.wait(replay.now), Some(Duration::from_nanos(APART)));
    replay.order(Order::Faster);
    replay.pass(APART);
    replay.is_at(6);
    replay.order(Order::Speed(Speed::parse("0.5").unwrap()));
    replay.pass(2 * APART);
    replay.is_at(7);
    replay.order(Order::Toggle);
    replay.pass(100 * APART);
    replay.is_at(7);
    assert!(!replay.line().playing);
    replay.order(Order::Speed(Speed::parse("1000x").unwrap()));
    replay.pass(APART);
    assert!(!replay.line().playing, "another speed is not to play");
    replay.order(Order::Toggle);
    replay.pass(APART);
    replay.is_at(MOMENTS - 1);
    assert!(!replay.line().playing && replay.line().is_at_end());
    replay.order(Order::Toggle);
    replay.is_at(0);
    assert!(replay.line().playing, "from the start again");
}

#[test]
fn every_moment_is_the_same_whichever_way_one_comes() {
    for (most, apart) in [(1 << 20, 1), (1 << 20, 100), (5_000, 1), (0, 1), (1 << 20, u64::MAX)] {
        let mut replay = Watched::of(&recording(), Snapshots::bounded(most, apart));
        let mut moment = 17;
        for _ in 0..200 {
            moment = (moment * 31 + 7) % MOMENTS;
            replay.order(Order::Seek(Nanos(moment * APART)));
            replay.is_at(moment);
        }
        replay.order(Order::Bound(Way::On));
        replay.is_at(MOMENTS - 1);
        for moment in (0..MOMENTS - 1).rev() {
            replay.order(Order::Step(Way::Back));
            replay.is_at(moment);
        }
        for moment in 1..MOMENTS {
            replay.order(Order::Step(Way::On));
            replay.is_at(moment);
        }
        replay.order(Order::Step(Way::On));
        replay.is_at(MOMENTS - 1);
        replay.order(Order::Skip(Way::Back, Nanos(10 * APART)));
        replay.is_at(MOMENTS - 11);
        replay.order(Order::Skip(Way::Back, Nanos(u64::MAX)));
        replay.is_at(0);
        replay.order(Order::Skip(Way::On, Nanos(3 * APART)));
        replay.is_at(3);
    }
}

#[test]
fn findings_are_marked_where_they_come_up_and_judged_then() {
    let mut replay = whole();
    let marks: Vec<_> = replay.line().marks.iter().map(|mark| mark.at).collect();
    assert_eq!(marks, BAD.map(at));
    for (number, moment) in BAD.into_iter().enumerate() {
        assert_eq!(replay.order(Order::Finding(Way::On)).notice, None);
        replay.is_at(moment);
        assert!(!replay.line().playing);
        assert_eq!(replay.session.health().ills(), number as u64 + 1, "no more than is known then");
    }
    let none = replay.order(Order::Finding(Way::On));
    assert_eq!(none.notice.as_deref(), Some("no further finding at warning or above"));
    for moment in BAD.into_iter().rev().skip(1) {
        replay.order(Order::Finding(Way::Back));
        replay.is_at(moment);
    }
    assert!(replay.order(Order::Finding(Way::Back)).notice.is_some());
    replay.order(Order::Bound(Way::Back));
    assert_eq!(replay.session.health().ills(), 0, "nothing is known of what comes");
}

#[test]
fn what_is_cut_off_is_played_up_to_the_cut() {
    let bytes = recording();
    let cut = Watched::of(&bytes[..bytes.len() - 1], Snapshots::default());
    assert_eq!(cut.line().end, Some(End::Cut));
    assert_eq!(cut.line().known_to, at(MOMENTS - 1), "only the last Change is missing");
    assert_eq!(whole().line().end, Some(End::Whole));
    let mut zeros = Watched::of(&[&bytes[..], &[0; 4096]].concat(), Snapshots::default());
    assert_eq!(zeros.line().end, Some(End::Cut));
    zeros.order(Order::Bound(Way::On));
    zeros.is_at(MOMENTS - 1);
    for length in (fake_preamble()..bytes.len()).step_by(97) {
        let mut cut = Watched::of(&bytes[..length], Snapshots::bounded(1 << 20, 1));
        cut.order(Order::Bound(Way::On));
        assert!(cut.line().is_at_end());
    }
}

fn fake_preamble() -> usize {
    frame::preamble(&fake::hello()).unwrap().len()
}

#[test]
fn snapshots_are_bounded() {
    let mut snapshots = Snapshots::bounded(10_000, 1);
    let (_, playback) = {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording");
        std::fs::write(&path, recording()).unwrap();
        crate::source::recording::open(&path).unwrap()
    };
    let mut most = (0, 0);
    for moment in 0..MOMENTS * 50 {
        if snapshots.folded(10) {
            snapshots.keep(at(moment), playback.start(), told(50));
        }
        let held = snapshots.held();
        most = (held.0.max(most.0), held.1.max(most.1));
    }
    assert!(most.0 > 10 && most.1 <= 10_000, "{most:?}");
    let last = snapshots.before(at(MOMENTS * 50)).unwrap();
    assert!(last.at > at(MOMENTS * 25), "they reach to the end: {:?}", last.at);
    assert!(snapshots.before(At(0)).is_none());
    assert_eq!(last.changes(), told(50));
}

#[test]
fn a_speed_is_a_number() {
    for (text, shown) in [("1", "1×"), ("0.5", "0.5×"), ("60x", "60×"), ("0.01", "0.01×")] {
        assert_eq!(Speed::parse(text).unwrap().to_string(), shown);
    }
    for wrong in ["0", "-1", "x", "", "1e9", "NaN", "inf"] {
        assert_eq!(Speed::parse(wrong), Err(speed::NotASpeed), "{wrong}");
    }
    let fastest = std::iter::successors(Some(Speed::default()), |speed| {
        (speed.faster() != *speed).then(|| speed.faster())
    });
    assert_eq!(fastest.last().map(|speed| speed.to_string()).as_deref(), Some("600×"));
}
