#[taskscope_agent::main]
struct Main;

fn main() {}
