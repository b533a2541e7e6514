//! What messages become, with no connection and no clock.

use super::histogram::{self, tests::serialized};
use super::translate::Translator;
use crate::source::threaded::Root;
use console_api::async_ops::{self, AsyncOp, AsyncOpUpdate};
use console_api::field::{Name, Value};
use console_api::instrument::Update;
use console_api::resources::{self, PollOp, ResourceUpdate};
use console_api::tasks::{self, TaskDetails, TaskUpdate};
use console_api::{Attribute, Field, Location, MetaId, Metadata, PollStats, RegisterMetadata};
use prost_types::Timestamp;
use std::collections::HashMap;
use taskscope_model::change::{Awaits, Operation};
use taskscope_model::codes::{Counter, Outcome, Seen, TaskKind, TreeKind, WaitKind};
use taskscope_model::task::By;
use taskscope_model::world::Names as _;
use taskscope_model::{At, Change, Fact, Nanos, OperationId, ResourceId, Source, State, Task, TaskId, World};

const SECOND: u64 = 1_000_000_000;
/// The wall clock's first now, and what it is on this host.
const WALL: i64 = 1_700_000_000;
const HERE: At = At(500 * SECOND);

/// A monitor, and what it believes.
#[derive(Default)]
struct Scene {
    translator: Translator,
    world: World,
}

impl Scene {
    fn told(&mut self, say: impl FnOnce(&mut Translator, &mut Vec<Fact>)) {
        let mut facts = Vec::new();
        say(&mut self.translator, &mut facts);
        for fact in facts {
            self.world.apply(&Change { source: Source::CONSOLE, fact });
        }
    }

    fn update(&mut self, update: Update) {
        self.told(|translator, out| translator.update(update, HERE, out));
    }

    fn task(&self, id: u64) -> &Task {
        self.world.task(TaskId(id)).expect("it is told of")
    }

    fn operation(&self, id: u64) -> Option<&Operation> {
        let mut all = self.world.resources().operations();
        all.find(|(key, _)| key.id == OperationId(id)).map(|(_, operation)| operation)
    }
}

/// Milliseconds after the first now.
fn after(ms: i64) -> Option<Timestamp> {
    let nanos = i32::try_from(ms.rem_euclid(1_000) * 1_000_000).unwrap();
    Some(Timestamp { seconds: WALL + ms.div_euclid(1_000), nanos })
}

fn at(ms: i64) -> Option<At> {
    Some(At((500_000 + ms).unsigned_abs() * 1_000_000))
}

fn field(name: &str, value: Value) -> Field {
    Field { metadata_id: None, name: Some(Name::StrName(name.to_owned())), value: Some(value) }
}

fn text(name: &str, value: &str) -> Field {
    field(name, Value::DebugVal(value.to_owned()))
}

fn task(span: u64, fields: Vec<Field>) -> tasks::Task {
    let (file, line) = (Some("src/main.rs".to_owned()), Some(12));
    let location = Some(Location { file, line, column: Some(5), module_path: None });
    tasks::Task { id: Some(span.into()), fields, location, ..tasks::Task::default() }
}

fn plain(span: u64, id: u64) -> tasks::Task {
    task(span, vec![text("kind", "task"), field("task.id", Value::U64Val(id))])
}

fn polled(polls: u64, begun: i64, over: Option<i64>, busy_ms: i32) -> PollStats {
    PollStats {
        polls,
        first_poll: after(begun),
        last_poll_started: after(begun),
        last_poll_ended: over.and_then(after),
        busy_time: Some(prost_types::Duration { seconds: 0, nanos: busy_ms * 1_000_000 }),
    }
}

fn stats(poll_stats: PollStats) -> tasks::Stats {
    tasks::Stats { created_at: after(-2_000), poll_stats: Some(poll_stats), ..tasks::Stats::default() }
}

