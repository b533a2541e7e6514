//! Where the system does not let a monitor read a program's memory, the program's agent lends it.

use super::rights::on_tcp;
use serde_json::{Value, json};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use taskscope_model::hello::Rights;
use taskscope_model::request::memory::{Extent, Layout, ReadMemory, SearchMemory, Span};
use taskscope_model::request::{Answer, Reason};
use taskscope_tests::{Client, Connection, Place, Process, connect, echo_server, is_root, plain, taskscope};

const NOT_PERMITTED: i32 = 4;

/// The monitor as root has it in a container: it may do much, but not look into processes that may do more.
fn in_a_container<'a>(place: &Place, arguments: &'a [&'a str]) -> Command {
    let mut command = place.command(taskscope());
    command.env_remove("TASKSCOPE_OUTSIDE").args(arguments);
    let drop_right = || {
        const CAP_SYS_PTRACE: libc::c_ulong = 19;
        // SAFETY: a plain system call, between fork and exec; it changes what this child may do.
        match unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: what runs between fork and exec neither allocates nor locks.
    unsafe { command.pre_exec(drop_right) };
    command
}

#[test]
fn the_agent_lends_it_where_the_system_does_not() {
    if !is_root() {
        println!("skipped: only root has rights that can be taken away");
        return;
    }
    let place = Place::new();
    // Nobody but the program has its executable any more.
    let copy = place.copy(echo_server(), "copy");
    let server = place.start(&copy, &[]);
    std::fs::remove_file(&copy).expect("the place is ours");
    let mut connections = connect(server.address(), 3);
    connections.iter_mut().for_each(Connection::round);
    let target = server.target();
    let ps: Value = Process::begin(&mut in_a_container(&place, &["ps", &target, "--json"])).wait().json();
    let tasks = ps["tasks"].as_array().expect("there is a list of tasks");
    let spawned: Vec<_> = tasks.iter().filter(|task| task["task_kind"] == "async").collect();
    assert_eq!(spawned.len(), 3, "{ps}");
    for task in spawned {
        assert_eq!(task["seen_by"], json!(["agent", "outside"]), "{task}");
        assert_eq!(task["awaits_at"]["file"], "examples/echo_server.rs", "{task}");
    }

    let unchanged = place.start(plain(), &[]);
    let refused = Process::begin(&mut in_a_container(&place, &["ps", &unchanged.target()])).wait();
    let error = refused.error(NOT_PERMITTED);
    for way in ["sudo", "taskscope run", "kernel.yama.ptrace_scope", "the agent's memory right"] {
        assert!(error.contains(way), "{error}");
    }
}

/// What is answered to these questions: what is mapped, a piece of it, nothing, and too much.
#[track_caller]
fn ask(client: &mut Client, address: u64) -> Vec<Answer> {
    let extent = |begin, length| Extent { begin, length };
    client.ask(Layout { number: 1 });
    let pieces = vec![extent(address, 4), extent(0, 64), extent(u64::MAX - 3, 64), extent(address, 0)];
    client.ask(ReadMemory { number: 2, file: 0, pieces });
    client.ask(ReadMemory { number: 3, file: 0, pieces: vec![extent(address, u64::MAX)] });
    let spans = vec![Span { first: 1, length: u64::MAX - 1 }];
    client.ask(SearchMemory { number: 4, from: 0, to: u64::MAX, spans });
    let is_last = |answer: &Answer| !matches!(answer, Answer::Mapped(mapped) if mapped.more);
    client.until("an answer to each", |_, answers| {
        let answered = answers.iter().filter(|answer| is_last(answer)).count();
        if answered == 4 { Ok(answers.to_vec()) } else { Err(format!("{answered} of 4")) }
    })
}

#[test]
fn memory_is_a_right_of_its_own() {
    let place = Place::new();
    let begin = |rights| on_tcp(&place, None, rights);
    for rights in [None, Some("read,control")] {
        let (_program, address) = begin(rights);
        let (mut client, hello) = Client::attach_tcp(address, None).expect("loopback needs no token");
        assert!(!hello.rights.memory);
        for answer in ask(&mut client, 4096) {
            let Answer::Denied(denied) = &answer else { panic!("not denied: {answer:?}") };
            assert_eq!(denied.reason, Reason::NOT_PERMITTED);
            assert!(denied.message.contains("TASKSCOPE_RIGHTS=read,memory"), "{}", denied.message);
        }
    }

    let (program, address) = begin(Some("read,memory"));
    let (mut client, hello) = Client::attach_tcp(address, None).expect("loopback needs no token");
    assert_eq!(hello.rights, Rights { memory: true, ..Rights::READ });
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", program.pid())).expect("it lives");
    let first =
        maps.split('-').next().and_then(|start| u64::from_str_radix(start, 16).ok()).expect("an address");
    let mut told = String::new();
    let (mut read, mut denied, mut hits) = (None, None, 0);
    for answer in ask(&mut client, first) {
        match answer {
            Answer::Mapped(mapped) => told.push_str(&String::from_utf8_lossy(&mapped.maps.0)),
            Answer::MemoryRead(answer) => {
                read = Some(answer.pieces.into_iter().map(|it| it.0).collect::<Vec<_>>());
            }
            Answer::Denied(answer) => denied = Some(answer),
            Answer::MemorySearched(answer) => hits = answer.hits.len(),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told.lines().next(), maps.lines().next());
    assert_eq!(read, Some(vec![b"\x7fELF".to_vec(), vec![], vec![], vec![]]), "wrong addresses hold nothing");
    assert_eq!(denied.map(|denied| (denied.number, denied.reason)), Some((3, Reason::WRONG_QUERY)));
    // Nothing is mapped that far down.
    assert_eq!(hits, 0);
    assert_eq!(program.errors(), "", "and the program runs on");
}
