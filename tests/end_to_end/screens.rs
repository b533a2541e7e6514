//! The TUI as a person sees it: live, and whole screens.

use taskscope_tests::{
    Connection, Pane, Place, Process, Stopwatch, connect, echo_server, redacted, taskscope,
};

const CONNECTIONS: usize = 30;
/// New connections of which the way to the screen is timed.
const TIMED: usize = 10;

#[track_caller]
fn open(place: &Place, arguments: &[&str]) -> Pane {
    Pane::open(place.command(taskscope()).args(arguments), (80, 24))
}

/// The TUI on a server with some connections, each of which was used once.
#[track_caller]
fn on_a_server(place: &Place, server: &Process) -> (Pane, Vec<Connection>) {
    let mut connections = connect(server.address(), CONNECTIONS);
    connections.iter_mut().for_each(Connection::round);
    let mut pane = open(place, &[&server.target()]);
    pane.until("every task", |text| text.contains(&format!("{} live", CONNECTIONS + 1)) && has_rows(text));
    (pane, connections)
}

/// Any task may be the busiest of all, also `main`.
fn of_any_task(text: &str) -> String {
    redacted(&text.replace(" main  idle", "   99  idle"))
}

/// Without what depends on how busy the machine is, and how long one looks.
fn without_long_polls(text: &str) -> String {
    const VARYING: &[&str] = &["polls by length", "from ", "polls/s", "busy now"];
    let varies = |line: &str| VARYING.iter().any(|start| line.trim_start().starts_with(start));
    let lines = text.lines().filter(|line| !line.is_empty() && !varies(line));
    redacted(&lines.collect::<Vec<_>>().join("\n"))
}

fn has_rows(text: &str) -> bool {
    text.contains("examples/echo_server.rs")
}

#[test]
fn a_change_is_on_the_screen_at_once() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let (mut pane, mut connections) = on_a_server(&place, &server);
    let mut times: Vec<_> = (1..=TIMED)
        .map(|more| {
            let watch = Stopwatch::start();
            connections.extend(connect(server.address(), 1));
            let live = format!(" {} live", CONNECTIONS + 1 + more);
            pane.until("the new task", |text| text.contains(&live));
            watch.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "a new connection was on the screen after {:?} (median), {:?} at most",
        times[TIMED / 2],
        times[TIMED - 1]
    );

    connections.truncate(3);
    pane.until("the ends", |text| {
        text.contains(" 4 live") && text.contains(&format!("{} ended", CONNECTIONS + TIMED - 3))
    });
}

#[test]
fn filter_sort_details_and_help() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let (mut pane, _connections) = on_a_server(&place, &server);
    let tasks = pane.until("a quiet screen", |text| text.contains("1-15 of 31"));
    insta::assert_snapshot!("tasks", of_any_task(&tasks));

    pane.keys("/parent:main");
    pane.until("what is typed", |text| text.contains("parent:main"));
    pane.keys("\r");
    let filtered = pane.until("the connections alone", |text| text.contains("of 30 "));
    insta::assert_snapshot!("filtered", redacted(&filtered));

    // The order goes from column to column, and back to the first.
    let sorted_by = |pane: &mut Pane, key: &str| {
        for _ in 0..20 {
            if pane.text().contains(&format!("by {key}")) {
                return;
            }
            let before = pane.text().lines().rev().nth(1).map(str::to_owned);
            pane.keys("s");
            pane.until("another order", |text| text.lines().rev().nth(1).map(str::to_owned) != before);
        }
        panic!("no order by {key}:\n{}", pane.text());
    };
    sorted_by(&mut pane, "polls");
    sorted_by(&mut pane, "id");
    let ids = |text: &str| -> Vec<u64> {
        // The tab bar begins with a number too.
        let rows = text.lines().filter(|line| !line.contains("Overview"));
        rows.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
    };
    let up = pane.until("ids", |text| ids(text).len() > 10);
    assert!(ids(&up).is_sorted(), "{up}");
    pane.keys("r");
    pane.until("the reverse order", |text| ids(text).len() > 10 && ids(text).iter().rev().is_sorted());

    pane.keys("j\r");
    let is_details = |text: &str| text.contains("spawned by") && text.contains("longest poll");
    pane.until("the details of a task", is_details);
    // In 24 lines there is room for all of it or not, as there have been long polls or not.
    pane.resize((80, 36));
    let details = pane.until("more room", |text| is_details(text) && text.lines().count() == 36);
    insta::assert_snapshot!("details", without_long_polls(&details));
    pane.resize((80, 24));
    pane.until("the details again", |text| is_details(text) && text.lines().count() == 24);
    pane.keys("?");
    let help = pane.until("the help", |text| text.contains("this help"));
    insta::assert_snapshot!("help", redacted(&help));
    pane.keys("\x1b");
    pane.until("the details again", |text| text.contains("longest poll"));

    pane.keys("\x1b");
    pane.until("the tasks again", |text| text.contains("of 30 "));
    pane.keys("/ colour:red");
    let wrong =
        pane.until("what is wrong", |text| text.contains("is no key") && text.contains("No task matches"));
    insta::assert_snapshot!("wrong_filter", redacted(&wrong));
}

/// Ends the server, looks at the screen, and starts it again.
#[track_caller]
fn ends(end: impl Fn(Process), said: &str) -> String {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let (mut pane, _connections) = on_a_server(&place, &server);
    let pid = server.pid();
    end(server);
    let gone = pane.until("a word on the end", |text| text.contains(&format!("(pid {pid}) {said}")));

    let successor = place.start(echo_server(), &[]);
    let header = format!("echo_server  pid {} ", successor.pid());
    let back = |text: &str| text.contains(&header) && text.contains(" 1 live") && text.contains("connected");
    let text = pane.until("the successor", back);
    assert!(!text.contains(said), "{text}");
    gone
}

#[test]
fn an_orderly_end_is_told_and_a_successor_found() {
    let gone = ends(|server| drop(server.terminate()), "has ended");
    insta::assert_snapshot!("ended", of_any_task(&gone));
}

#[test]
fn a_killed_program_is_gone_without_goodbye_and_a_successor_found() {
    let gone = ends(|server| drop(server.kill()), "is gone without goodbye");
    insta::assert_snapshot!("killed", of_any_task(&gone));
}

#[test]
fn with_no_target_it_leads_to_the_program() {
    let place = Place::new();
    // This user may have other programs, so there may be a list to choose from.
    let name = place.copy(echo_server(), "alone");
    let server = place.start(&name, &[]);
    let mut pane = open(&place, &[]);
    let attached = |text: &str| text.contains(&format!("alone  pid {}", server.pid())) && has_rows(text);
    let row =
        |text: &str| text.lines().position(|line| line.contains("alone") && line.contains(&server.target()));
    let text = pane.until("the program, or a list with it", |text| attached(text) || row(text).is_some());
    if !attached(&text) {
        let above = text.lines().take(row(&text).unwrap_or(0)).filter(|line| line.contains("agent")).count();
        pane.keys(&"j".repeat(above));
        pane.keys("\r");
        pane.until("the program", attached);
    }
}

#[test]
fn an_output_that_is_no_terminal_is_an_error() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let error = place.taskscope(&[&server.target()]);
    assert!(error.error(2).contains("needs a terminal"), "{error:?}");
}
