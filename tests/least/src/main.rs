//! Runs tasks on the least tokio that the agent declares; `.ci/run --full` builds and runs it.

use std::process::ExitCode;

#[taskscope_agent::main]
async fn main() -> ExitCode {
    let spawned = tokio::spawn(async {
        tokio::task::yield_now().await;
        tokio::spawn(async { 7 }).await
    });
    match spawned.await {
        Ok(Ok(7)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
