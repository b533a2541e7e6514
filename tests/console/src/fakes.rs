//! Servers of console-subscriber's service that do what no real one does, or only an old one did.

use console_api::field::{Name, Value};
use console_api::instrument::instrument_server::Instrument;
use console_api::instrument::{
    InstrumentRequest, PauseRequest, PauseResponse, ResumeRequest, ResumeResponse, State, StateRequest,
    TaskDetailsRequest, Update,
};
use console_api::tasks::{Stats, Task, TaskDetails, TaskUpdate};
use console_api::{Field, Location, MetaId, Metadata, RegisterMetadata, register_metadata::NewMetadata};
use prost_types::Timestamp;
use tokio::sync::mpsc::channel;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Such a server.
#[derive(Clone, Copy)]
pub(crate) enum Fake {
    /// It knows no `WatchState`.
    Old,
    /// It tells once, and closes.
    Closing,
    /// It tells of so many tasks at once.
    Huge(u64),
}

/// Its clock stands still.
const NOW: Timestamp = Timestamp { seconds: 1_700_000_000, nanos: 0 };
/// Bytes of each task of the huge one: with 50,000 it tells 200 MB.
const BYTES: usize = 4_000;

impl Fake {
    pub(crate) fn of(scene: &str) -> Option<Self> {
        match scene.split_once('=').unwrap_or((scene, "")) {
            ("old", _) => Some(Self::Old),
            ("closing", _) => Some(Self::Closing),
            ("huge", number) => number.parse().ok().map(Self::Huge),
            _ => None,
        }
    }

    fn update(self) -> Update {
        let (tasks, bytes) = match self {
            Self::Old | Self::Closing => (3, 1),
            Self::Huge(tasks) => (tasks, BYTES),
        };
        let now = Some(NOW);
        let stats = Stats { created_at: now, ..Stats::default() };
        let task_update = TaskUpdate {
            new_tasks: (1..=tasks).map(|id| task(id, bytes)).collect(),
            stats_update: (1..=tasks).map(|id| (id, stats)).collect(),
            dropped_events: 0,
        };
        let metadata = Some(Metadata { field_names: vec!["kind".to_owned()], ..Metadata::default() });
        let new = NewMetadata { id: Some(MetaId { id: 9 }), metadata };
        let new_metadata = Some(RegisterMetadata { metadata: vec![new] });
        Update { now, new_metadata, task_update: Some(task_update), ..Update::default() }
    }
}

fn task(id: u64, bytes: usize) -> Task {
    let field = |name: &str, value| Field {
        metadata_id: None,
        name: Some(Name::StrName(name.to_owned())),
        value: Some(value),
    };
    let fields = vec![
        field("kind", Value::DebugVal("task".to_owned())),
        field("task.id", Value::U64Val(id)),
        field("task.name", Value::StrVal("x".repeat(bytes))),
    ];
    let location = Location { file: Some("src/old.rs".to_owned()), line: Some(7), ..Location::default() };
    Task { id: Some(id.into()), fields, location: Some(location), ..Task::default() }
}

type Told<T> = ReceiverStream<Result<T, Status>>;

#[tonic::async_trait]
impl Instrument for Fake {
    type WatchUpdatesStream = Told<Update>;
    type WatchTaskDetailsStream = Told<TaskDetails>;
    type WatchStateStream = Told<State>;

    async fn watch_updates(&self, _: Request<InstrumentRequest>) -> Result<Response<Told<Update>>, Status> {
        let (sender, receiver) = channel(1);
        let fake = *self;
        tokio::spawn(async move {
            let _ = sender.send(Ok(fake.update())).await;
            if !matches!(fake, Fake::Closing) {
                sender.closed().await;
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn watch_task_details(
        &self,
        _: Request<TaskDetailsRequest>,
    ) -> Result<Response<Told<TaskDetails>>, Status> {
        Err(Status::not_found("task not found"))
    }

    async fn watch_state(&self, _: Request<StateRequest>) -> Result<Response<Told<State>>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn pause(&self, _: Request<PauseRequest>) -> Result<Response<PauseResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn resume(&self, _: Request<ResumeRequest>) -> Result<Response<ResumeResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}
