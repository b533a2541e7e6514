//! The commands, one file each.

mod attach;
mod completions;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod fetch;
mod ls;
mod ps;
mod runtime;
#[cfg(test)]
mod tests;

pub(crate) use attach::attach;
pub(crate) use completions::completions;
#[cfg(feature = "demo")]
pub(crate) use demo::demo;
pub(crate) use doctor::doctor;
pub(crate) use ls::ls;
pub(crate) use ps::ps;
pub(crate) use runtime::runtime;
