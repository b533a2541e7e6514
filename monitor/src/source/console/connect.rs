//! Reaching a console-subscriber, and why it is not reached, in words.

use super::Place;
use super::service::runtime;
use crate::source::AttachError;
use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{InstrumentRequest, StateRequest, Update};
use std::io;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

/// Largest message that is taken. Older servers put all they know into the first one: 200 MB were met.
const MOST_BYTES: usize = 256 * 1024 * 1024;

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

/// Connects, and has it tell from now on.
pub(super) async fn begin(
    place: &Place,
    within: Duration,
) -> Result<(Client, Streaming<Update>), AttachError> {
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
