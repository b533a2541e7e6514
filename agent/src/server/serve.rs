//! The server's loop: one thread, one poll, every connection without blocking.

mod boxed;
mod grant;

use super::at_exit;
use super::awaits::Judge;
use super::black_box::BlackBox;
use super::calls::Calls;
use super::client::Client;
use super::collector::Collector;
use super::door::{self, Doors};
use super::listen::Visitor;
use super::news::{News, Visitors};
use super::pages::pages;
use super::reporter::Reporter;
use super::subscriber::change;
use super::pace::{OwnTime, Pace};
use super::stacks::Asked;
use super::traces::Traces;
use crate::black_box::Occasion;
use crate::core::Core;
use crate::farewell::Ask;
use crate::mode::Mode;
use crate::signals;
use crate::stacks::unused::Unused;
use crate::wrapped::count_wakes;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::time::Duration;
use taskscope_model::change::Goodbye;
use taskscope_model::codes::Seen;
use taskscope_model::frame::Told;
use taskscope_model::{At, Nanos};

const WAKER: Token = Token(2);
const FIRST_CLIENT: usize = 16;
/// Most clients served at once.
const MOST_CLIENTS: usize = 64;
/// Most of them that came by TCP: strangers cannot keep the program's own user out.
const MOST_TCP_CLIENTS: usize = 48;
/// Most connections that have not greeted yet.
const MOST_GREETING: usize = 64;
/// A client that has taken nothing for so long makes room for another, nanoseconds.
const IN_THE_WAY: u64 = 1_000_000_000;
/// Time between two ticks, nanoseconds.
const TICK: u64 = 100_000_000;
/// Ticks after the last client has left, to empty the touched lists.
const LAST_TICKS: u32 = 2;
/// Idle runtimes are let go of this often, in ticks.
const RELEASE_EVERY: u64 = 10;

/// Listens, so that the program can be found from now on, and starts the thread. If that is not possible the
/// coverage says so.
pub(super) fn start(core: &'static Core) {
    let thread = std::thread::Builder::new().name("taskscope".to_owned());
    let started = Poll::new().and_then(|poll| {
        core.farewell.serve_with(Waker::new(poll.registry(), WAKER)?);
        let server = Server::new(core, poll);
        thread.spawn(move || {
            signals::leave_to_the_program();
            server.run();
        })
    });
    match started {
        Ok(_) => at_exit::say_goodbye(),
        Err(error) => {
            core.notes.say("listening", Seen::NO, format!("the agent's thread cannot be started: {error}"), "");
        }
    }
}

struct Server {
    core: &'static Core,
    poll: Poll,
    doors: Doors,
    clients: BTreeMap<usize, Client>,
    next_client: usize,
    collector: Collector,
    news: News,
    pace: Pace,
    own_time: OwnTime,
    /// In the modes that say something.
    reporter: Option<Reporter>,
    /// If the program wants one.
    black_box: Option<BlackBox>,
    /// When the next tick is due, while somebody watches.
    tick: Option<At>,
    ticks: u64,
    /// Ticks still to come though nobody watches any more.
    last_ticks: Option<u32>,
    judge: Judge,
    symbols: Unused,
    traces: Traces,
    calls: Calls,
    /// A signal that the program is to be sent when what waits has been written.
    raise: Option<i32>,
    /// Who waits for the stacks of all threads.
    asked: Asked,
    /// What of stacks has been told to everybody.
    stacks_told: u64,
    refused: u64,
    logged: HashSet<String>,
}

