//! One connection: greets, reads requests, holds at most one page of what is to be sent.

use crate::limits::Limit;
use crate::mode::Mode;
use super::listen::{Visitor, same_token};
use super::memory::{Lender, Wanted};
use super::news::News;
use super::stream::Stream;
use super::subscriber::{Sink, Subscriber, change};
use std::io::{self, Read, Write};
use taskscope_model::frame::{self, FrameError, FrameWriter, Reader};
use taskscope_model::hello::{Greeting, Hello, Refusal, Refused, Rights, Welcome};
use taskscope_model::request::{
    Answer, Cancel, CancelResult, Cancelled, Denied, Done, Evaluate, Execute, Raise, Reason, Request, SetLimit, Stacks,
    Subscribe, Switch, Trace,
};
use taskscope_model::frame::Told;
use taskscope_model::{At, Fact, TaskId};

/// A client has so long to greet, nanoseconds.
const GREETING_TIME: u64 = 5_000_000_000;
/// A client that takes nothing for so long is dropped, nanoseconds.
const STUCK_TIME: u64 = 10_000_000_000;
/// Largest frame of requests, bytes.
const MOST_REQUEST: u32 = 64 * 1024;
/// Bytes waiting to be sent beyond which nothing more is read or made.
const MOST_WAITING: usize = 64 * 1024;
/// Most tasks of one `Cancel`.
const MOST_CANCELLED: usize = 1_024;
const MAY_NOT_LOOK: &str = "this connection may not look: its rights leave out read";
/// Bytes read in one go.
const READ_AT_ONCE: usize = 16 * 1024;

/// A connection.
pub(super) struct Client {
    pub(super) stream: Stream,
    token: Option<String>,
    pub(super) rights: Rights,
    stage: Stage,
    reader: Reader<Request>,
    outbox: Outbox,
    pub(super) subscriber: Subscriber,
    memory: Lender,
    /// Whether the socket may have something to read.
    readable: bool,
    /// When it was made.
    came: At,
    /// When it last took something, or there was nothing for it to take.
    since: At,
}

/// What waits to be sent.
#[derive(Default)]
struct Outbox {
    writer: FrameWriter,
    out: Vec<u8>,
    /// How much of `out` is sent.
    sent: usize,
}

impl Outbox {
    fn waiting(&self) -> usize {
        self.out.len() - self.sent + self.writer.len()
    }

    /// Whether the socket has not taken all that it was given.
    fn is_refused(&self) -> bool {
        self.sent < self.out.len()
    }
}

impl Sink for Outbox {
    fn tell(&mut self, fact: Fact) {
        self.writer.push(&Told::Change(change(fact)));
    }

    fn has_room(&self) -> bool {
        self.waiting() < MOST_WAITING
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Greeting,
    Open,
    /// What waits is sent, then the connection is closed.
    Closing,
}

/// What a client wants of the server.
pub(super) enum Wish {
    /// To be greeted.
    Hello,
    /// A new subscription, which is in place already.
    Subscribed,
    /// To have tasks cancelled.
    Cancel(u32, Vec<TaskId>),
    /// To know where a task waits.
    Trace(u32, TaskId),
    /// To have the agent go on in another mode.
    Switch(u32, Mode),
    /// The stacks of all threads.
    Stacks(u32),
    /// Another limit of slow polls.
    SetLimit(u32, Limit),
    /// To have a command of the program's run.
    Execute(Execute),
    /// To know what values of the program's are.
    Evaluate(Evaluate),
    /// To have the program sent a signal.
    Raise(u32, i32),
    /// Something it may not do; to be logged once.
    Refused(&'static str),
}

impl Client {
    pub(super) fn new(visitor: Visitor, now: At) -> Self {
        Self {
            stream: visitor.stream,
            token: visitor.token,
            rights: visitor.rights,
            stage: Stage::Greeting,
            reader: Reader::with_largest(MOST_REQUEST),
            outbox: Outbox::default(),
            subscriber: Subscriber::default(),
            memory: Lender::default(),
            readable: true,
            came: now,
            since: now,
        }
    }

    /// Whether it has not greeted yet.
    pub(super) fn is_greeting(&self) -> bool {
        self.stage == Stage::Greeting
    }

