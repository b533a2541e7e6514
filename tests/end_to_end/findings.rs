//! What is found in the examples: exactly what their lines say, with the hooks and on stable tokio.

use serde_json::Value;
use std::path::Path;
use taskscope_tests::{Place, example, example_without_hooks, marked_lines, until};

/// A finding: its kind, and the line of the example.
type Found = (String, u64);

fn expected(name: &str) -> Vec<Found> {
    let mut lines = marked_lines(&format!("examples/{name}.rs"));
    lines.sort();
    lines
}

/// The findings as of now; a place outside of the example's file counts as line 0.
fn found(place: &Place, target: &str, name: &str) -> Vec<Found> {
    let json = place.taskscope(&["findings", target, "--json"]).json();
    let findings = json["findings"].as_array().expect("there is a list of findings");
    let mut found: Vec<Found> = findings.iter().map(|finding| found_of(finding, name)).collect();
    found.sort();
    found
}

fn found_of(finding: &Value, name: &str) -> Found {
    let kind = finding["kind"].as_str().expect("a finding has a kind").to_owned();
    let (file, line) = (&finding["location"]["file"], &finding["location"]["line"]);
    let here = file.as_str().is_some_and(|file| file.ends_with(&format!("examples/{name}.rs")));
    (kind, line.as_u64().filter(|_| here).unwrap_or(0))
}

/// The example says what it says, and its healthy twin nothing.
fn says_what_it_says(program: &Path, name: &str) {
    let place = Place::new();
    let expected = expected(name);
    let example = place.start(program, &[]);
    until("the findings of its lines", || {
        let found = found(&place, &example.target(), name);
        if found == expected { Ok(()) } else { Err(format!("{name}: {found:?} instead of {expected:?}")) }
    });
    example.terminate();
    let healthy = place.start(program, &["--healthy"]);
    let found = found(&place, &healthy.target(), name);
    assert_eq!(found, [], "{name} --healthy");
    healthy.terminate();
}

macro_rules! examples {
    ($($name:ident)+) => {
        $(mod $name {
            #[test]
            fn with_the_hooks() {
                super::says_what_it_says(super::example(stringify!($name)), stringify!($name));
            }

            #[test]
            fn on_stable_tokio() {
                super::says_what_it_says(super::example_without_hooks(stringify!($name)), stringify!($name));
            }
        })+
    };
}

examples! {
    background_order cancel_me client_hung_up forgotten_await join_set_chain leak lost_panic select_loser
    deadlock futurelock pool_exhausted
}
