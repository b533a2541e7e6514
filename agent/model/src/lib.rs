//! What taskscope believes about a tokio program.
//!
//! A [`Change`] is a fact that alters what we believe. A [`World`] is what we believe: the fold of Changes,
//! altered by [`World::apply`] and nothing else. A [`Query`] picks and orders tasks of it. [`frame`] is the
//! form of Changes on a wire and in a recording. A [`Finding`] is a judgement over a World; [`Diagnosis`] holds
//! those of one.
//!
//! Nothing in this crate reads a clock, does IO, starts a thread or knows tokio: time comes in as
//! [`Tick`](change::Tick), bytes as slices.

mod await_line;
pub mod change;
pub mod codes;
pub mod detect;
pub mod finding;
pub mod frame;
pub mod hello;
pub mod ids;
pub mod keep;
mod kinds;
pub mod query;
pub mod request;
pub mod resources;
pub mod task;
pub mod time;
pub mod waits;
pub mod world;

pub use await_line::await_line;
pub use change::{Change, Fact};
pub use codes::Source;
pub use detect::Diagnosis;
pub use finding::{Finding, Kind, Severity};
pub use ids::{
    ChainId, FrameId, LocationId, OperationId, ResourceId, RuntimeId, SlowPollId, TaskId, TreeId, Worker,
};
pub use query::{Order, Query};
pub use task::{State, Task};
pub use time::{At, Nanos};
pub use world::World;
