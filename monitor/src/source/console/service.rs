//! The thread that talks with a console-subscriber: connects, listens, takes requests.

use super::translate::Translator;
use super::{Place, moments, owner};
use crate::clock;
use crate::source::AttachError;
use crate::source::threaded::{Order, Teller, Unheard};
use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{InstrumentRequest, StateRequest, TaskDetailsRequest, Temporality, Update};
use console_api::tasks::TaskDetails;
use std::collections::{HashMap, HashSet};
use std::io;
use std::time::Duration;
use taskscope_model::change::Complete;
use taskscope_model::hello::{ClockPair, Hello, Rights};
use taskscope_model::request::{Request, Subscribe};
use taskscope_model::{At, Fact, Source, TaskId};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, channel};
use tokio::task::AbortHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

/// Largest message that is taken. Older servers put all they know into the first one: 200 MB were met.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// Details that wait to be handed over.
const DETAILS: usize = 64;

/// The service, before it runs.
pub(super) struct Service {
    pub(super) place: Place,
    pub(super) within: Duration,
    pub(super) orders: UnboundedReceiver<Order>,
}

type Client = InstrumentClient<Channel>;

impl Service {
    /// Runs until the connection ends, or nobody listens any more. Says first what came of connecting.
    pub(super) fn run(self, teller: Teller) {
        let address = self.place.to_string();
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return drop(teller.begin(Err(AttachError::Io(address, error)))),
        };
        runtime.block_on(async move {
            match begin(&self.place, self.within).await {
                Err(error) => drop(teller.begin(Err(error))),
                Ok((client, updates)) => {
                    let hello = hello(&self.place);
                    let elsewhere = hello.pid == 0;
                    if teller.begin(Ok(hello)).is_ok() {
                        let mut talk = Talk::new(address, client, teller, elsewhere);
                        if let Err(error) = talk.until_the_end(updates, self.orders).await {
                            talk.teller.end(error);
                        }
                    }
                }
            }
        });
    }
}

#[cfg(not(feature = "watched"))]
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

#[cfg(feature = "watched")]
fn runtime() -> io::Result<taskscope_agent::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    taskscope_agent::Builder::from_env().build_from(builder.enable_all())
}

/// Whether a console-subscriber listens there. Asks for nothing that costs the program anything.
pub(super) fn is_there(place: &Place, within: Duration) -> bool {
    let Ok(runtime) = runtime() else { return false };
    let asked = runtime.block_on(async {
        tokio::time::timeout(within, async {
            let mut client = connect(place, within).await.ok()?;
            Some(client.watch_state(StateRequest {}).await.map(drop))
        })
        .await
    });
    match asked {
        Ok(Some(Ok(()))) => true,
        // An old one does not know the question.
        Ok(Some(Err(status))) => status.code() == Code::Unimplemented && is_of_grpc(&status),
        _ => false,
    }
}

/// Whether a refusal came in gRPC's own form: without it, other servers' "not found" reads the same.
fn is_of_grpc(status: &Status) -> bool {
    status.metadata().get("content-type").is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"))
}

async fn begin(place: &Place, within: Duration) -> Result<(Client, Streaming<Update>), AttachError> {
    let address = place.to_string();
    let asked = tokio::time::timeout(within, async {
        let mut client = connect(place, within).await?;
        let updates = client.watch_updates(InstrumentRequest {}).await;
        Ok((client, updates.map_err(|status| refused(&address, &status))?.into_inner()))
    });
    asked.await.unwrap_or_else(|_| Err(AttachError::Silent { address: address.clone(), within }))
}

async fn connect(place: &Place, within: Duration) -> Result<Client, AttachError> {
    let address = place.to_string();
    let endpoint = Endpoint::from_shared(address.clone())
        .map_err(|error| AttachError::Foreign(address.clone(), format!("{error} in the address")))?;
    let channel = endpoint.connect_timeout(within).connect().await.map_err(|error| {
        let error = cause::<io::Error>(&error).map_or_else(
            || io::Error::other(error.to_string()),
            |cause| io::Error::new(cause.kind(), cause.to_string()),
        );
        AttachError::connecting(&address, within, error)
    })?;
    Ok(InstrumentClient::new(channel).max_decoding_message_size(MOST_BYTES))
}

