#[taskscope_agent::main]
async fn main() {
    std::fs::read("file")?;
}

#[taskscope_agent::main]
async fn another_error() -> Result<(), std::fmt::Error> {
    let _number: u8 = "7".parse()?;
    Ok(())
}