/// A span's description, without which the first message would not be the first.
fn described() -> Option<RegisterMetadata> {
    let metadata = Some(Metadata { field_names: vec!["kind".to_owned()], ..Metadata::default() });
    let new = console_api::register_metadata::NewMetadata { id: Some(MetaId { id: 9 }), metadata };
    Some(RegisterMetadata { metadata: vec![new] })
}

fn tasks(ms: i64, new_tasks: Vec<tasks::Task>, stats: Vec<(u64, tasks::Stats)>) -> Update {
    let stats_update: HashMap<_, _> = stats.into_iter().collect();
    let task_update = Some(TaskUpdate { new_tasks, stats_update, dropped_events: 0 });
    Update { now: after(ms), task_update, new_metadata: described(), ..Update::default() }
}

#[test]
fn a_task_is_what_its_span_says() {
    let mut scene = Scene::default();
    let by_number = Field {
        metadata_id: Some(MetaId { id: 9 }),
        name: Some(Name::NameIdx(0)),
        value: Some(Value::StrVal("local".to_owned())),
    };
    let fields = vec![
        by_number,
        text("task.name", "mailer"),
        field("task.id", Value::U64Val(7)),
        field("size.bytes", Value::U64Val(16)),
        field("original_size.bytes", Value::U64Val(20_000)),
        text("shard", "3"),
    ];
    scene.update(tasks(
        0,
        vec![task(1 << 51, fields)],
        vec![(1 << 51, stats(polled(1, -1_000, Some(-900), 100)))],
    ));
    let task = scene.task(7);
    assert_eq!((task.kind(), task.name(), task.size()), (Some(TaskKind::LOCAL), Some("mailer"), Some(16)));
    assert_eq!(task.original_size(), Some(20_000));
    let noted: Vec<_> = task.noted().iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
    assert_eq!(noted, [("shard", "3")]);
    let place = task.location().and_then(|place| scene.world.location(place)).expect("it has a place");
    assert_eq!(place.to_string(), "src/main.rs:12:5");
    assert_eq!((task.spawned_at(), scene.world.now()), (at(-2_000), HERE));
    assert_eq!(task.max_poll(HERE), Some(Nanos(SECOND / 10)), "of one poll the longest is known");
    assert_eq!(scene.world.counted(Counter::LIVE), Some(1));
}

#[test]
fn states_follow_polls_and_wakes() {
    let mut scene = Scene::default();
    let told = |begun, over, wake: Option<i64>| tasks::Stats {
        last_wake: wake.and_then(after),
        wakes: 9,
        self_wakes: 4,
        waker_clones: 12,
        waker_drops: 10,
        ..stats(polled(3, begun, over, 30))
    };
    let state = |scene: &mut Scene, stats| {
        scene.update(tasks(0, vec![plain(1, 7)], vec![(1, stats)]));
        scene.task(7).state()
    };
    assert_eq!(state(&mut scene, told(-50, Some(-60), None)), Some(State::Running));
    assert_eq!(scene.task(7).polls(), Some(3), "the one that goes on is one of them");
    assert_eq!(scene.task(7).busy(HERE), Some(Nanos(80_000_000)));
    assert_eq!(state(&mut scene, told(-50, Some(-40), Some(-60))), Some(State::Idle));
    assert_eq!(scene.task(7).max_poll(HERE), None, "of several polls only the sum is told");
    assert_eq!(state(&mut scene, told(-50, Some(-40), Some(-20))), Some(State::Scheduled));
    let woken = scene.task(7).woken().expect("wakes are told").clone();
    assert_eq!((woken.wakes, woken.self_wakes, woken.wakers), (9, 4, Some(2)));
    assert_eq!(woken.woken_since, at(-20));
    assert_eq!(state(&mut scene, told(-50, Some(-40), Some(-45))), Some(State::Scheduled));
    assert_eq!(
        scene.task(7).woken().and_then(|it| it.woken_since),
        at(-40),
        "it waits since that poll's end"
    );
    let dropped = tasks::Stats { dropped_at: after(-10), ..told(-50, Some(-40), Some(-20)) };
    assert_eq!(state(&mut scene, dropped), Some(State::Ended));
    let ended = scene.task(7).ended().expect("it has ended");
    assert_eq!((Some(ended.at), ended.outcome), (at(-10), Outcome::UNKNOWN));
    assert_eq!(scene.world.counted(Counter::LIVE), Some(0));
}

