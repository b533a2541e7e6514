#[taskscope_agent::main]
async fn main() -> Result<(), String> {
    let number = 5;
    number
}

#[taskscope_agent::main]
async fn early() {
    return 5;
}

#[taskscope_agent::main]
async fn nothing_at_the_end() -> Result<(), String> {
    tokio::task::yield_now().await;
}
