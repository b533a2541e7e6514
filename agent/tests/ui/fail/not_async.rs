#[taskscope_agent::main]
fn main() {}
