//! The attribute macros of `taskscope-agent`, which re-exports them: depend on that crate, not on this one.
//!
//! Each attribute has a file of its own; `options` reads what stands in its brackets and `function` the
//! function below it.

mod function;
mod main_attribute;
mod options;

use proc_macro::TokenStream;

/// Runs an `async fn` on a tokio runtime that taskscope sees: `#[tokio::main]` with the agent built in.
///
/// It takes what `#[tokio::main]` takes, and a mode:
///
/// - `flavor = "multi_thread"` (the default), `"current_thread"` or `"local"`
/// - `worker_threads = 4`, any expression of type `usize`; only with `multi_thread`
/// - `start_paused = true`, which needs tokio's feature `test-util`, and `unhandled_panic = "ignore"` or
///   `"shutdown_runtime"`, which needs `--cfg tokio_unstable`; neither goes with `multi_thread`
/// - `debug`, `log` or `on`: the agent's mode, where `TASKSCOPE` in the environment does not say
/// - `name = "…"`: the runtime's name; this and `"local"` need tokio 1.51
/// - `crate = "path"`: where to find the agent, if not at `taskscope_agent`
///
/// ```ignore
/// #[taskscope_agent::main]
/// async fn main() -> Result<(), std::io::Error> {
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
///     println!("ready on {}", listener.local_addr()?);
///     Ok(())
/// }
/// ```
///
/// What the agent does then is the business of the environment (`TASKSCOPE`, `TASKSCOPE_LISTEN`, …). For a
/// runtime that you build yourself, see `taskscope_agent::Builder`.
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    main_attribute::expand(options.into(), item.into()).into()
}
