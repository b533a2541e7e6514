//! Answers in words.

use crate::core::Core;
use taskscope_model::TaskId;
use taskscope_model::request::CancelResult;

/// Why a task that was not spawned through the agent cannot be cancelled.
pub(super) fn not_cancelled(core: &'static Core, task: TaskId) -> CancelResult {
    let location = core.store.index.find(task.0).and_then(|record| core.store.places.text(record.location()));
    let message = match location {
        _ if task.is_root() => format!("cannot cancel {task}: it is the future of block_on; end the program instead"),
        Some(location) => format!("cannot cancel {task}: tokio::spawn at {location} keeps its handle"),
        None => format!("no live task {task}"),
    };
    CancelResult { task, asked: false, message }
}

/// The name of the executable.
pub(super) fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "unknown".to_owned());
    // Linux says so of an executable that was replaced.
    name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned()
}