    /// Whether it is served.
    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Whether all tasks have to be scanned for it.
    pub(super) fn wants_scan(&self, now: At) -> bool {
        self.is_open() && self.subscriber.wants_scan(now)
    }

    /// Whether it is told things as they change.
    pub(super) fn is_watching(&self) -> bool {
        self.is_open() && self.subscriber.is_watching()
    }

    /// The socket may have something to read.
    pub(super) fn wake(&mut self) {
        self.readable = true;
    }

    /// Whether there is something to do that no event of the socket will announce.
    pub(super) fn has_work(&self) -> bool {
        (self.readable || self.memory.has_work()) && self.stage != Stage::Closing && self.waiting() < MOST_WAITING
    }

    /// When it is to be looked at whether it is still there, unless it does something before.
    pub(super) fn deadline(&self) -> Option<At> {
        match self.stage {
            // What it may have said is read first.
            Stage::Greeting if self.readable => None,
            Stage::Greeting => Some(self.greets_until()),
            _ if self.waiting() > 0 => Some(At(self.since.0 + STUCK_TIME)),
            _ => None,
        }
    }

    /// Whether it has not greeted in time.
    pub(super) fn is_silent(&self, now: At) -> bool {
        self.is_greeting() && !self.readable && self.greets_until() <= now
    }

    fn greets_until(&self) -> At {
        At(self.came.0 + GREETING_TIME)
    }

    /// For how long it has asked for nothing, or taken nothing of what waits for it, nanoseconds.
    pub(super) fn in_the_way(&self, now: At) -> u64 {
        if self.outbox.is_refused() {
            now.since(self.since).0
        } else if self.subscriber.has_asked() {
            0
        } else {
            now.since(self.came).0
        }
    }

    fn waiting(&self) -> usize {
        self.outbox.waiting()
    }

    /// Whether a page may be made.
    pub(super) fn has_room(&self) -> bool {
        self.is_open() && self.outbox.has_room()
    }

    /// Makes a page of what is new for it; false if nothing is.
    pub(super) fn page(&mut self, news: &News) -> bool {
        self.subscriber.page(news, &mut self.outbox)
    }