/// Looks for what is behind an error.
fn cause<'a, T: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Why the first question was not answered.
fn refused(address: &str, status: &Status) -> AttachError {
    let address = address.to_owned();
    match status.code() {
        Code::Unimplemented => {
            AttachError::Foreign(address, "a web server answers that does not know its service".to_owned())
        }
        Code::OutOfRange => too_much(address),
        Code::PermissionDenied | Code::Unauthenticated => {
            AttachError::NotPermitted(address, status.message().to_owned())
        }
        _ => {
            let why = "what answers does not speak its protocol (gRPC without TLS); is that the right port?";
            AttachError::Foreign(address, why.to_owned())
        }
    }
}

fn too_much(address: String) -> AttachError {
    let why = format!(
        "it tells more than {} MiB at once; start the program with TOKIO_CONSOLE_RETENTION=1s",
        MOST_BYTES / 1024 / 1024
    );
    AttachError::Io(address, io::Error::other(why))
}

fn hello(place: &Place) -> Hello {
    let owner = owner::listener(place);
    let wall_ns = clock::wall();
    let (now, started_at) = match &owner {
        Some(owner) => (clock::monotonic(), owner.started),
        None => (At(clock::monotonic().0.saturating_add(moments::ELSEWHERE.0)), None),
    };
    Hello {
        pid: owner.as_ref().map_or(0, |owner| owner.pid),
        program: owner.map_or_else(|| place.to_string(), |owner| owner.program),
        source: Source::CONSOLE,
        agent: "console-subscriber".to_owned(),
        mode: "on".to_owned(),
        started_at: started_at.unwrap_or(now),
        clock: ClockPair { monotonic_ns: now.0, wall_ns },
        rights: Rights::READ,
        runtimes: Vec::new(),
        coverage: Vec::new(),
        live_tasks: 0,
        console: None,
    }
}

/// One connection while it lasts.
struct Talk {
    address: String,
    client: Client,
    teller: Teller,
    translator: Translator,
    /// The program runs on a host whose clock is not known.
    elsewhere: bool,
    /// The last subscription, until all it asks for has been told.
    wanted: Option<Subscribe>,
    /// Details that a subscription waits for.
    awaited: HashSet<u64>,
    watched: HashMap<u64, AbortHandle>,
    details: Sender<Detail>,
    more_details: Option<Receiver<Detail>>,
}

/// What one task's details have come to.
enum Detail {
    Told(TaskDetails),
    Over(u64),
}

impl Talk {
    fn new(address: String, client: Client, teller: Teller, elsewhere: bool) -> Self {
        let (details, more_details) = channel(DETAILS);
        Self {
            address,
            client,
            teller,
            translator: Translator::default(),
            elsewhere,
            wanted: None,
            awaited: HashSet::new(),
            watched: HashMap::new(),
            details,
            more_details: Some(more_details),
        }
    }

    /// Listens to whatever comes next. `Ok`: nobody wants to know any more.
    async fn until_the_end(
        &mut self,
        mut updates: Streaming<Update>,
        mut orders: UnboundedReceiver<Order>,
    ) -> Result<(), AttachError> {
        let mut states = watch_state(self.client.clone());
        let Some(mut details) = self.more_details.take() else { return Ok(()) };
        loop {
            let went_on = tokio::select! {
                update = updates.message() => match update {
                    Ok(Some(update)) => self.update(update),
                    Ok(None) => return Err(self.lost()),
                    Err(status) if status.code() == Code::OutOfRange => return Err(too_much(self.address.clone())),
                    Err(_) => return Err(self.lost()),
                },
                Some(paused) = states.recv() => self.tell(|translator, out| translator.paused(paused, out)),
                Some(detail) = details.recv() => self.detail(&detail),
                order = orders.recv() => match order {
                    Some(Order::Ask(request)) => self.ask(request),
                    Some(Order::Close) | None => return Ok(()),
                },
            };
            if went_on.is_err() {
                return Ok(());
            }
        }
    }