#[test]
fn how_long_single_polls_and_waits_were_is_told_of_who_is_looked_at() {
    let (long_polls, long_waits) = ([(Nanos(1 << 20), 2)], [(Nanos(1 << 13), 1), (Nanos(1 << 27), 1)]);
    let details = |span: u64| {
        let (polls, waits) = (serialized(&[10, 1_100_000, 1_200_000]), serialized(&[10, 9_000, 150_000_000]));
        TaskDetails { task_id: Some(span.into()), ..histogram::tests::details(polls, Some(waits), None) }
    };
    let mut scene = Scene::default();
    let blocks = task(2, vec![text("kind", "block_on"), field("task.id", Value::U64Val(8))]);
    let figures = |span| (span, stats(polled(3, -50, Some(-40), 5)));
    scene.update(tasks(0, vec![plain(1, 7), blocks], vec![figures(1), figures(2)]));
    scene.told(|translator, out| translator.details(&details(1), out));
    assert_eq!(scene.task(7).scheduled_times(), None, "nobody looks at it");

    let look = |scene: &mut Scene, at: &[TaskId]| scene.told(|it, out| drop(it.look_at(at, out)));
    look(&mut scene, &[TaskId(7), TaskId(8)]);
    for span in [1, 2] {
        scene.told(|translator, out| translator.details(&details(span), out));
    }
    let task = scene.task(7);
    assert_eq!(task.polled().map(|polled| &polled.long_polls[..]), Some(&long_polls[..]));
    let waits = task.scheduled_times().expect("they are told").clone();
    assert_eq!((waits.waits, &waits.long_waits[..]), (3, &long_waits[..]));
    assert!(waits.longest >= Nanos(150_000_000) && waits.longest < Nanos(152_000_000), "{waits:?}");
    assert_eq!(scene.task(8).scheduled_times(), None, "of who blocks no wakes are told");

    look(&mut scene, &[]);
    assert_eq!(scene.task(7).polled().map(|polled| polled.long_polls.len()), Some(0));
    assert_eq!(scene.task(7).scheduled_times(), Some(&waits), "they were no other than that");
}

#[test]
fn of_who_blocks_no_wakes_are_told() {
    let mut scene = Scene::default();
    for (span, kind) in [(1, "block_on"), (2, "blocking")] {
        let fields = vec![text("kind", kind), field("task.id", Value::U64Val(span))];
        scene.update(tasks(0, vec![task(span, fields)], vec![(span, stats(polled(2, -50, Some(-40), 5)))]));
        assert_eq!(scene.task(span).woken(), None, "{kind}");
    }
}

#[test]
fn a_span_may_be_given_again() {
    let mut scene = Scene::default();
    let ended = tasks::Stats { dropped_at: after(-10), ..stats(polled(1, -50, Some(-40), 5)) };
    scene.update(tasks(0, vec![plain(1, 7)], vec![(1, ended)]));
    scene.update(tasks(10, vec![plain(1, 8)], vec![(1, stats(polled(1, 5, Some(6), 1)))]));
    assert_eq!(scene.task(7).state(), Some(State::Ended), "it is remembered");
    assert_eq!(scene.task(8).state(), Some(State::Idle));
    scene.update(tasks(20, vec![plain(1, 9)], vec![]));
    assert!(scene.world.task(TaskId(8)).is_none(), "its end was not told");
    assert_eq!(scene.world.counted(Counter::LIVE), Some(1));
    // Without a number of tokio's the span is all there is.
    let bare = || task(5, vec![text("kind", "task")]);
    scene.update(tasks(30, vec![bare()], vec![(5, ended)]));
    let again = tasks::Stats { created_at: after(34), ..stats(polled(1, 35, Some(36), 1)) };
    scene.update(tasks(40, vec![bare()], vec![(5, again)]));
    let id = TaskId::span(5);
    assert_eq!(scene.world.task(id).and_then(Task::state), Some(State::Idle));
    assert_eq!(id.to_string(), "span-5");
}

