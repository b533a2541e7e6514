//! Names that the expansion uses too do not get in its way, and warnings stay errors.

#![deny(warnings, unreachable_code, unused)]

#[taskscope_agent::main]
async fn main() {
    let body = "body";
    let output = text(body, "output");
    assert_eq!(output, "bodyoutput");
}

#[allow(clippy::unused_async)]
async fn nothing() {}

fn text(body: &str, output: &str) -> String {
    std::thread::scope(|scope| scope.spawn(|| joined(body, output)).join().expect("joins"))
}

#[taskscope_agent::main(flavor = "current_thread")]
async fn joined(body: &str, output: &str) -> String {
    nothing().await;
    format!("{body}{output}")
}
