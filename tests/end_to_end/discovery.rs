//! Finding programs: stale sockets, and folders that are not what they should be.

use std::fs::{DirEntry, Permissions, create_dir, set_permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use taskscope_tests::{Place, Process, echo_server, free_address, is_root, scenario, until};

/// The pids that `ls` lists.
#[track_caller]
fn listed(place: &Place) -> Vec<u64> {
    let ls = place.taskscope(&["ls", "--json"]).json();
    let processes = ls["processes"].as_array().expect("there is a list of processes");
    processes.iter().filter_map(|process| process["pid"].as_u64()).collect()
}

#[test]
fn a_stale_socket_is_cleaned_up() {
    let place = Place::new();
    let (program, other) = (place.start(echo_server(), &[]), place.start(echo_server(), &[]));
    let (pid, socket) = (program.pid(), place.socket(program.pid()));
    assert!(socket.exists() && listed(&place).contains(&pid.into()));
    program.kill();
    assert!(socket.exists(), "a program that is killed cleans up nothing");
    let left = listed(&place);
    assert!(!left.contains(&pid.into()) && left.contains(&other.pid().into()), "{left:?}");
    assert!(!socket.exists(), "`ls` has cleaned up");
    assert!(place.socket(other.pid()).exists(), "and has left what is alive");
}

#[test]
fn an_orderly_end_leaves_no_socket() {
    let place = Place::new();
    let program = place.start(echo_server(), &[]);
    let socket = place.socket(program.pid());
    assert!(socket.exists());
    assert_eq!(program.terminate().code, 0);
    assert!(!socket.exists());
}

#[test]
fn an_agent_that_is_off_is_not_there() {
    let place = Place::new();
    let program = Process::ready(place.command(scenario()).arg("nested").env("TASKSCOPE", "off"));
    assert!(!place.socket(program.pid()).exists());
    assert!(!listed(&place).contains(&program.pid().into()));
    let ps = place.taskscope(&["ps", &program.target(), "--json"]).json();
    assert_eq!(ps["coverage"]["polls"]["seen"], "no", "it can be seen from outside all the same");
    assert_eq!(agents_threads(&program), Vec::<String>::new());
    let other = place.start(scenario(), &["nested"]);
    until("threads where it is on", || match &agents_threads(&other)[..] {
        [] => Err("none".to_owned()),
        [..] => Ok(()),
    });
}

/// The names of the agent's own threads in a program.
#[track_caller]
fn agents_threads(program: &Process) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{}/task", program.pid())).expect("it is alive");
    let name = |thread: DirEntry| std::fs::read_to_string(thread.path().join("comm")).ok();
    let names = threads.filter_map(|thread| name(thread.ok()?));
    names.filter(|name| name.starts_with("taskscope")).collect()
}

/// Starts a program for which neither folder is fit to be used; it runs on and says so over TCP.
#[track_caller]
fn runs_on_and_says_so(place: &Place) {
    let listen = free_address().to_string();
    let program = Process::ready(place.command(scenario()).arg("nested").env("TASKSCOPE_LISTEN", &listen));
    let target = format!("tcp://{listen}");
    let doctor = until("an answer", || {
        let doctor = place.taskscope(&["doctor", &target, "--json"]);
        if doctor.code == 0 { Ok(doctor.json()) } else { Err(doctor.errors) }
    });
    assert_eq!(doctor["process"]["pid"], program.pid());
    let listening = &doctor["coverage"]["listening"];
    assert_eq!(listening["seen"], "no", "{doctor}");
    let why = listening["why"].as_str().expect("there is a reason");
    assert!(why.contains("taskscope"), "{why}");
    assert!(!listed(place).contains(&program.pid().into()));
    assert!(program.errors().is_empty(), "{}", program.errors());
}

/// Both folders in which a socket could be.
fn folders(place: &Place) -> [std::path::PathBuf; 2] {
    let user = rustix::process::geteuid().as_raw();
    [place.runtime_folder().join("taskscope"), place.temp_folder().join(format!("taskscope-{user}"))]
}

#[test]
fn a_folder_behind_a_link_is_not_used() {
    let place = Place::new();
    let trap = place.path().join("trap");
    create_dir(&trap).expect("the place is ours");
    set_permissions(&trap, Permissions::from_mode(0o700)).expect("it is ours");
    for folder in folders(&place) {
        symlink(&trap, folder).expect("the place is ours");
    }
    runs_on_and_says_so(&place);
    assert_eq!(std::fs::read_dir(&trap).expect("it is a folder").count(), 0, "nothing is put into it");
}

#[test]
fn a_folder_of_another_user_is_not_used() {
    if !is_root() {
        println!("skipped: only root can prepare a folder of another user's");
        return;
    }
    let place = Place::new();
    for folder in folders(&place) {
        create_dir(&folder).expect("the place is ours");
        set_permissions(&folder, Permissions::from_mode(0o777)).expect("it is ours");
        chown(&folder, Some(65534), Some(65534)).expect("root gives away");
    }
    runs_on_and_says_so(&place);
    for folder in folders(&place) {
        assert_eq!(std::fs::read_dir(folder).expect("it is a folder").count(), 0, "nothing is put into it");
    }
}

#[test]
fn a_folder_that_others_may_enter_is_not_used() {
    let place = Place::new();
    let [preferred, _] = folders(&place);
    create_dir(&preferred).expect("the place is ours");
    set_permissions(&preferred, Permissions::from_mode(0o755)).expect("it is ours");
    let program = place.start(scenario(), &["nested"]);
    assert!(!place.socket(program.pid()).exists());
    assert!(listed(&place).contains(&program.pid().into()), "it listens in the other folder");
}