impl Server {
    fn new(core: &'static Core, poll: Poll) -> Self {
        let doors = Doors::open(core, poll.registry());
        Self {
            core,
            doors,
            poll,
            clients: BTreeMap::new(),
            next_client: FIRST_CLIENT,
            collector: Collector::default(),
            news: News::new(core),
            pace: Pace::new(core.store.clock.now()),
            own_time: OwnTime::default(),
            reporter: None,
            black_box: BlackBox::of(core),
            tick: None,
            ticks: 0,
            last_ticks: None,
            judge: Judge::default(),
            symbols: Unused::default(),
            traces: Traces::default(),
            calls: Calls::default(),
            raise: None,
            asked: Asked::default(),
            stacks_told: 0,
            refused: 0,
            logged: HashSet::new(),
        }
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            let wait = self.wait();
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // Nothing can be served any more; the program runs on.
                Err(_) => return,
            }
            for event in &events {
                match event.token() {
                    door::UNIX | door::TCP => self.doors.knock(),
                    WAKER => {}
                    Token(number) => {
                        if let Some(client) = self.clients.get_mut(&number) {
                            client.wake();
                        }
                    }
                }
            }
            self.turn();
        }
    }

    /// How long nothing happens by itself.
    fn wait(&mut self) -> Option<Duration> {
        let now = self.core.store.clock.now();
        // When there is something to use again of what the pace allows.
        let allowed = At(now.0 + self.pace.wait(now).0);
        let work = self.doors.has_work() || self.clients.values().any(Client::has_work) || self.wants_scan(now);
        if work && allowed <= now {
            return Some(Duration::ZERO);
        }
        let deadlines = self.clients.values().filter_map(Client::deadline);
        let again = self.doors.are_waited_at().then_some(At(now.0 + TICK));
        let own = [self.tick, self.judge.deadline(now), self.asked.deadline(now), self.traces.deadline(now), self.calls.deadline()];
        let deadlines = deadlines.chain(own.into_iter().flatten()).chain(self.symbols.deadline(now));
        let next = deadlines.chain(work.then_some(allowed)).chain(again).min()?;
        let wait = next.since(now).0;
        // The poll counts in milliseconds: rounded down it would spin.
        Some(Duration::from_nanos(wait) + Duration::from_millis(1))
    }

    fn turn(&mut self) {
        let now = self.core.store.clock.now();
        let waits = |client: &Client| client.subscriber.wants_totals() && client.wants_scan(now);
        self.judge.start(self.core, now, self.clients.values().any(waits));
        if self.pace.wait(now) == Nanos(0) {
            if self.doors.are_waited_at() {
                self.doors.knock();
            }
            for visitor in self.doors.accept() {
                self.admit(visitor, now);
            }
            self.read(now);
            self.follow_mode();
            self.bury();
            self.scan(now);
        }
        if self.tick.is_some_and(|at| at <= now || self.stacks_told < self.core.stacks.settled()) {
            self.on_tick(now);
        }
        self.answer_traces(now);
        self.answer_stacks(now);
        self.answer_calls(now);
        self.write(now);
        self.keep_black_box(now);
        self.raise();
        self.farewell(now);
        self.symbols.look(now);
        self.watch_or_not(now);
        let after = self.core.store.clock.now();
        self.pace.spend(self.own_time.spent().unwrap_or(after.since(now)));
        let latest = after.0 + self.tick_after();
        if let Some(tick) = &mut self.tick {
            // Somebody may have come who wants to know more often.
            *tick = At(tick.0.min(latest));
            *tick = At(tick.0.max(after.0 + self.pace.wait(after).0));
        }
    }

    fn admit(&mut self, visitor: io::Result<Visitor>, now: At) {
        let visitor = match visitor {
            Ok(visitor) => visitor,
            Err(error) => return self.refused(error.to_string()),
        };
        let greeting = self.clients.values().filter(|client| client.is_greeting()).count();
        if greeting >= MOST_GREETING {
            // The oldest has had the most time to say something.
            let oldest = self.clients.iter().find(|(_, client)| client.is_greeting()).map(|(number, _)| *number);
            oldest.map(|number| self.clients.remove(&number));
            self.refused += 1;
        }
        let mut client = Client::new(visitor, now);
        let both = Interest::READABLE | Interest::WRITABLE;
        let number = self.next_client;
        if self.poll.registry().register(client.stream.source(), Token(number), both).is_ok() {
            self.next_client += 1;
            self.clients.insert(number, client);
        }
    }

    fn read(&mut self, now: At) {
        let numbers: Vec<usize> = self.clients.keys().copied().collect();
        for number in numbers {
            let Some(client) = self.clients.get_mut(&number) else { continue };
            match client.read() {
                Ok(wishes) => {
                    client.lend();
                    wishes.into_iter().for_each(|wish| self.grant(number, wish, now));
                }
                Err(_) => {
                    self.clients.remove(&number);
                }
            }
        }
    }

    /// Whether there is room for one more client; one that is in the way has to go.
    fn make_room(&mut self, newcomer: usize, now: At) -> bool {
        let open = || self.clients.iter().filter(|(number, client)| client.is_open() && **number != newcomer);
        let by_tcp = |number: &usize| self.clients.get(number).is_some_and(|client| client.stream.is_tcp());
        let of_tcp = open().filter(|(number, _)| by_tcp(number)).count();
        let tcp_is_full = by_tcp(&newcomer) && of_tcp >= MOST_TCP_CLIENTS;
        if open().count() < MOST_CLIENTS && !tcp_is_full {
            return true;
        }
        let competes = |number: &usize| !tcp_is_full || by_tcp(number);
        let idlest = open().filter(|(number, _)| competes(number)).map(|(number, client)| (client.in_the_way(now), *number)).max();
        match idlest {
            Some((time, number)) if time >= IN_THE_WAY => self.clients.remove(&number).is_some(),
            _ => false,
        }
    }

    fn visitors(&self) -> Visitors {
        let clients = self.clients.values().filter(|client| client.is_open()).count() as u64;
        Visitors { clients, refused: self.refused }
    }

    /// Says once on standard error that somebody was refused; each further time is counted.
    fn refused(&mut self, what: String) {
        self.refused += 1;
        if self.logged.len() < MOST_CLIENTS && self.logged.insert(what.clone()) {
            // Nobody may read standard error; that must not end the server.
            let _ = writeln!(io::stderr(), "taskscope: {what}");
        }
    }

    /// Has the reader that the mode in force wants.
    fn follow_mode(&mut self) {
        let mode = self.core.mode.get();
        if self.reporter.as_ref().map_or(Mode::On, Reporter::mode) != mode {
            self.reporter = Reporter::of(mode);
            count_wakes(mode == Mode::Debug);
        }
    }

    /// Runtimes that are gone: what is left of their tasks has ended.
    fn bury(&mut self) {
        let gone = self.core.runtimes.all().into_iter().filter(|slot| slot.take_gone());
        let gone: Vec<u16> = gone.map(|slot| slot.number).collect();
        if !gone.is_empty() {
            self.core.store.runtimes_gone(&gone);
        }
    }

    fn on_tick(&mut self, now: At) {
        self.ticks += 1;
        let visitors = self.visitors();
        match &mut self.last_ticks {
            None => self.core.store.next_epoch(),
            Some(left) => *left = left.saturating_sub(1),
        }
        self.stacks_told = self.core.stacks.settled();
        let batch = self.collector.collect(&self.core.store);
        self.news.refresh(self.core, visitors);
        self.refresh_awaits();
        for client in self.clients.values_mut() {
            client.subscriber.take_in(&batch, &self.news.teller);
        }
        if let Some(reporter) = &mut self.reporter {
            reporter.subscriber.take_in(&batch, &self.news.teller);
        }
        if let Some(black_box) = &mut self.black_box {
            black_box.subscriber.take_in(&batch, &self.news.teller);
        }
        if self.black_box.is_some() || self.clients.values().any(|client| client.subscriber.wants_figures()) {
            self.news.refresh_figures(self.core);
        }
        if self.ticks.is_multiple_of(RELEASE_EVERY) {
            self.news.release(self.core, false);
            self.core.runtimes.all().iter().for_each(|slot| slot.want_handle());
        }
        self.tick = Some(At(now.0 + self.tick_after()));
    }

    /// Scans for one view that needs it; the next one has its turn after everything else.
    fn scan(&mut self, now: At) {
        if !self.wants_scan(now) {
            return;
        }
        let visitors = self.visitors();
        if self.tick.is_none() || self.last_ticks.is_some() {
            self.begin_watch(now);
        }
        self.news.refresh(self.core, visitors);
        self.refresh_awaits();
        self.news.refresh_figures(self.core);
        let judging = self.judge.patience(now).is_some();
        let clients = self.clients.values_mut().filter(|client| client.wants_scan(now));
        let clients = clients.filter(|client| !(judging && client.subscriber.wants_totals()));
        let own = self.reporter.iter_mut().map(|reporter| &mut reporter.subscriber);
        let boxed = self.black_box.iter_mut().map(|black_box| &mut black_box.subscriber);
        let own = own.chain(boxed).filter(|subscriber| subscriber.wants_scan(now));
        if let Some(next) = clients.map(|client| &mut client.subscriber).chain(own).next() {
            let collector = &mut self.collector;
            next.scan(&self.core.store, &self.news.teller, |record| collector.follow(record));
        }
        // What the scan has seen and the refresh before it had not.
        self.news.refresh_places(self.core);
    }

    fn wants_scan(&self, now: At) -> bool {
        let own = self.own_subscribers().any(|subscriber| subscriber.wants_scan(now));
        // Sums of observed futures wait a moment for what the last drops mean.
        let judging = self.judge.patience(now).is_some();
        let waits = |client: &Client| judging && client.subscriber.wants_totals();
        own || self.clients.values().any(|client| client.wants_scan(now) && !waits(client))
    }

    fn refresh_awaits(&mut self) {
        let own = self.reporter.iter().map(|reporter| &reporter.subscriber);
        let own = own.chain(self.black_box.iter().map(|it| &it.subscriber));
        let all = self.clients.values().map(|client| &client.subscriber).chain(own);
        self.news.awaits.refresh(self.core, self.news.teller.now, all.filter_map(|subscriber| subscriber.view()));
        // What it tells of may be new.
        self.news.refresh_places(self.core);
    }

    fn begin_watch(&mut self, now: At) {
        self.core.store.watch();
        self.collector.begin(&self.core.store);
        self.core.runtimes.all().iter().for_each(|slot| slot.want_handle());
        self.last_ticks = None;
        self.tick = Some(At(now.0 + TICK));
    }

    fn write(&mut self, now: At) {
        let news = &self.news;
        self.clients.retain(|_, client| !client.is_silent(now) && pages(client, news, now).is_ok());
        if let Some(reporter) = &mut self.reporter {
            reporter.read(news);
        }
    }

    fn farewell(&mut self, now: At) {
        if self.core.farewell.take_welcome() {
            if !self.doors.are_open() {
                self.doors = Doors::open(self.core, self.poll.registry());
            }
            self.reporter.take_if(|reporter| reporter.has_ended());
        }
        let Some(ask) = self.core.farewell.asked() else { return };
        if self.tick.is_some() {
            // The last Changes: what ended with the runtime.
            self.news.awaits.hurry();
            self.on_tick(now);
            self.write(now);
        }
        if let Ask::Goodbye(reason) = ask {
            self.goodbye(reason);
            self.write_black_box(&Occasion::End(reason));
        }
        self.core.farewell.done(ask);
    }

    fn goodbye(&mut self, reason: &'static str) {
        if let Some(reporter) = &mut self.reporter {
            reporter.end(&self.news);
        }
        let at = self.core.store.clock.now();
        let goodbye = Goodbye { at, reason: reason.to_owned() };
        self.clients.retain(|_, client| client.is_open());
        for client in self.clients.values_mut() {
            client.tell(&Told::Change(change(goodbye.clone().into())));
            client.close();
            client.stream.make_room();
            // The socket takes it or the client is gone: either way nothing more can be done.
            let _ = client.write(at);
        }
        self.clients.clear();
        self.doors.close();
    }

    /// Stops watching some ticks after the last client has left.
    fn watch_or_not(&mut self, now: At) {
        let watched = self.is_watched_closely() || self.black_box.is_some();
        match (watched, self.last_ticks) {
            (true, Some(_)) => self.begin_watch(now),
            (false, None) if self.tick.is_some() => {
                self.core.store.unwatch();
                self.last_ticks = Some(LAST_TICKS);
            }
            (false, Some(0)) => {
                self.tick = None;
                self.last_ticks = None;
                self.news.release(self.core, true);
            }
            _ => {}
        }
    }
}
