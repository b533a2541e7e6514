#[taskscope_agent::main]
async fn main() -> Missing {
    not_there();
}
