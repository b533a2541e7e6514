//! What must survive any bytes and any text. The fuzz targets run these functions too.

use std::sync::OnceLock;
use taskscope_model::change::{Ended, Location, Polled, Runtime, Spawned, Tick};
use taskscope_model::codes::{Flavor, Outcome, TaskKind};
use taskscope_model::frame::{FrameError, MAX_FRAME, MAX_PREAMBLE, Message, Read, Reader, Told, preamble};
use taskscope_model::hello::{Greeting, Welcome};
use taskscope_model::keep::Keep;
use taskscope_model::request::Request;
use taskscope_model::task::By;
use taskscope_model::{
    At, Change, Diagnosis, Fact, LocationId, Nanos, Order, Query, RuntimeId, Source, TaskId, Worker, World,
};

/// Reads bytes as a client does and as a program does. The first byte says in which pieces, and whether
/// they stand behind a good preamble.
pub(crate) fn frames(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else { return };
    let mut stream = Vec::new();
    if how & 1 == 1 {
        stream = preamble(&Greeting::default()).expect("a greeting is JSON");
    }
    stream.extend_from_slice(rest);
    let piece = usize::from(how >> 1) * 8 + 1;
    let _ = client(&stream, piece);
    let _ = program(&stream, piece);
}

/// Reads as a client: folds what is told, then asks the World everything.
pub(crate) fn client(bytes: &[u8], piece: usize) -> Result<World, FrameError> {
    let (mut world, mut diagnosis) = (World::default(), Diagnosis::default());
    let end = read::<Told>(bytes, piece, |read| match read {
        Read::Preamble(json) => drop(serde_json::from_slice::<Welcome>(&json)),
        Read::Message(Told::Change(change)) => {
            world.apply(&change);
            diagnosis.see(&world, &change);
        }
        Read::Message(Told::Answer(_)) => {}
    });
    diagnosis.settle(&world);
    assert!(
        diagnosis.findings().eq(Diagnosis::of(&world).findings()),
        "findings follow from the World alone"
    );
    interrogate(&world);
    end.map(|()| world)
}

/// Reads as a program: what is asked is parsed.
pub(crate) fn program(bytes: &[u8], piece: usize) -> Result<(), FrameError> {
    read::<Request>(bytes, piece, |read| match read {
        Read::Preamble(json) => drop(serde_json::from_slice::<Greeting>(&json)),
        Read::Message(Request::Subscribe(subscribe)) => {
            query(&subscribe.query);
            drop(Order::parse(&subscribe.sort, subscribe.reverse));
        }
        Read::Message(_) => {}
    })
}

fn read<M: Message>(bytes: &[u8], piece: usize, mut take: impl FnMut(Read<M>)) -> Result<(), FrameError> {
    let mut reader = Reader::default();
    let most = 2 * (MAX_FRAME.max(MAX_PREAMBLE + 16) as usize + piece);
    for piece in bytes.chunks(piece) {
        reader.feed(piece);
        while let Some(read) = reader.next()? {
            take(read);
        }
        assert!(reader.held() <= most, "holds {}", reader.held());
    }
    Ok(())
}

fn interrogate(world: &World) {
    let now = world.now();
    let query = Query::parse("-name:x -busy>1s -state:running -location:y -word").expect("this is a query");
    for task in world.tasks() {
        let _ = query.matches(task, world, now);
        let _ = (task.state(), task.outcome(), task.polls(), task.idle(now), task.max_poll(now));
        let _ = task.chain().map(|chain| world.chain(chain));
        let _ = (
            task.scheduled(now),
            task.awaits().and_then(|by| world.tree(By { source: by.source, id: by.id.tree })),
        );
    }
    let mut tasks: Vec<_> = world.tasks().collect();
    Order::default().sort(&mut tasks, world, now);
    let mut again = World::default();
    world.snapshot().iter().for_each(|change| again.apply(change));
    assert!(again == *world, "a snapshot folds to the same World");
    let keep = Keep { ended: 1, not_completed: 1, per_location: 1 };
    keep.due(world).iter().for_each(|change| again.apply(change));
    assert!(again.ended_len() <= 2);
}

/// Parses a query. A wrong one says where, within the text; a right one can be asked of any task.
pub(crate) fn query(text: &str) {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(small_world);
    match Query::parse(text) {
        Ok(query) => {
            for task in world.tasks() {
                let _ = query.matches(task, world, world.now());
            }
        }
        Err(error) => {
            assert!(error.place.start < error.place.end, "{text:?}: {error:?}");
            assert!(error.place.end <= text.chars().count(), "{text:?}: {error:?}");
            assert!(!error.message.is_empty());
        }
    }
}

fn small_world() -> World {
    let mut world = World::default();
    let mut tell = |fact: Fact| world.apply(&Change { source: Source::AGENT, fact });
    tell(Tick { at: At(5_000) }.into());
    tell(Location { id: LocationId(0), file: "src/Äpfel.rs".to_owned(), line: 7, column: 3 }.into());
    tell(
        Runtime {
            id: RuntimeId(0),
            name: "main".to_owned(),
            flavor: Flavor::MULTI_THREAD,
            workers: 2,
            at: At(0),
        }
        .into(),
    );
    for task in [TaskId(0), TaskId(42), TaskId::root(1)] {
        let (kind, parent, at) = (TaskKind::ASYNC, Some(TaskId::root(1)), Some(At(10)));
        let (runtime, location) = (Some(RuntimeId(0)), Some(LocationId(0)));
        tell(Spawned { task, kind, runtime, parent, location, chain: None, at }.into());
    }
    let (polls, busy, max_poll, last_poll) = (3, Nanos(30), Nanos(20), Some(At(4_000)));
    let (running_since, worker) = (Some(At(4_500)), Some(Worker(1)));
    let long_polls = Vec::new();
    tell(
        Polled { task: TaskId(42), polls, busy, max_poll, running_since, last_poll, worker, long_polls }
            .into(),
    );
    tell(Ended { task: TaskId(0), at: At(4_000), outcome: Outcome::CANCELLED }.into());
    world
}