    /// Reads what is there, up to a bound, and says what is wanted. `Err`: the connection is over.
    pub(super) fn read(&mut self) -> io::Result<Vec<Wish>> {
        let mut wishes = Vec::new();
        if !self.readable || !self.has_work() {
            return Ok(wishes);
        }
        let mut bytes = [0; READ_AT_ONCE];
        match self.stream.read(&mut bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.reader.feed(&bytes[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable = false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // A refused client is asked nothing more, whatever came in the same breath.
        while self.stage != Stage::Closing {
            match self.reader.next() {
                Ok(None) => return Ok(wishes),
                Ok(Some(frame::Read::Preamble(json))) => self.greet(&json, &mut wishes),
                Ok(Some(frame::Read::Message(request))) => self.take(request, &mut wishes),
                Err(error) => return self.refuse_bytes(error).map(|()| wishes),
            }
        }
        Ok(wishes)
    }

    fn greet(&mut self, json: &[u8], wishes: &mut Vec<Wish>) {
        let greeting: Greeting = serde_json::from_slice(json).unwrap_or_default();
        let known = self.token.as_deref().is_none_or(|token| same_token(greeting.token.as_deref(), token));
        if known {
            self.stage = Stage::Open;
            wishes.push(Wish::Hello);
        } else {
            wishes.push(Wish::Refused("a TCP connection without the right token"));
            self.refuse(Refused::NotPermitted, "a token is wanted: name its file in TASKSCOPE_TOKEN_FILE");
        }
    }

    fn refuse_bytes(&mut self, error: FrameError) -> io::Result<()> {
        match error {
            FrameError::TooOld { .. } | FrameError::TooNew { .. } if self.is_greeting() => {
                self.refuse(Refused::Version, &format!("the program's agent: {error}"));
                Ok(())
            }
            error => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }

    /// Answers that it is not served, and closes.
    pub(super) fn refuse(&mut self, refused: Refused, message: &str) {
        let refusal = Welcome::Refusal(Refusal { refused, message: message.to_owned() });
        if let Ok(bytes) = frame::preamble(&refusal) {
            self.outbox.out.extend_from_slice(&bytes);
        }
        self.close();
    }

    /// Answers a greeting.
    pub(super) fn welcome(&mut self, hello: Hello) {
        match frame::preamble(&Welcome::Hello(Box::new(hello))) {
            Ok(bytes) => self.outbox.out.extend_from_slice(&bytes),
            Err(_) => self.close(),
        }
    }

    fn take(&mut self, request: Request, wishes: &mut Vec<Wish>) {
        match request {
            Request::Subscribe(asked) => match self.subscribe(asked) {
                Ok(()) => wishes.push(Wish::Subscribed),
                Err(denied) => self.tell(&Told::Answer(Answer::Denied(denied))),
            },
            Request::Cancel(cancel) if cancel.tasks.len() > MOST_CANCELLED => {
                let message = format!("at most {MOST_CANCELLED} tasks are cancelled by one request");
                self.deny(cancel.number, Reason::WRONG_QUERY, message);
            }
            Request::Cancel(cancel) if self.rights.control => wishes.push(Wish::Cancel(cancel.number, cancel.tasks)),
            Request::Cancel(Cancel { number, .. })
            | Request::Trace(Trace { number, .. })
            | Request::Switch(Switch { number, .. })
            | Request::SetLimit(SetLimit { number, .. })
            | Request::Execute(Execute { number, .. })
            | Request::Evaluate(Evaluate { number, .. })
            | Request::Raise(Raise { number, .. })
                if !self.rights.control =>
            {
                let message = "this connection may only look: TASKSCOPE_RIGHTS=read,control lets it do more";
                self.deny(number, Reason::NOT_PERMITTED, message.to_owned());
                wishes.push(Wish::Refused("a request without the right to control"));
            }
            Request::Stacks(Stacks { number }) if !self.rights.read => {
                self.deny(number, Reason::NOT_PERMITTED, MAY_NOT_LOOK.to_owned());
            }
            Request::Stacks(Stacks { number }) => wishes.push(Wish::Stacks(number)),
            Request::SetLimit(SetLimit { number, slow_poll }) => {
                wishes.push(Wish::SetLimit(number, slow_poll.map_or(Limit::None, Limit::At)));
            }
            Request::Switch(Switch { number, mode }) => match mode.parse() {
                Ok(Mode::Off) => {
                    let message = "an agent that runs can be on, log or debug; TASKSCOPE=off keeps it from starting";
                    self.deny(number, Reason::IMPOSSIBLE, message.to_owned());
                }
                Ok(mode) => wishes.push(Wish::Switch(number, mode)),
                Err(error) => self.deny(number, Reason::WRONG_QUERY, format!("{mode}: {error}")),
            },
            Request::Execute(asked) => wishes.push(Wish::Execute(asked)),
            Request::Evaluate(asked) => wishes.push(Wish::Evaluate(asked)),
            Request::Raise(Raise { number, signal }) => wishes.push(Wish::Raise(number, signal)),
            Request::Trace(Trace { number, task }) => wishes.push(Wish::Trace(number, task)),
            Request::Layout(layout) => self.want(Wanted::Layout(layout), wishes),
            Request::ReadMemory(read) => self.want(Wanted::Read(read), wishes),
            Request::SearchMemory(search) => self.want(Wanted::Search(search), wishes),
            Request::Cancel(Cancel { number, .. }) => {
                self.deny(number, Reason::UNKNOWN_REQUEST, "this agent cannot do that".to_owned());
            }
        }
    }

    /// Takes a request for the memory. It is answered when there is room.
    fn want(&mut self, wanted: Wanted, wishes: &mut Vec<Wish>) {
        if !self.rights.memory {
            let message = "this connection may not read the memory: TASKSCOPE_RIGHTS=read,memory lets it do so";
            self.deny(wanted.number(), Reason::NOT_PERMITTED, message.to_owned());
            wishes.push(Wish::Refused("a request without the right to memory"));
        } else if let Err(denied) = self.memory.ask(wanted) {
            self.tell(&Told::Answer(denied.into()));
        }
    }

    /// Answers the next request for the memory, if there is room.
    pub(super) fn lend(&mut self) {
        if self.has_room()
            && let Some(answer) = self.memory.answer()
        {
            self.tell(&Told::Answer(answer));
        }
    }

    fn deny(&mut self, number: u32, reason: Reason, message: String) {
        self.tell(&Told::Answer(Answer::Denied(Denied { number, reason, message })));
    }

    fn subscribe(&mut self, asked: Subscribe) -> Result<(), Denied> {
        if !self.rights.read {
            let message = MAY_NOT_LOOK.to_owned();
            return Err(Denied { number: asked.number, reason: Reason::NOT_PERMITTED, message });
        }
        self.subscriber.ask(asked)
    }

    /// Answers a `Stacks`: what is known by now, the stacks of the threads too.
    pub(super) fn stacks_taken(&mut self, number: u32, news: &News) {
        self.subscriber.tell_stacks(news.stacks, news.teller.now, &mut self.outbox);
        self.tell(&Told::Answer(Done { number, message: String::new() }.into()));
    }

    /// Answers a `Cancel`.
    pub(super) fn cancelled(&mut self, number: u32, results: Vec<CancelResult>) {
        self.tell(&Told::Answer(Answer::Cancelled(Cancelled { number, results })));
    }

    /// Answers a `Trace`: the facts first.
    pub(super) fn traced(&mut self, news: &News, facts: Vec<Fact>, answer: Result<Done, Denied>) {
        self.subscriber.tell_places(news, &mut self.outbox);
        facts.into_iter().for_each(|fact| self.outbox.tell(fact));
        self.tell(&Told::Answer(match answer {
            Ok(done) => Answer::Done(done),
            Err(denied) => Answer::Denied(denied),
        }));
    }

    /// Puts a message behind those that wait.
    pub(super) fn tell(&mut self, message: &Told) {
        self.outbox.writer.push(message);
    }

    /// Sends what waits, then closes.
    pub(super) fn close(&mut self) {
        self.stage = Stage::Closing;
    }

    /// Sends as much as the socket takes. `Err`: the connection is over, or has taken nothing for too long of what
    /// waited for it.
    pub(super) fn write(&mut self, now: At) -> io::Result<()> {
        loop {
            if self.outbox.sent == self.outbox.out.len() {
                self.outbox.sent = 0;
                self.outbox.out = self.outbox.writer.take();
                self.since = now;
            }
            if self.outbox.out.is_empty() {
                let over = self.stage == Stage::Closing;
                return if over { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) };
            }
            match self.stream.write(&self.outbox.out[self.outbox.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.outbox.sent += count;
                    self.since = now;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let stuck = now.since(self.since).0 >= STUCK_TIME;
                    return if stuck { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) };
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::net::UnixStream;

    const LONG: u64 = 10 * STUCK_TIME;

    fn client() -> (Client, UnixStream) {
        let (ours, theirs) = UnixStream::pair().expect("the system has sockets");
        let rights = Rights { read: true, ..Rights::default() };
        (Client::new(Visitor { stream: Stream::Unix(ours), token: None, rights }, At(0)), theirs)
    }

    fn answer(number: u32) -> Told {
        Told::Answer(Done { number, message: "a".repeat(1_000) }.into())
    }

    #[test]
    fn who_is_quiet_for_long_is_there_for_an_answer() {
        let (mut client, mut theirs) = client();
        client.stage = Stage::Open;
        client.stream.limit();
        // More than the socket takes at once: some of it waits, but only since now.
        (0..1_000).for_each(|number| client.tell(&answer(number)));
        client.write(At(LONG)).expect("nothing has waited before");
        assert_eq!(client.deadline(), Some(At(LONG + STUCK_TIME)));
        assert!(theirs.read(&mut [0; 64]).is_ok_and(|read| read == 64));
    }

    #[test]
    fn who_takes_nothing_is_dropped() {
        let (mut client, _theirs) = client();
        client.stage = Stage::Open;
        client.stream.limit();
        while client.deadline().is_none() {
            client.tell(&answer(1));
            client.write(At(LONG)).expect("the socket takes it, or is full for the first time");
        }
        client.tell(&answer(2));
        client.write(At(LONG + STUCK_TIME - 1)).expect("there is some time left");
        let over = client.write(At(LONG + STUCK_TIME)).expect_err("it has had its time");
        assert_eq!(over.kind(), io::ErrorKind::TimedOut);
    }
}
