#[taskscope_agent::main]
async fn main(arguments: Vec<String>) {}
