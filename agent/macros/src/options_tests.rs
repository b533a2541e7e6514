//! What the brackets take, and what each mistake is told.

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::{Entry, Flavor, Mode, Options, UnhandledPanic};

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn options(text: &str) -> Options {
    Options::read(Entry::Main, tokens(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Every message told for these brackets.
fn mistakes(text: &str) -> Vec<String> {
    let error = Options::read(Entry::Main, tokens(text)).err().unwrap_or_else(|| panic!("{text} was taken"));
    error.into_iter().map(|error| error.to_string()).collect()
}

#[test]
fn nothing_is_the_multi_thread_scheduler() {
    let options = options("");
    assert_eq!(options.flavor, Flavor::MultiThread);
    assert!(options.worker_threads.is_none() && options.start_paused.is_none() && options.agent.is_none());
}

#[test]
fn every_option_is_read() {
    let options = options(
        r#"flavor = "current_thread", start_paused = true, unhandled_panic = "ignore", name = "api", crate = "::a::b","#,
    );
    assert_eq!(options.flavor, Flavor::CurrentThread);
    assert_eq!(options.start_paused.map(|flag| flag.value), Some(true));
    assert_eq!(options.unhandled_panic.map(|(behavior, _)| behavior), Some(UnhandledPanic::Ignore));
    assert_eq!(options.name.map(|text| text.value()).as_deref(), Some("api"));
    assert_eq!(options.agent.to_token_stream().to_string(), ":: a :: b");
}

#[test]
fn a_mode_is_a_word_of_its_own() {
    let mode = |text| options(text).mode.map(|(mode, _)| mode);
    assert_eq!(mode(""), None);
    assert_eq!(mode("debug"), Some(Mode::Debug));
    assert_eq!(mode(r#"name = "api", log"#), Some(Mode::Log));
    assert_eq!(mode("on, flavor = \"local\""), Some(Mode::On));
}

#[test]
fn worker_threads_takes_an_expression() {
    for text in ["2", "2usize", "cores() / 2", "config::WORKERS"] {
        let options = options(&format!("worker_threads = {text}"));
        assert_eq!(
            options.worker_threads.to_token_stream().to_string().replace(' ', ""),
            text.replace(' ', "")
        );
    }
}

#[test]
fn the_flavors_are_tokios() {
    for (text, flavor) in [
        ("multi_thread", Flavor::MultiThread),
        ("current_thread", Flavor::CurrentThread),
        ("local", Flavor::Local),
    ] {
        assert_eq!(options(&format!("flavor = \"{text}\"")).flavor, flavor);
    }
}

/// Brackets and the start of each message, in order.
const MISTAKES: &[(&str, &[&str])] = &[
    ("worker_thread = 2", &["no option `worker_thread`: the options are `flavor`, `worker_threads`,"]),
    ("flavor", &["`flavor` needs a value"]),
    ("current_thread", &["a flavor is given as `flavor = \"current_thread\"`"]),
    ("flavor = multi_thread", &["`flavor` takes a string in quotes"]),
    (
        "flavor = \"threaded_scheduler\"",
        &["no flavor \"threaded_scheduler\"; this one is called \"multi_thread\""],
    ),
    ("flavor = \"single_thread\"", &["no flavor \"single_thread\"; this one is called \"current_thread\""]),
    ("flavor = \"fast\"", &["no flavor \"fast\": the flavors are \"multi_thread\","]),
    ("worker_threads = 0", &["`worker_threads` takes at least 1"]),
    ("worker_threads = \"4\"", &["`worker_threads` takes a number of threads"]),
    ("worker_threads = true", &["`worker_threads` takes a number of threads"]),
    ("worker_threads = 99999999999999999999", &["number too large"]),
    ("flavor = \"current_thread\", worker_threads = 2", &["`worker_threads` goes only with"]),
    ("flavor = \"local\", worker_threads = 2", &["`worker_threads` goes only with"]),
    ("start_paused = true", &["`start_paused` goes only with"]),
    ("start_paused = 1", &["`start_paused` takes `true` or `false`"]),
    ("unhandled_panic = \"ignore\"", &["`unhandled_panic` goes only with"]),
    ("unhandled_panic = \"abort\"", &["`unhandled_panic` takes \"ignore\" or"]),
    ("name = \" \"", &["`name` may not be empty"]),
    ("crate = \"no path\"", &["`crate` takes a path like"]),
    ("name = \"a\", name = \"b\"", &["`name` is given twice"]),
    (
        "name = 1, colour = 2, name = 3",
        &["`name` takes a string", "no option `colour`", "`name` is given twice"],
    ),
    ("flavor: 1", &["expected `=`"]),
    ("debug, log", &["one mode is enough"]),
    ("off", &["no option `off`"]),
    ("debug = true", &["`debug` takes no value"]),
];

#[test]
fn mistakes_are_told_all_at_once() {
    for (text, expected) in MISTAKES {
        let told = mistakes(text);
        assert_eq!(told.len(), expected.len(), "{text}: {told:?}");
        for (told, expected) in told.iter().zip(*expected) {
            assert!(told.starts_with(expected), "{text}: {told}");
        }
    }
}
