//! Who is being served.

/// The name of the executable.
pub(super) fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "unknown".to_owned());
    // Linux says so of an executable that was replaced.
    name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned()
}
