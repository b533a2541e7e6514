//! The query language and the order of tasks, over anything.

use super::arbitrary::{cases, change, fold};
use super::survive;
use proptest::collection::vec;
use proptest::prelude::*;
use std::cmp::Ordering;
use taskscope_model::change::{Location, Spawned};
use taskscope_model::codes::{Outcome, TaskKind};
use taskscope_model::query::{KEYS, Key, Takes};
use taskscope_model::{At, Change, Fact, LocationId, Nanos, Order, Query, Source, State, TaskId, World};

/// Text that is a query, or nearly one.
fn nearly_a_query() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        3 => (0..KEYS.len()).prop_map(|n| KEYS[n].name.to_owned()),
        1 => "[a-zA-Z_]{0,6}",
    ];
    let value = prop_oneof![
        "[0-9.]{1,4}(ns|us|µs|ms|s|m|h|d|)",
        "[0-9]{1,20}",
        "main(-[0-9]{0,3})?",
        "\\PC{0,6}",
        "running|idle|completed|shutdown|async|\"a b\"|\"|::"
    ];
    let term = ("-{0,2}", key, "(:|=|>=|<=|<|>|::|)", value)
        .prop_map(|(minus, key, op, value)| format!("{minus}{key}{op}{value}"));
    vec(prop_oneof![3 => term, 1 => "\\PC{0,8}"], 0..4).prop_map(|terms| terms.join(" "))
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn any_text_is_a_query_or_says_where_it_is_not(text in prop_oneof![any::<String>(), nearly_a_query()]) {
        survive::query(&text);
    }

    #[test]
    fn a_duration_reads_back_as_it_prints(nanos in prop_oneof![any::<u64>(), 0..10_000_000_000u64]) {
        let span = Nanos(nanos);
        let read = Nanos::parse(&span.to_string()).unwrap();
        prop_assert!(read <= span, "{span} is cut, never rounded up");
        prop_assert!(span.0 - read.0 <= span.0 / 24, "{span} reads as {read:?}");
        prop_assert_eq!(read.to_string(), span.to_string());
    }

    #[test]
    fn a_task_reads_back_as_it_prints(id in prop_oneof![any::<u64>(), 0..10u64, (1 << 63)..(1 << 63) + 10u64]) {
        prop_assert_eq!(TaskId(id).to_string().parse(), Ok(TaskId(id)));
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_query_says_whether_time_alone_changes_what_matches(
        changes in vec(change(), 0..80),
        key in 0..KEYS.len(),
        later in 1..1_000_000_000u64,
    ) {
        let (world, key) = (fold(&changes), &KEYS[key]);
        let sample = match key.takes {
            Takes::Span => "1ns",
            Takes::Choice(words) => words[0],
            Takes::Text | Takes::Number | Takes::Task => "1",
        };
        let query = Query::parse(&format!("{}:{sample}", key.name)).unwrap();
        let now = world.now();
        // A task in a poll is one to which something happens.
        for task in world.tasks().filter(|task| task.state() != Some(State::Running)) {
            let values = [now, At(now.0.saturating_add(later))].map(|at| (key.value)(task, &world, at));
            prop_assert!(query.depends_on_time() || values[0] == values[1], "{}: {task:?}", key.name);
        }
    }

    #[test]
    fn a_query_and_its_negation_divide_the_tasks(
        changes in vec(change(), 0..80),
        text in nearly_a_query().prop_filter("one term", |it| !it.contains(char::is_whitespace) && !it.starts_with('-')),
    ) {
        let (world, negated) = (fold(&changes), format!("-{text}"));
        if let (Ok(query), Ok(negated)) = (Query::parse(&text), Query::parse(&negated))
            && !query.matches_all()
        {
            for task in world.tasks() {
                let answers = [&query, &negated].map(|it| it.matches(task, &world, world.now()));
                prop_assert!(answers[0] != answers[1], "{text}: {task:?}");
            }
        }
    }

    #[test]
    fn an_order_is_total(changes in vec(change(), 0..80), key in 0..KEYS.len(), reverse: bool) {
        let world = fold(&changes);
        let order = Order::parse(KEYS[key].name, reverse).unwrap();
        let mut tasks: Vec<_> = world.tasks().collect();
        order.sort(&mut tasks, &world, world.now());
        let ranked: Vec<_> = tasks.iter().map(|task| (order.rank(task, &world, world.now()), *task)).collect();
        for (i, a) in ranked.iter().enumerate() {
            for (j, b) in ranked.iter().enumerate() {
                let expected = i.cmp(&j);
                prop_assert_eq!(order.compare((&a.0, a.1), (&b.0, b.1)), expected, "{} {}", i, j);
            }
        }
        let known = ranked.iter().take_while(|(rank, _)| rank.is_some()).count();
        prop_assert!(ranked[known..].iter().all(|(rank, _)| rank.is_none()), "the unknown come last");
    }

    #[test]
    fn reversed_is_the_same_turned_round(changes in vec(change(), 0..80), key in 0..KEYS.len()) {
        let world = fold(&changes);
        let [there, back] = [false, true].map(|it| Order::parse(KEYS[key].name, it).unwrap());
        for a in world.tasks() {
            for b in world.tasks() {
                let [x, y] = [a, b].map(|task| there.rank(task, &world, world.now()));
                if x.is_some() && y.is_some() && x != y {
                    let forth = there.compare((&x, a), (&y, b));
                    prop_assert_ne!(forth, Ordering::Equal);
                    prop_assert_eq!(back.compare((&x, a), (&y, b)), forth.reverse());
                }
            }
        }
    }
}

