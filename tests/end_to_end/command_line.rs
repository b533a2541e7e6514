//! What the command line says of itself.

use taskscope_tests::{Place, Process, connect, echo_server, taskscope, until};

/// What a shell gets that asks for the last of these words.
fn completed(place: &Place, words: &[&str]) -> Vec<String> {
    let mut command = place.command(taskscope());
    command.env("TASKSCOPE_COMPLETE", "bash").env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let ran = Process::begin(command.args(["--", "taskscope"]).args(words)).wait();
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{words:?}");
    ran.output.lines().map(str::to_owned).collect()
}

#[test]
fn completions_for_the_usual_shells() {
    let place = Place::new();
    for (shell, word) in
        [("bash", "complete -o"), ("zsh", "#compdef taskscope"), ("fish", "complete --keep-order")]
    {
        let ran = place.taskscope(&["completions", shell]);
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{shell}");
        assert!(ran.output.contains(word), "{shell}: {}", ran.output);
    }
    assert_eq!(completed(&place, &["doc"]), ["doctor"]);
    assert_eq!(completed(&place, &["ps", "--fi"]), ["--filter"]);
    assert_eq!(completed(&place, &["ps", "--sort", "max"]), ["max_poll"]);
    assert_eq!(completed(&place, &["man", "find"]), ["findings"]);
}

#[test]
fn programs_and_tasks_are_completed() {
    let place = Place::new();
    let name = place.copy(echo_server(), "only-for-tab");
    let server = place.start(&name, &[]);
    let _connections = connect(server.address(), 3);
    let target = server.target();
    assert_eq!(completed(&place, &["ps", "only-for"]), ["only-for-tab"]);
    assert!(completed(&place, &["ps", &target]).contains(&target));
    assert!(completed(&place, &["only-for"]).contains(&"only-for-tab".to_owned()));
    let tasks = until("the connections", || {
        // Options are offered too.
        let mut tasks = completed(&place, &["where", &target, ""]);
        tasks.retain(|word| !word.starts_with("--"));
        if tasks.len() == 4 { Ok(tasks) } else { Err(format!("{tasks:?}")) }
    });
    assert!(tasks.contains(&"main".to_owned()), "{tasks:?}");
    for id in &tasks {
        assert_eq!(place.taskscope(&["where", &target, id]).code, 0, "{id}");
    }
}

#[test]
fn help_fits() {
    let place = Place::new();
    let all = place.taskscope(&["--help"]).output;
    let commands = all.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let commands = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let commands: Vec<_> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands.iter().filter(|name| **name != "help").map(std::slice::from_ref).chain([&[][..]])
    {
        for option in ["-h", "--help"] {
            let ran =
                Process::begin(place.command(taskscope()).env("COLUMNS", "80").args(command).arg(option))
                    .wait();
            assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{command:?}");
            assert!(ran.output.contains("Usage: taskscope"), "{command:?}: {}", ran.output);
            let widest = ran.output.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(80), "{command:?} {option}: {widest:?} columns:\n{}", ran.output);
        }
    }
}
