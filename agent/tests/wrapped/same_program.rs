//! One program, compiled against tokio and against the agent.

/// The same text twice; what differs is what `spawn` and `task` mean.
mod with_tokio {
    use tokio::{spawn, task};
    include!("program.rs");
}

mod with_the_agent {
    use taskscope_agent::{spawn, task};
    include!("program.rs");
}

/// The same without an agent in the process: the wrappers only pass on.
#[test]
fn it_does_the_same_with_either() {
    let expected = tokio::runtime::Runtime::new().unwrap().block_on(with_tokio::program());
    assert_eq!(super::attached::runtime().block_on(with_the_agent::program()), expected);
    let mut current = tokio::runtime::Builder::new_current_thread();
    let current = taskscope_agent::Builder::new().build_from(current.enable_all()).unwrap();
    assert_eq!(current.block_on(with_the_agent::program()), expected);
    // On a runtime into which the agent was not installed.
    assert_eq!(tokio::runtime::Runtime::new().unwrap().block_on(with_the_agent::program()), expected);
}
