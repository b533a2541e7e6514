//! Reaching a console-subscriber, and why it is not reached, in words.

use super::Place;
use super::service::runtime;
use super::vsock;
use crate::source::AttachError;
use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{InstrumentRequest, State, StateRequest, Update};
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tower::service_fn;

/// Largest message that is taken. Older servers put all they know into the first one: 200 MB were met.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Who says nothing of its state for so long is taken for one that cannot.
const STATE_WITHIN: Duration = Duration::from_secs(1);

pub(super) type Client = InstrumentClient<Channel>;

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

/// A console-subscriber that tells from now on.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) updates: Streaming<Update>,
    /// What it has said of its state, and where it will say more; `None` if it cannot.
    pub(super) states: Option<(State, Streaming<State>)>,
}

/// Connects, and has it tell from now on.
///
/// It is asked for its state first: it says that when it has taken in all that was in its buffer, which can be a second
/// behind. What it tells then is all there is.
pub(super) async fn begin(place: &Place, within: Duration) -> Result<Connected, AttachError> {
    let address = place.to_string();
    let asked = tokio::time::timeout(within, async {
        let mut client = connect(place, within).await?;
        let states = tokio::time::timeout(STATE_WITHIN, states(client.clone())).await;
        let states = states.unwrap_or(Ok(None)).map_err(|status| broken(address.clone(), &status))?;
        let updates = client.watch_updates(InstrumentRequest {}).await;
        let updates = updates.map_err(|status| refused(&address, &status))?.into_inner();
        Ok(Connected { client, updates, states })
    });
    asked.await.unwrap_or_else(|_| Err(AttachError::Silent { address: address.clone(), within }))
}

/// `None` if it does not know the question; `Err` if it breaks off its answer.
async fn states(mut client: Client) -> Result<Option<(State, Streaming<State>)>, Status> {
    let Ok(states) = client.watch_state(StateRequest {}).await else { return Ok(None) };
    let mut states = states.into_inner();
    let first = states.message().await?;
    Ok(first.map(|first| (first, states)))
}

async fn connect(place: &Place, within: Duration) -> Result<Client, AttachError> {
    let address = place.to_string();
    let channel = match place.clone() {
        Place::Tcp(_) => {
            let endpoint = Endpoint::from_shared(address.clone())
                .map_err(|error| AttachError::Foreign(address.clone(), format!("{error} in the address")))?;
            endpoint.connect_timeout(within).connect().await
        }
        Place::Unix(path) => through(within, move || UnixStream::connect(path.clone())).await,
        Place::Vsock(at) => through(within, move || vsock::connect(at)).await,
    };
    let channel = channel.map_err(|error| {
        let error = cause::<io::Error>(&error).map_or_else(
            || io::Error::other(error.to_string()),
            |cause| io::Error::new(cause.kind(), cause.to_string()),
        );
        AttachError::connecting(&address, within, error)
    })?;
    Ok(InstrumentClient::new(channel).max_decoding_message_size(MOST_BYTES))
}

/// A channel through what a function opens.
async fn through<S, F>(
    within: Duration,
    open: impl Fn() -> F + Clone + Send + 'static,
) -> Result<Channel, tonic::transport::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = io::Result<S>> + Send + 'static,
{
    // It stands in the requests, and is not looked up.
    let endpoint = Endpoint::from_static("http://localhost").connect_timeout(within);
    let opened = service_fn(move |_| {
        let opened = open();
        async { opened.await.map(TokioIo::new) }
    });
    endpoint.connect_with_connector(opened).await
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

/// Why it tells no more.
pub(super) fn broken(address: String, status: &Status) -> AttachError {
    match status.code() {
        Code::OutOfRange => too_much(address),
        // tonic's words for bytes that are not what the protocol says.
        Code::Internal if status.message().contains("decode Protobuf") => {
            AttachError::Foreign(address, "what it says cannot be read; is that the right port?".to_owned())
        }
        _ => AttachError::Lost { address, goodbye: false },
    }
}

fn too_much(address: String) -> AttachError {
    let why = format!(
        "it tells more than {} MiB at once; start the program with TOKIO_CONSOLE_RETENTION=1s",
        MOST_BYTES / 1024 / 1024
    );
    AttachError::Io(address, io::Error::other(why))
}
