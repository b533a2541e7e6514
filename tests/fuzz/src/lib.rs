//! What the targets call: the functions that the model's own tests call with other bytes, and the image of a program
//! that the tests of what is seen from outside damage.

#[path = "../../../monitor/inspect/tests/outside/image.rs"]
mod image;
#[path = "../../../agent/model/tests/model/survive.rs"]
mod survive;

use image::Image;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Any bytes, read as a client and as a program do, then folded and asked.
pub fn frames(bytes: &[u8]) {
    survive::frames(bytes);
}

/// Any text as a query.
pub fn query(text: &str) {
    survive::query(text);
}

/// Any damage to the memory and the debug information of the program that `TASKSCOPE_FUZZ_PROGRAM` names.
///
/// # Panics
/// There is no such program, or it does not say that it is ready.
pub fn outside(bytes: &[u8]) {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(record).survive(bytes);
}

fn record() -> Image {
    let program = std::env::var_os("TASKSCOPE_FUZZ_PROGRAM").expect("TASKSCOPE_FUZZ_PROGRAM names a program");
    let mut child = Command::new(program).stdout(Stdio::piped()).spawn().expect("it can be started");
    let lines = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
    let ready = lines.map_while(Result::ok).any(|line| line.starts_with("ready"));
    assert!(ready, "it says when it is ready");
    let image = Image::record(child.id());
    child.kill().and_then(|()| child.wait()).expect("it can be killed");
    image
}
