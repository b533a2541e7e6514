//! What is told apart from the updates: whether it is paused, and details of single tasks.

use super::connect::Client;
use console_api::instrument::{State, TaskDetailsRequest, Temporality};
use console_api::tasks::TaskDetails;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tonic::Streaming;

/// What one task's details have come to.
pub(super) enum Detail {
    Told(TaskDetails),
    Over(u64),
}

/// Tells whether it is paused, when that changes; `None` if it cannot tell.
pub(super) fn watch_state(states: Option<(State, Streaming<State>)>) -> Receiver<Option<bool>> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let Some((mut state, mut states)) = states else {
            // Nobody waits for it any more, if it cannot be said.
            let _ = sender.send(None).await;
            return;
        };
        let mut told = None;
        loop {
            let paused = Some(state.temporality == Temporality::Paused as i32);
            if told != paused {
                told = paused;
                if sender.send(paused).await.is_err() {
                    return;
                }
            }
            let Ok(Some(next)) = states.message().await else { return };
            state = next;
        }
    });
    receiver
}

/// Tells the details of a task until that ends, or nobody wants to know any more: `wanted` is dropped then. The answer to
/// the question is waited for even so: a server that finds more than twenty questions withdrawn before it has looked at
/// them takes that for an attack, and closes the connection.
pub(super) async fn watch_details(
    mut client: Client,
    span: u64,
    sender: Sender<Detail>,
    mut wanted: oneshot::Receiver<()>,
) {
    let request = TaskDetailsRequest { id: Some(span.into()) };
    if let Ok(details) = client.watch_task_details(request).await {
        let mut details = details.into_inner();
        loop {
            let told = tokio::select! {
                told = details.message() => told,
                _ = &mut wanted => return,
            };
            let Ok(Some(details)) = told else { break };
            if sender.send(Detail::Told(details)).await.is_err() {
                return;
            }
        }
    }
    if wanted.try_recv() == Err(oneshot::error::TryRecvError::Closed) {
        return;
    }
    // Nobody waits for it any more, if it cannot be said.
    let _ = sender.send(Detail::Over(span)).await;
}
