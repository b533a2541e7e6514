//! What is told apart from the updates: whether it is paused, and details of single tasks.

use super::connect::Client;
use console_api::instrument::{StateRequest, TaskDetailsRequest, Temporality};
use console_api::tasks::TaskDetails;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// What one task's details have come to.
pub(super) enum Detail {
    Told(TaskDetails),
    Over(u64),
}

/// Who says nothing of its state for so long is taken for one that cannot.
const SILENT_FOR: Duration = Duration::from_secs(1);

/// Tells whether it is paused, when that changes; `None` if it cannot tell.
pub(super) fn watch_state(mut client: Client) -> Receiver<Option<bool>> {
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
        let mut next = timeout(SILENT_FOR, states.message()).await;
        if next.is_err() && sender.send(None).await.is_err() {
            return;
        }
        loop {
            match next {
                Ok(Ok(Some(state))) => {
                    let paused = Some(state.temporality == Temporality::Paused as i32);
                    if told != paused {
                        told = paused;
                        if sender.send(paused).await.is_err() {
                            return;
                        }
                    }
                }
                Ok(_) => return,
                Err(_) => {}
            }
            next = Ok(states.message().await);
        }
    });
    receiver
}

pub(super) async fn watch_details(mut client: Client, span: u64, sender: Sender<Detail>) {
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
