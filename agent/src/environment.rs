//! The environment's variables, as text, and what is said of those that cannot be understood.

use std::ffi::OsString;
use std::io::Write;

/// The value of a variable; `None` if it is empty or not UTF-8.
pub(crate) fn read(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    value.into_string().map_err(|value: OsString| complain(name, &value.to_string_lossy(), "it is not UTF-8")).ok()
}

/// Once, at the start, from the thread that configures the agent.
pub(crate) fn complain(name: &str, value: &str, why: &str) {
    // Nobody may read standard error; that must not stop the program.
    let _ = writeln!(std::io::stderr(), "taskscope: {name}={value}: {why}; it is left out");
}
