//! What the command line says of itself.

use taskscope_tests::Process;
use taskscope_tests::{Place, taskscope};

#[test]
fn completions_for_the_usual_shells() {
    let place = Place::new();
    for (shell, word) in
        [("bash", "complete -F"), ("zsh", "#compdef taskscope"), ("fish", "complete -c taskscope")]
    {
        let ran = place.taskscope(&["completions", shell]);
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{shell}");
        assert!(ran.output.contains(word) && ran.output.contains("doctor"), "{shell}: {}", ran.output);
    }
}

#[test]
fn help_fits() {
    let place = Place::new();
    for command in
        [&[][..], &["attach"], &["ls"], &["ps"], &["runtime"], &["doctor"], &["demo"], &["completions"]]
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
