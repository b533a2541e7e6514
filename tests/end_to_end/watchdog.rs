//! What the watchdog may take: short forms of the stress program's modes, which judge themselves. The long ones are
//! `.ci/run --full`'s.

use taskscope_tests::{Place, Process, Ran, stress};

#[track_caller]
fn stressed(mode: &str, count: &str) -> Ran {
    let place = Place::new();
    let ran = Process::begin(place.command(stress()).args([mode, count])).wait();
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

#[test]
fn stacks_are_taken_under_churn() {
    stressed("captures", "800");
}

#[test]
fn few_stacks_of_many_slow_polls_are_taken_and_all_are_counted() {
    stressed("slow", "3");
}

#[test]
fn an_idle_program_is_not_woken() {
    stressed("idle", "2");
}
