//! One connection to a console-subscriber while it lasts: what it tells goes to the translator, and from there to
//! who listens; requests are taken.

use super::connect::{Client, Connected, broken};
use super::moments;
use super::translate::Translator;
use super::watches::{Detail, watch_details, watch_state};
use crate::clock;
use crate::source::AttachError;
use crate::source::threaded::{Order, Root, Teller, Unheard};
use console_api::instrument::Update;
use std::collections::{HashMap, HashSet};
use std::mem;
use taskscope_model::change::Complete;
use taskscope_model::request::{Request, Subscribe};
use taskscope_model::{At, Fact, TaskId};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, channel};
use tokio::sync::oneshot;

/// Details that wait to be handed over.
const DETAILS: usize = 64;
/// Tasks whose details are told at a time. Each is a stream of its own, and a server has room for some two hundred of them;
/// to the program each costs the writing of a histogram at each publishing interval.
const MOST_WATCHED: usize = 50;
/// Tasks of which it is told where they wait: as many as an agent takes of one request.
const MOST_LOOKED_AT: usize = 1_024;

/// One connection while it lasts.
pub(super) struct Talk {
    address: String,
    client: Client,
    teller: Teller,
    translator: Translator,
    /// The program runs on a host whose clock is not known.
    elsewhere: bool,
    /// The last subscription, until all it asks for has been told.
    wanted: Option<Subscribe>,
    /// Whether it has been said if it is paused.
    knows_state: bool,
    /// The tasks at which somebody looks.
    looked_at: Vec<TaskId>,
    /// Details that a subscription waits for.
    awaited: HashSet<u64>,
    /// The streams of details. One ends when its sender is dropped.
    watched: HashMap<u64, oneshot::Sender<()>>,
    details: Sender<Detail>,
    more_details: Option<Receiver<Detail>>,
}

impl Talk {
    pub(super) fn new(address: String, client: Client, teller: Teller, elsewhere: bool) -> Self {
        let (details, more_details) = channel(DETAILS);
        Self {
            address,
            client,
            teller,
            translator: Translator::default(),
            elsewhere,
            wanted: None,
            knows_state: false,
            looked_at: Vec::new(),
            awaited: HashSet::new(),
            watched: HashMap::new(),
            details,
            more_details: Some(more_details),
        }
    }

    /// Listens to whatever comes next, until it ends or nobody wants to know any more.
    pub(super) async fn until_the_end(mut self, connected: Connected, orders: UnboundedReceiver<Order>) {
        if let Err(error) = self.listen(connected, orders).await {
            self.teller.end(error);
        }
    }

    /// `Ok`: nobody wants to know any more.
    async fn listen(
        &mut self,
        Connected { mut updates, states, .. }: Connected,
        mut orders: UnboundedReceiver<Order>,
    ) -> Result<(), AttachError> {
        let mut states = watch_state(states);
        let Some(mut details) = self.more_details.take() else { return Ok(()) };
        loop {
            let went_on = tokio::select! {
                update = updates.message() => match update {
                    Ok(Some(update)) => self.update(update),
                    Ok(None) => return Err(AttachError::Lost { address: self.address.clone(), goodbye: false }),
                    Err(status) => return Err(broken(self.address.clone(), &status)),
                },
                Some(paused) = states.recv() => self.paused(paused),
                Some(detail) = details.recv() => self.detail(&detail),
                order = orders.recv() => match order {
                    Some(Order::Ask(request)) => self.ask(request),
                    Some(Order::Roots(roots)) => self.roots(roots),
                    Some(Order::Close) | None => return Ok(()),
                },
            };
            if went_on.is_err() {
                return Ok(());
            }
        }
    }

    fn update(&mut self, update: Update) -> Result<(), Unheard> {
        let now = clock::monotonic().0;
        let came = At(if self.elsewhere { now.saturating_add(moments::ELSEWHERE.0) } else { now });
        let first = !self.translator.has_begun();
        self.tell(|translator, out| translator.update(update, came, out))?;
        if first { self.subscribe() } else { Ok(()) }
    }

    fn paused(&mut self, paused: Option<bool>) -> Result<(), Unheard> {
        self.knows_state = true;
        self.tell(|translator, out| translator.paused(paused, out))?;
        self.complete()
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

    /// What was told of them so far is told anew, by the agent's numbers.
    fn roots(&mut self, roots: Vec<Root>) -> Result<(), Unheard> {
        self.tell(|translator, out| translator.roots(roots, out))?;
        self.look()
    }

    /// Everything is told anyway; what differs is at which tasks somebody looks.
    fn subscribe(&mut self) -> Result<(), Unheard> {
        let Some(wanted) = &self.wanted else { return Ok(()) };
        self.looked_at = wanted.detail.iter().copied().take(MOST_LOOKED_AT).collect();
        self.awaited.clear();
        self.look()?;
        self.complete()
    }

    fn look(&mut self) -> Result<(), Unheard> {
        let tasks = mem::take(&mut self.looked_at);
        let mut spans = Vec::new();
        self.tell(|translator, out| spans = translator.look_at(&tasks, out))?;
        self.looked_at = tasks;
        spans.truncate(MOST_WATCHED);
        self.watched.retain(|span, _| spans.contains(span));
        self.awaited.retain(|span| spans.contains(span));
        for span in spans {
            if !self.watched.contains_key(&span) {
                self.awaited.insert(span);
                let (watch, wanted) = oneshot::channel();
                self.watched.insert(span, watch);
                tokio::spawn(watch_details(self.client.clone(), span, self.details.clone(), wanted));
            }
        }
        Ok(())
    }

    fn complete(&mut self) -> Result<(), Unheard> {
        if !self.awaited.is_empty() || !self.knows_state || !self.translator.has_begun() {
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