#[test]
fn a_server_that_has_too_much_to_tell_is_seen_through() {
    let mut scene = Scene::default();
    let update = tasks(0, vec![], vec![(3, stats(polled(2, -50, Some(-40), 5)))]);
    scene.update(Update { new_metadata: None, ..update });
    let task = scene.world.task(TaskId::span(3)).expect("its figures are told");
    assert_eq!((task.kind(), task.polls(), task.spawned_at()), (None, Some(2), at(-2_000)));
    let coverage = scene.world.coverage_of("tasks").expect("it is said");
    assert_eq!(coverage.seen, Seen::PARTLY);
    assert!(coverage.remedy.contains("TOKIO_CONSOLE_RETENTION"), "{coverage:?}");
    scene.update(tasks(10, vec![plain(3, 7)], vec![]));
    assert!(scene.world.task(TaskId::span(3)).is_none(), "now it is known by its number");
    assert_eq!(scene.task(7).state(), None);
    assert_eq!(scene.world.counted(Counter::LIVE), Some(1));
}

#[test]
fn a_root_that_an_agent_shows_is_one_task() {
    let (main, other) = (TaskId::root(1), TaskId::root(2));
    let root = |task, line| Root { task, file: "src/main.rs".to_owned(), line };
    let block_on = |span, id| task(span, vec![text("kind", "block_on"), field("task.id", Value::U64Val(id))]);
    let mut scene = Scene::default();
    let first = tasks(0, vec![block_on(1, 7), plain(2, 8)], vec![(1, stats(polled(2, -50, Some(-40), 5)))]);
    let (resource_update, async_op_update) = (Some(mutex(40, true)), Some(lock(41, 40, 1, None)));
    scene.update(Update { resource_update, async_op_update, ..first });
    assert_eq!(scene.task(7).kind(), Some(TaskKind::BLOCK_ON), "nobody else knows it");
    scene.told(|translator, out| translator.roots(vec![root(other, 99), root(main, 12)], out));
    assert!(scene.world.task(TaskId(7)).is_none() && scene.world.task(other).is_none());
    assert_eq!(scene.world.task(main).and_then(Task::polls), Some(2));
    assert_eq!(scene.task(8).kind(), Some(TaskKind::ASYNC), "that is no root, wherever it was spawned");
    assert_eq!(scene.operation(41).and_then(|it| it.task), Some(main));
    // It stays so, and a second one at the same line is another task.
    scene.update(tasks(10, vec![block_on(1, 7), block_on(3, 9)], vec![]));
    assert!(scene.world.task(TaskId(7)).is_none());
    assert_eq!(scene.task(9).kind(), Some(TaskKind::BLOCK_ON));
}

#[test]
fn what_was_lost_is_counted_and_said() {
    let mut scene = Scene::default();
    let lost = |ms, tasks, resources| Update {
        now: after(ms),
        new_metadata: described(),
        task_update: Some(TaskUpdate { dropped_events: tasks, ..TaskUpdate::default() }),
        resource_update: Some(ResourceUpdate { dropped_events: resources, ..ResourceUpdate::default() }),
        ..Update::default()
    };
    scene.update(lost(0, 0, 0));
    assert_eq!(scene.world.coverage_of("tasks").map(|it| it.seen), Some(Seen::YES));
    scene.update(lost(10, 3, 0));
    scene.update(lost(20, 4, 5));
    let why = |topic| scene.world.coverage_of(topic).map(|it| it.why.clone()).unwrap_or_default();
    assert!(why("tasks").starts_with("7 events"), "{}", why("tasks"));
    assert!(why("resources").contains("5 events"), "{}", why("resources"));
    assert_eq!(scene.world.counted(Counter::EVENTS_LOST), Some(12));
}

