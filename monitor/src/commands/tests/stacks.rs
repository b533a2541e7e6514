//! The stacks of threads.

use super::run;
use crate::fake::FakeAgent;

/// JSON with a thread or frame a line.
fn by_line(json: &str) -> String {
    json.replace("{\"tid\"", "\n{\"tid\"").replace("{\"function\"", "\n  {\"function\"")
}

#[test]
fn threads_with_their_stacks() {
    let agent = FakeAgent::echo_server();
    insta::assert_snapshot!("stacktrace", run(&["stacktrace", agent.path()]));
    insta::assert_snapshot!("json_stacktrace", by_line(&run(&["stacktrace", agent.path(), "--json"])));
}

#[test]
fn a_recording_without_stacks_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    std::fs::write(&path, crate::fake::recording()).unwrap();
    let text = run(&["stacktrace", path.to_str().unwrap()]);
    assert!(text.ends_with("the recording holds no stacks of threads\n"), "{text}");
}
