//! The commands, one file each.

mod attach;
mod cancel;
mod check;
mod completions;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod fetch;
mod findings;
mod ls;
mod ps;
mod resources;
mod run;
mod runtime;
mod set;
mod stacktrace;
#[cfg(test)]
mod tests;
mod r#where;

pub(crate) use attach::attach;
pub(crate) use cancel::cancel;
pub(crate) use check::check;
pub(crate) use completions::completions;
#[cfg(feature = "demo")]
pub(crate) use demo::demo;
pub(crate) use doctor::doctor;
pub(crate) use findings::findings;
pub(crate) use ls::ls;
pub(crate) use ps::ps;
pub(crate) use resources::{resource, resources};
pub(crate) use run::run;
pub(crate) use runtime::runtime;
pub(crate) use set::{mode, slow_poll};
pub(crate) use stacktrace::stacktrace;
pub(crate) use r#where::where_is;