#[test]
fn a_pause_is_said() {
    let mut scene = Scene::default();
    let mut seen = |paused| {
        scene.told(|translator, out| translator.paused(paused, out));
        scene.world.coverage_of("updates").map(|it| it.seen)
    };
    assert_eq!(seen(Some(true)), Some(Seen::NO));
    assert_eq!(seen(Some(false)), Some(Seen::YES));
    assert_eq!(seen(None), Some(Seen::PARTLY), "an old one cannot tell");
}

fn mutex(id: u64, locked: bool) -> ResourceUpdate {
    let class = resources::resource::kind::Kind::Other("Sync".to_owned());
    let resource = resources::Resource {
        id: Some(id.into()),
        concrete_type: "Mutex".to_owned(),
        kind: Some(resources::resource::Kind { kind: Some(class) }),
        location: task(0, vec![]).location,
        ..resources::Resource::default()
    };
    let attribute = Attribute { field: Some(field("locked", Value::BoolVal(locked))), unit: None };
    let stats = resources::Stats { created_at: after(-2_000), dropped_at: None, attributes: vec![attribute] };
    let stats_update = [(id, stats)].into_iter().collect();
    ResourceUpdate { new_resources: vec![resource], stats_update, ..ResourceUpdate::default() }
}

fn lock(id: u64, on: u64, span: u64, dropped: Option<i64>) -> AsyncOpUpdate {
    let new = AsyncOp {
        id: Some(id.into()),
        source: "Mutex::lock".to_owned(),
        resource_id: Some(on.into()),
        ..AsyncOp::default()
    };
    let stats = async_ops::Stats {
        created_at: after(-100),
        dropped_at: dropped.and_then(after),
        task_id: Some(span.into()),
        poll_stats: Some(polled(1, -100, Some(-99), 1)),
        attributes: vec![],
    };
    let stats_update = [(id, stats)].into_iter().collect();
    AsyncOpUpdate { new_async_ops: vec![new], stats_update, dropped_events: 0 }
}

#[test]
fn who_waits_for_a_lock() {
    let mut scene = Scene::default();
    let first = tasks(0, vec![plain(1, 7)], vec![(1, stats(polled(1, -100, Some(-99), 1)))]);
    let waiting = Update {
        resource_update: Some(mutex(40, true)),
        async_op_update: Some(lock(41, 40, 1, None)),
        ..first
    };
    scene.update(waiting);
    let mutex = By { source: Source::CONSOLE, id: ResourceId(40) };
    let resource = scene.world.resources().get(mutex).expect("it is told of");
    assert_eq!((resource.type_name.as_str(), resource.class.as_str()), ("Mutex", "Sync"));
    assert_eq!(
        (resource.attributes[0].name.as_str(), resource.attributes[0].value.as_str()),
        ("locked", "true")
    );
    let operation = scene.operation(41).expect("it is told of");
    assert!(operation.is_waiting() && operation.task == Some(TaskId(7)), "{operation:?}");

    assert!(scene.task(7).awaits().is_none(), "nobody looks at it");
    let mut spans = Vec::new();
    scene.told(|translator, out| spans = translator.look_at(&[TaskId(7), TaskId(99)], out));
    assert_eq!(spans, [1]);
    let Awaits { kind, tree, waits, .. } = scene.task(7).awaits().expect("it is looked at").id;
    assert_eq!(*kind, TreeKind::OPERATIONS);
    let tree = scene.world.tree(By { source: Source::CONSOLE, id: *tree }).expect("it is told of");
    assert_eq!((tree.nodes[0].function.as_str(), tree.nodes.len()), ("Mutex::lock", 1));
    assert_eq!((waits[0].what, waits[0].address), (WaitKind::LOCK, Some(40)));

    let rest = tasks(10, vec![], vec![]);
    scene.update(Update { async_op_update: Some(lock(41, 40, 1, Some(5))), ..rest });
    assert!(scene.operation(41).is_some_and(|operation| operation.ended == at(5)));
    assert_eq!(scene.task(7).awaits().map(|it| it.id.waits.len()), Some(0), "it does not wait any more");
}