#[test]
fn every_code_has_its_own_word_in_a_query() {
    let words = |key: &str| match Key::named(key).map(|key| key.takes) {
        Some(Takes::Choice(words)) => words,
        other => panic!("{key} takes {other:?}"),
    };
    assert_eq!(words("outcome").len(), Outcome::KNOWN.len() + 1, "and one for unknown");
    let kinds: Vec<_> = TaskKind::KNOWN.iter().filter_map(|kind| kind.name()).collect();
    assert_eq!(words("task_kind"), kinds);
}

#[test]
fn the_quoted_part_holds_no_operator() {
    for (text, right) in [
        ("\"busy>5\"", true),
        ("bu\"sy>5\"", true),
        ("busy\">\"5", true),
        ("busy>\"5ms\"", true),
        // The operator is `>`, and `=5ms` is no duration.
        ("busy>\"=5ms\"", false),
        ("name:\"a b\"", true),
        ("-\"a b\"", true),
        ("\"-\"", true),
        ("\"\"", false),
        ("-\"\"", false),
        ("name:\"\"", false),
    ] {
        assert_eq!(Query::parse(text).is_ok(), right, "{text}");
    }
}

#[test]
fn upper_and_lower_case_are_the_same_in_every_script() {
    let mut world = World::default();
    let task = TaskId(1);
    let file = "src/Äpfel.rs".to_owned();
    let (kind, location) = (TaskKind::ASYNC, Some(LocationId(0)));
    let spawned = Spawned { task, kind, runtime: None, parent: None, location, chain: None, at: None };
    for fact in [Location { id: LocationId(0), file, line: 7, column: 3 }.into(), Fact::from(spawned)] {
        world.apply(&Change { source: Source::AGENT, fact });
    }
    let found =
        |text: &str| Query::parse(text).is_ok_and(|it| it.matches(world.task(task).unwrap(), &world, At(0)));
    for text in ["äpfel", "ÄPFEL", "PFEL.RS:7", "location:äPF", "s", "3"] {
        assert!(found(text), "{text}");
    }
    assert!(!found("apfel") && !found("src/Äpfel.rs:7:3 and more"));
}
