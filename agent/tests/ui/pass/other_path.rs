//! The agent under another name, as in a crate that re-exports it.

mod vendored {
    pub use taskscope_agent as agent;
}

#[vendored::agent::main(crate = "crate::vendored::agent")]
async fn main() {
    tokio::spawn(async {}).await.expect("the task ends");
}
