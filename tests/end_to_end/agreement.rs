//! Whenever somebody attaches: in the end they believe what everybody else believes.

use taskscope_model::change::Polled;
use taskscope_model::codes::Counter;
use taskscope_model::request::Subscribe;
use taskscope_model::world::Names as _;
use taskscope_model::{Source, State, Task, World};
use taskscope_tests::{Client, Connection, Place, Process, Traffic, connect, echo_server, until};

const CONNECTIONS: usize = 200;

/// What a client believes about the tasks, in one order, once it has been told everything and no task runs.
fn beliefs(world: &World) -> Result<Vec<String>, String> {
    let complete = world.complete(Source::AGENT).is_some();
    let running = world.tasks().filter(|task| task.state() == Some(State::Running)).count();
    if !complete || running > 0 {
        return Err(format!("{} tasks, {running} of them running; complete: {complete}", world.len()));
    }
    let belief = |task: &Task| {
        let location = task.location().and_then(|location| world.location(location));
        let chain: Vec<_> = task.chain().map(|chain| world.chain(chain)).unwrap_or_default();
        let chain: Vec<_> = chain.into_iter().filter_map(|place| world.location(place)).collect();
        let (id, parent, state, outcome) = (task.id(), task.parent(), task.state(), task.outcome());
        // A time that was told before the agent set its clock right differs a little from one told after.
        let polled = task.polled().map(|polled| Polled { last_poll: None, ..polled.clone() });
        format!("{id} {parent:?} {location:?} {chain:?} {state:?} {outcome:?} {polled:?}")
    };
    Ok(world.tasks().map(belief).collect())
}

#[track_caller]
fn attach(place: &Place, server: &Process) -> Client {
    let mut client = Client::attach(&place.socket(server.pid()));
    client.watch();
    client
}

/// Waits until a client believes what another one does in the end.
#[track_caller]
fn believes(client: &mut Client, other: &[String]) {
    client.until("the same beliefs", |world, _| {
        let own = beliefs(world)?;
        let differences: Vec<_> = own.iter().zip(other).filter(|(own, other)| own != other).collect();
        match (own.len() == other.len(), &differences[..]) {
            (true, []) => Ok(()),
            _ => Err(format!("{} tasks, not {}: {differences:#?}", own.len(), other.len())),
        }
    });
}

#[test]
fn who_attached_early_and_who_attaches_late_believe_the_same() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let mut early = attach(&place, &server);
    let mut connections = connect(server.address(), CONNECTIONS);
    for _ in 0..3 {
        connections.iter_mut().for_each(Connection::round);
        early.until("news", |world, _| if world.len() > 1 { Ok(()) } else { Err("none".to_owned()) });
    }
    connections.truncate(CONNECTIONS / 2);
    let late =
        attach(&place, &server).until("all tasks", |world, _| match (world.len(), world.ended_len()) {
            (201, 100) => beliefs(world),
            (known, ended) => Err(format!("{known} tasks, {ended} of them ended")),
        });
    believes(&mut early, &late);
}

#[test]
fn who_attaches_in_the_middle_of_things_misses_nothing() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let mut connections = connect(server.address(), CONNECTIONS);
    for _ in 0..20 {
        // Nobody watches, then somebody does, and what goes on ends at once: within the first tick.
        let traffic = Traffic::on(connections);
        let mut early = attach(&place, &server);
        early.until("a snapshot", |world, _| match world.complete(Source::AGENT) {
            Some(_) => Ok(()),
            None => Err(format!("{} tasks", world.len())),
        });
        connections = traffic.stop();
        let late = attach(&place, &server).until("a snapshot of the end", |world, _| beliefs(world));
        believes(&mut early, &late);
        drop(early);
        unwatched(&place, &server);
    }
}

/// Waits until the agent has seen its last client leave.
#[track_caller]
fn unwatched(place: &Place, server: &Process) {
    until("the agent to be alone", || {
        let mut client = Client::attach(&place.socket(server.pid()));
        client.ask(Subscribe { number: 2, limit: 1, once: true, ..Subscribe::default() });
        let count = |world: &World, _: &[_]| world.counted(Counter::CLIENTS).ok_or("nothing".to_owned());
        match client.until("the number of clients", count) {
            1 => Ok(()),
            clients => Err(format!("{clients} clients")),
        }
    });
}
