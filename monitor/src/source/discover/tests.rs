//! Folders with sockets of every sort.

use super::*;
use crate::fake::{self, FakeAgent, Script};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use tempfile::TempDir;

/// Long enough for a busy machine; only what hangs takes it.
const SOON: Duration = Duration::from_secs(2);

fn place(folder: &TempDir) -> Place {
    Place { root: None, path: folder.path().to_owned(), owner: rustix::process::geteuid().as_raw() }
}

fn at(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn own_hello() -> Box<Hello> {
    Box::new(Hello { pid: std::process::id(), ..fake::hello() })
}

fn found(place: Place) -> Vec<Process> {
    look(&[place], SOON, |_| true)
}

#[test]
fn a_live_program_is_listed_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = at(&folder, "1.sock");
    let _agent = FakeAgent::start_at(&path, Script::Serve(own_hello(), Vec::new()));
    let twice = [place(&folder), place(&folder)];
    let processes = look(&twice, SOON, |_| true);
    let [process] = &processes[..] else { panic!("{processes:?}") };
    assert_eq!(
        (process.program.as_str(), process.tasks, process.trouble.as_deref()),
        ("echo_server", Some(5), None)
    );
    assert_eq!(process.pid, std::process::id());
    let pid = cfg!(target_os = "linux").then(std::process::id);
    assert_eq!(process.address, Some(Address::Unix { path, pid }));
    assert!(process.uptime > Some(Nanos(0)));
}

#[test]
fn a_program_in_trouble_costs_only_its_own_answer() {
    let folder = tempfile::tempdir().unwrap();
    let agent = |name: &str, script| FakeAgent::start_at(&at(&folder, name), script);
    let _good = agent("1.sock", Script::Serve(own_hello(), Vec::new()));
    // Its queue holds a few connections, but nobody takes them.
    let _hung = UnixListener::bind(at(&folder, "2.sock")).unwrap();
    let _drips = agent("3.sock", Script::Say(b"tasks".to_vec()));
    let _garbage = agent("4.sock", Script::Say(b"SSH-2.0-OpenSSH".to_vec()));
    let mut troubles: Vec<_> =
        found(place(&folder)).into_iter().map(|it| it.trouble.unwrap_or_default()).collect();
    troubles.sort();
    let garbage = "is no taskscope agent: this is not a taskscope connection or recording";
    assert_eq!(troubles, ["", "does not answer", "does not answer", garbage]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_queue_does_not_hang_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = at(&folder, "1.sock");
    let _hung = UnixListener::bind(&path).unwrap();
    let mut held = Vec::new();
    // Until the queue is full a connection succeeds at once.
    while let Ok(stream) = dial_at_once(&path) {
        held.push(stream);
    }
    let processes = look(&[place(&folder)], Duration::from_millis(100), |_| true);
    assert_eq!(processes[0].trouble.as_deref(), Some("does not answer"), "{} held", held.len());
}

#[cfg(target_os = "linux")]
fn dial_at_once(path: &std::path::Path) -> rustix::io::Result<std::os::unix::net::UnixStream> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket.into())
}

#[test]
fn sockets_that_nobody_listens_to_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    drop(UnixListener::bind(at(&folder, "1.sock")).unwrap());
    drop(UnixListener::bind(at(&folder, "not-a-pid.sock")).unwrap());
    std::fs::write(at(&folder, "2.sock"), "a file").unwrap();
    assert_eq!(found(place(&folder)), []);
    assert!(!at(&folder, "1.sock").exists(), "stale");
    assert!(at(&folder, "not-a-pid.sock").exists() && at(&folder, "2.sock").exists(), "not ours to remove");
}

#[test]
fn folders_and_sockets_that_may_be_another_users_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _agent = FakeAgent::start_at(&at(&folder, "1.sock"), Script::Serve(own_hello(), Vec::new()));
    assert_eq!(found(place(&folder)).len(), 1);

    let stranger = Place { owner: place(&folder).owner + 1, ..place(&folder) };
    assert_eq!(found(stranger), [], "its owner is another");

    let other = tempfile::tempdir().unwrap();
    symlink(at(&folder, "1.sock"), at(&other, "1.sock")).unwrap();
    assert_eq!(found(place(&other)), [], "the socket is a link");

    let link = at(&other, "link");
    symlink(folder.path(), &link).unwrap();
    assert_eq!(found(Place { path: link, ..place(&folder) }), [], "the folder is a link");

    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(found(place(&folder)), [], "anybody can write to the folder");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_gives_another_pid_is_shown_to_lie() {
    let folder = tempfile::tempdir().unwrap();
    let script = Script::Serve(Box::new(Hello { pid: 1, ..fake::hello() }), Vec::new());
    let _agent = FakeAgent::start_at(&at(&folder, "1.sock"), script);
    let expected = format!("is process {} and says that it is 1", std::process::id());
    assert_eq!(found(place(&folder))[0].trouble.as_deref(), Some(expected.as_str()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_may_be_longer_than_a_socket_address() {
    let folder = tempfile::tempdir().unwrap();
    let long = at(&folder, &"long/".repeat(30));
    std::fs::create_dir_all(&long).unwrap();
    let short = at(&folder, "1.sock");
    let _agent = FakeAgent::start_at(&short, Script::Serve(own_hello(), Vec::new()));
    let path = long.join("1.sock");
    std::fs::rename(short, &path).unwrap();
    let opened = super::super::Live::open(&Address::Unix { path, pid: None }, SOON);
    assert_eq!(opened.map(|live| live.hello().program.clone()).unwrap(), "echo_server");
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_holds_only_for_its_process() {
    let agent = FakeAgent::start(Script::Serve(own_hello(), Vec::new()));
    let path = PathBuf::from(agent.path());
    let open = |pid| super::super::Live::open(&Address::Unix { path: path.clone(), pid }, SOON);
    assert_eq!(open(Some(std::process::id())).unwrap().hello().pid, std::process::id());
    let error = open(Some(1)).unwrap_err().to_string();
    assert!(error.contains("it belongs to process"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn links_inside_a_container_lead_nowhere_outside() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let _agent = FakeAgent::start_at(&at(&outside, "1.sock"), Script::Serve(own_hello(), Vec::new()));
    std::fs::create_dir_all(root.path().join("run/user/0")).unwrap();
    let inner = root.path().join("run/user/0/taskscope");
    std::fs::create_dir(&inner).unwrap();
    symlink("/run", root.path().join("var")).unwrap();
    symlink(outside.path(), root.path().join("escape")).unwrap();
    let below =
        |path: &str| Place { root: Some(root.path().to_owned()), path: path.into(), ..place(&outside) };
    let _inside = FakeAgent::start_at(&inner.join("1.sock"), Script::Serve(own_hello(), Vec::new()));
    assert_eq!(found(below("/run/user/0/taskscope")).len(), 1);
    assert_eq!(found(below("/var/user/0/taskscope")).len(), 1, "a link is followed as in the container");
    assert!(below("/escape").open().is_none());
}
