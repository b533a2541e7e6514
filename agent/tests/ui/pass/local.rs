//! The flavor for futures that are not `Send`, and tokio's own name of the runtime.

use std::rc::Rc;

#[taskscope_agent::main(flavor = "local", name = "here")]
async fn main() -> Result<(), tokio::task::JoinError> {
    let number = Rc::new(5);
    assert_eq!(tokio::task::spawn_local(async move { *number }).await?, 5);
    assert_eq!(tokio::runtime::Handle::current().name(), Some("here"));
    Ok(())
}
