//! What cannot be read is refused in one line that says what to do.

use std::process::{Child, Command, Stdio};
use taskscope_inspect::{Error, Target};

/// Killed at the end.
struct Sleeper(Child);

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn one_line(error: &Error) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.contains(": "), "{text}");
    text
}

#[test]
fn a_program_without_tokio() {
    let sleeper =
        Sleeper(Command::new("sleep").arg("1000").stdout(Stdio::null()).spawn().expect("it starts"));
    // Between fork and exec it is still this test.
    let refused = loop {
        match Target::attach(sleeper.0.id()) {
            Err(error @ Error::NotTokio { .. }) if error.to_string().starts_with("sleep ") => break error,
            Err(Error::NotTokio { .. } | Error::Gone { .. }) => std::thread::yield_now(),
            other => panic!("{:?}", other.err()),
        }
    };
    assert!(one_line(&refused).contains("tokio"));
}

#[test]
fn a_process_that_is_gone() {
    let mut child = Command::new("true").spawn().expect("it starts");
    let pid = child.id();
    child.wait().expect("it ends");
    let refused = Target::attach(pid).err().expect("it is gone");
    assert!(matches!(refused, Error::Gone { pid: gone } if gone == pid), "{refused:?}");
    one_line(&refused);
}

#[test]
fn what_is_no_core_dump() {
    let here = std::env::current_exe().expect("it has a path");
    let refused = Target::core(&here).err().expect("it is a program");
    assert!(one_line(&refused).ends_with("it is a program, not the dump of one"), "{refused}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("empty");
    std::fs::write(&file, "no core").expect("it can be written");
    assert!(matches!(Target::core(&file), Err(Error::NotACore { .. })));
    assert!(matches!(Target::core(folder.path().join("none")), Err(Error::Io { .. })));
}
