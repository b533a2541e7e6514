//! The commands, one file each.

mod attach;
mod call;
mod cancel;
mod check;
mod completions;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod fetch;
mod findings;
mod ls;
mod man;
mod offers;
mod ps;
mod record;
mod replay;
mod resources;
mod run;
mod runtime;
mod set;
mod signal;
mod stacktrace;
#[cfg(test)]
mod tests;
mod r#where;

pub(crate) use attach::attach;
pub(crate) use call::call;
pub(crate) use cancel::cancel;
pub(crate) use check::check;
pub(crate) use completions::{answer_a_shell, completions};
#[cfg(feature = "demo")]
pub(crate) use demo::demo;
pub(crate) use doctor::doctor;
pub(crate) use findings::findings;
pub(crate) use ls::ls;
pub(crate) use man::man;
pub(crate) use offers::{commands, values};
pub(crate) use ps::ps;
pub(crate) use record::record_to as record;
pub(crate) use replay::replay;
pub(crate) use resources::{resource, resources};
pub(crate) use run::run;
pub(crate) use runtime::runtime;
pub(crate) use set::{mode, slow_poll};
pub(crate) use signal::signal;
pub(crate) use stacktrace::stacktrace;
pub(crate) use r#where::where_is;
