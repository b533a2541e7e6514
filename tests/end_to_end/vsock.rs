//! A program whose console-subscriber listens on a vsock.

use serde_json::Value;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use taskscope_tests::{Place, console_program, until};

const WRONG_USE: i32 = 2;
const NOT_FOUND: i32 = 3;

/// Whether this machine has a vsock to itself: only then there is the address 1 to bind to.
fn has_loopback() -> bool {
    // SAFETY: it takes numbers alone.
    let socket = unsafe { libc::socket(libc::AF_VSOCK, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0) };
    if socket < 0 {
        return false;
    }
    // SAFETY: the descriptor is new, and nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // SAFETY: it is numbers alone, and each may be 0.
    let mut address: libc::sockaddr_vm = unsafe { zeroed() };
    address.svm_family = libc::sa_family_t::try_from(libc::AF_VSOCK).expect("it is a small number");
    (address.svm_cid, address.svm_port) = (1, libc::VMADDR_PORT_ANY);
    let size = libc::socklen_t::try_from(size_of::<libc::sockaddr_vm>()).expect("it is small");
    // SAFETY: the address lives, is of that size, and of the socket's family.
    unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), size) == 0 }
}

/// Where this machine has one; where it has none, how to get it.
#[test]
fn a_program_on_a_vsock_of_this_machine() {
    let place = Place::new();
    let nobody = place.taskscope(&["ps", "vsock:1:1"]);
    let error = nobody.error(NOT_FOUND);
    if !has_loopback() {
        eprintln!("no vsock loopback here: only what is said of that is tested");
        let how = ["`modprobe vsock_loopback`", "`modprobe vsock`"];
        assert!(how.iter().any(|how| error.contains(how)), "{error}");
        return;
    }
    assert!(error.contains("nobody listens at vsock:1:1"), "{error}");
    // Of the tests on this machine this one alone is on vsocks.
    let port = std::process::id().to_string();
    let _program = place.start(console_program(), &["tasks", "--vsock", &port]);
    let (target, as_there) = (format!("vsock:1:{port}"), format!("vsock:///1:{port}"));
    let id = until("its tasks", || {
        let ps = place.taskscope(&["ps", &target, "--json"]);
        let told: Value = serde_json::from_str(&ps.output).unwrap_or_default();
        let tasks = told["tasks"].as_array().cloned().unwrap_or_default();
        let named = tasks.iter().find(|task| task["name"] == "named").and_then(|task| task["id"].as_str());
        named.map(str::to_owned).ok_or_else(|| format!("{ps:?}"))
    });
    let told = place.taskscope(&["where", &as_there, &id, "--json"]).json();
    assert_eq!(
        (&told["task"]["name"], &told["process"]["program"]),
        (&"named".into(), &target.as_str().into())
    );
}

#[test]
fn what_is_no_address_of_a_vsock_is_said_in_one_line() {
    let place = Place::new();
    for (target, words) in [
        ("vsock:2", "write vsock:CID:PORT"),
        ("vsock:guest:6669", "`guest` is no CID"),
        ("vsock://2:http", "`http` is no port"),
    ] {
        let ran = place.taskscope(&["ps", target]);
        let error = ran.error(WRONG_USE);
        assert!(error.contains(words), "no `{words}` in: {error}");
    }
}