    fn lost(&self) -> AttachError {
        AttachError::Lost { address: self.address.clone(), goodbye: false }
    }

    fn update(&mut self, update: Update) -> Result<(), Unheard> {
        let now = clock::monotonic().0;
        let came = At(if self.elsewhere { now.saturating_add(moments::ELSEWHERE.0) } else { now });
        let first = !self.translator.has_begun();
        self.tell(|translator, out| translator.update(update, came, out))?;
        if first { self.subscribe() } else { Ok(()) }
    }

    fn detail(&mut self, detail: &Detail) -> Result<(), Unheard> {
        let span = match detail {
            Detail::Told(details) => details.task_id.map(|id| id.id),
            Detail::Over(span) => {
                self.watched.remove(span);
                Some(*span)
            }
        };
        if let Detail::Told(details) = detail {
            self.tell(|translator, out| translator.details(details, out))?;
        }
        if span.is_some_and(|span| self.awaited.remove(&span)) { self.complete() } else { Ok(()) }
    }

    fn ask(&mut self, request: Request) -> Result<(), Unheard> {
        match request {
            Request::Subscribe(subscribe) => {
                self.wanted = Some(subscribe);
                if self.translator.has_begun() { self.subscribe() } else { Ok(()) }
            }
            request => {
                let remedy = "put #[taskscope_agent::main] on the main function";
                self.teller.deny(&request, "console-subscriber", remedy)
            }
        }
    }

    /// Everything is told anyway; what differs is at which tasks somebody looks.
    fn subscribe(&mut self) -> Result<(), Unheard> {
        let Some(wanted) = &self.wanted else { return Ok(()) };
        let tasks: Vec<TaskId> = wanted.detail.clone();
        let mut spans = Vec::new();
        self.tell(|translator, out| spans = translator.look_at(&tasks, out))?;
        self.watched.retain(|span, watch| {
            let wanted = spans.contains(span);
            if !wanted {
                watch.abort();
            }
            wanted
        });
        self.awaited.clear();
        for span in spans {
            if !self.watched.contains_key(&span) {
                self.awaited.insert(span);
                let watch = watch_details(self.client.clone(), span, self.details.clone());
                self.watched.insert(span, tokio::spawn(watch).abort_handle());
            }
        }
        self.complete()
    }

    fn complete(&mut self) -> Result<(), Unheard> {
        if !self.awaited.is_empty() {
            return Ok(());
        }
        let Some(wanted) = self.wanted.take() else { return Ok(()) };
        self.tell(|_, out| out.push(Complete { subscription: wanted.number }.into()))
    }

    /// Waits until there is room. Meanwhile the server has to wait too; the program does not.
    fn tell(&mut self, say: impl FnOnce(&mut Translator, &mut Vec<Fact>)) -> Result<(), Unheard> {
        let mut facts = Vec::new();
        say(&mut self.translator, &mut facts);
        self.teller.tell(facts)
    }
}

/// Tells whether it is paused, when that changes; `None` if it cannot tell.
fn watch_state(mut client: Client) -> Receiver<Option<bool>> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let mut states = match client.watch_state(StateRequest {}).await {
            Ok(states) => states.into_inner(),
            Err(_) => {
                // Nobody waits for it any more, if it cannot be said.
                let _ = sender.send(None).await;
                return;
            }
        };
        let mut told = None;
        while let Ok(Some(state)) = states.message().await {
            let paused = Some(state.temporality == Temporality::Paused as i32);
            if told != paused {
                told = paused;
                if sender.send(paused).await.is_err() {
                    return;
                }
            }
        }
    });
    receiver
}

async fn watch_details(mut client: Client, span: u64, sender: Sender<Detail>) {
    let request = TaskDetailsRequest { id: Some(span.into()) };
    if let Ok(details) = client.watch_task_details(request).await {
        let mut details = details.into_inner();
        while let Ok(Some(details)) = details.message().await {
            if sender.send(Detail::Told(details)).await.is_err() {
                return;
            }
        }
    }
    // Nobody waits for it any more, if it cannot be said.
    let _ = sender.send(Detail::Over(span)).await;
}
