//! The attribute macros of `taskscope-agent`, which re-exports them: depend on that crate, not on this one.
//!
//! Each attribute has a file of its own; `options` reads what stands in its brackets and `function` the
//! function below it.

mod function;
mod main_attribute;
mod observe;
mod options;
mod test_attribute;

use options::Entry;
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
    main_attribute::expand(Entry::Main, options.into(), item.into()).into()
}

/// Has taskscope see the futures of an `async fn`, or of every `async fn` of an `impl` block: where each was
/// made, whether it was ever polled, where it waits, and whether it was dropped half way.
///
/// ```ignore
/// #[taskscope_agent::observe]
/// async fn charge(order: &Order) -> Result<Receipt, Declined> {
///     // …
/// }
/// ```
///
/// The function becomes one that returns `impl Future`, and is used as before: it may borrow its arguments, be
/// generic, take and return `impl Trait`, and stand in a trait's `impl`; its future is `Send` if it was, and
/// the compiler still warns if nobody awaits it. `crate = "path"` says where to find the agent, if not at
/// `taskscope_agent`.
///
/// # With other attributes
/// - `#[instrument]`: in either order; the span is entered inside the observed future.
/// - `#[async_trait]` on an `impl`: `#[observe]` on the `impl` in either order, or on its functions. In a call
///   through `dyn Trait` the compiler does not tell where the call stands, so the place is the function's own.
/// - Any other attribute that rewrites `async fn`s belongs above, so that it sees one.
#[proc_macro_attribute]
pub fn observe(options: TokenStream, item: TokenStream) -> TokenStream {
    observe::expand(options.into(), item.into()).into()
}

/// Runs an `async fn` as a test that fails when it leaves something behind: `#[tokio::test]`, judged.
///
/// The test fails, in words, if at its end a task is still pending, or if in it a panic or an error of a task
/// went unseen, or a future was dropped that nobody had ever awaited, or if a poll kept a worker for more than a
/// second. Only this test's own runtime counts, whatever runs beside it. A task that was let go with `detach()` may go on.
///
/// It takes what `#[tokio::test]` takes (the default is one thread), and
///
/// - `allow(kind)`: findings of that kind are all right here: `pending_at_shutdown`, `panic_unseen`,
///   `error_unseen`, `never_awaited`, `blocked_worker` (`slow_poll` means the same here)
/// - `allow(kind, "path")`: only at places whose file has that in its path
///
/// With `#[should_panic]` below it the test is to panic by itself; findings are printed and fail nothing.
///
/// ```ignore
/// #[taskscope_agent::test(allow(pending_at_shutdown, "src/metrics.rs"))]
/// async fn orders_are_kept() {
///     taskscope_agent::spawn(keep(order())).await.unwrap();
/// }
/// ```
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    main_attribute::expand(Entry::Test, options.into(), item.into()).into()
}
