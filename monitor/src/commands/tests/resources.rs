//! `resources` and `resource`.

use super::{error, fake, run};
use crate::exit::Exit;
use crate::fake::{FakeAgent, Script};
use taskscope_model::hello::Hello;

fn locks() -> FakeAgent {
    let hello = Hello { program: "order_server".to_owned(), ..fake::hello() };
    FakeAgent::start(Script::Serve(Box::new(hello), fake::locks()))
}

/// JSON with a resource or operation a line.
fn by_line(json: &str) -> String {
    json.replace("{\"id\"", "\n{\"id\"").replace(",\"resources\":", ",\n\"resources\":")
}

#[test]
fn resources_as_text() {
    let agent = locks();
    insta::assert_snapshot!("resources", run(&["resources", agent.path()]));
    insta::assert_snapshot!("all_resources", run(&["resources", agent.path(), "--internal", "--dropped"]));
    insta::assert_snapshot!("resource", run(&["resource", agent.path(), "7"]));
    insta::assert_snapshot!("dropped_resource", run(&["resource", agent.path(), "9"]));
}

#[test]
fn resources_as_json() {
    let agent = locks();
    let all = run(&["resources", agent.path(), "--internal", "--dropped", "--json"]);
    insta::assert_snapshot!("json_resources", by_line(&all));
    insta::assert_snapshot!("json_resource", by_line(&run(&["resource", agent.path(), "7", "--json"])));
}

#[test]
fn a_resource_that_is_not_there() {
    let agent = locks();
    let (exit, message) = error(&["resource", agent.path(), "4711"]);
    assert_eq!(exit, Exit::NoSuchTask);
    assert!(message.contains("no resource 4711 in order_server (pid 4711)"), "{message}");
    let (exit, message) = error(&["resource", agent.path(), "mutex"]);
    assert_eq!(exit, Exit::WrongUse);
    assert!(message.contains("`mutex` is no resource's id"), "{message}");
}

#[test]
fn a_program_of_whose_resources_nothing_is_told() {
    let agent = FakeAgent::echo_server();
    let text = run(&["resources", agent.path()]);
    assert!(text.contains("only through console-subscriber"), "{text}");
}