#[test]
fn of_a_timer_only_polls_are_told() {
    let mut scene = Scene::default();
    let poll = |is_ready| PollOp {
        resource_id: Some(40.into()),
        name: "poll_elapsed".to_owned(),
        task_id: Some(1.into()),
        async_op_id: Some(41.into()),
        is_ready,
        ..PollOp::default()
    };
    let mut timer = mutex(40, false);
    timer.new_poll_ops = vec![poll(false)];
    let first = tasks(0, vec![plain(1, 7)], vec![]);
    scene.update(Update { resource_update: Some(timer), ..first });
    let operation = scene.operation(41).expect("it is seen by its poll");
    assert!(operation.is_waiting() && operation.task == Some(TaskId(7)), "{operation:?}");
    let again = |ms, polls: Vec<PollOp>, dropped: Option<i64>| {
        let mut update = ResourceUpdate { new_poll_ops: polls, ..ResourceUpdate::default() };
        let stats = resources::Stats { dropped_at: dropped.and_then(after), ..resources::Stats::default() };
        update.stats_update.extend(dropped.map(|_| (40, stats)));
        Update { resource_update: Some(update), ..tasks(ms, vec![], vec![]) }
    };
    scene.update(again(10, vec![poll(true)], None));
    assert!(!scene.operation(41).is_some_and(Operation::is_waiting));
    scene.update(again(20, vec![], Some(15)));
    assert_eq!(scene.operation(41).and_then(|it| it.ended), at(15), "it ends with its timer");
    scene.update(again(30, vec![poll(false)], None));
    assert_eq!(scene.operation(41).and_then(|it| it.ended), at(15), "a late poll brings nothing back");
}

#[test]
fn ended_operations_are_forgotten_in_the_end() {
    let mut scene = Scene::default();
    scene.update(Update { resource_update: Some(mutex(40, true)), ..tasks(0, vec![], vec![]) });
    for id in 0..3_000 {
        let update = lock(100 + id, 40, 1, Some(5));
        scene.update(Update { async_op_update: Some(update), ..tasks(1, vec![], vec![]) });
    }
    assert_eq!(scene.world.resources().operations().count(), 1_000);
    assert!(scene.operation(3_099).is_some() && scene.operation(2_099).is_none());
}

#[test]
fn nonsense_is_survived() {
    let mut scene = Scene::default();
    scene.update(Update::default());
    scene.update(Update { now: Some(Timestamp { seconds: i64::MIN, nanos: i32::MIN }), ..Update::default() });
    let nobody = tasks::Task::default();
    let strange = task(1, vec![field("task.id", Value::U64Val(u64::MAX)), Field::default()]);
    let stats = tasks::Stats {
        created_at: Some(Timestamp { seconds: i64::MAX, nanos: -1 }),
        waker_drops: u64::MAX,
        ..tasks::Stats::default()
    };
    scene.update(tasks(0, vec![nobody, strange], vec![(1, stats), (2, stats)]));
    assert!(scene.world.task(TaskId::span(1)).is_some(), "that is no number of tokio's");
    let resources = ResourceUpdate {
        new_resources: vec![resources::Resource::default()],
        new_poll_ops: vec![PollOp::default()],
        ..ResourceUpdate::default()
    };
    let operations = AsyncOpUpdate { new_async_ops: vec![AsyncOp::default()], ..AsyncOpUpdate::default() };
    scene.update(Update {
        resource_update: Some(resources),
        async_op_update: Some(operations),
        ..Update::default()
    });
    scene.told(|translator, out| translator.details(&TaskDetails::default(), out));
}
