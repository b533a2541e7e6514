//! docs/tui.md and its pictures: made from the real screens and the real tables, so that they never go stale.
//! `INSTA_UPDATE=always` writes them anew, as it does the snapshots.

use super::Screen;
use super::panels::{busy_server, orders, with_findings};
use super::replay::played;
use crate::cli::Cli;
use crate::tui::commands::{self, COMMANDS};
use crate::tui::config::SETTINGS;
use crate::tui::keys::{Binding, KEYS};
use crate::tui::looks::Palette;
use clap::CommandFactory as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr as _;

/// Of one character cell, pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: usize = 18;
const INK: &str = "#d0d0d0";
const PAPER: &str = "#1c1c1c";

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Writes it, or says how it differs from what is there.
#[track_caller]
fn is_current(name: &str, text: &str) {
    let path = docs(name);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "{} is not what the program shows: INSTA_UPDATE=always writes it", path.display());
}

fn hex(colour: Color, otherwise: &'static str) -> &'static str {
    match colour {
        Color::Indexed(80) => "#5fd7d7",
        Color::Indexed(114) => "#87d787",
        Color::Indexed(221) => "#ffd75f",
        Color::Indexed(203) => "#ff5f5f",
        _ => otherwise,
    }
}

/// Ink, paper, and whether it is bold or dim.
fn look(cell: &Cell) -> (&'static str, &'static str, bool, bool) {
    let (ink, paper) = (hex(cell.fg, INK), hex(cell.bg, PAPER));
    let has = |modifier| cell.modifier.contains(modifier);
    let (ink, paper) = if has(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) };
    (ink, paper, has(Modifier::BOLD), has(Modifier::DIM))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn svg(buffer: &Buffer) -> String {
    let (columns, lines) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns as f64 * WIDTH + 16.0, lines * HEIGHT + 16);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" width=\"{width:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"14\">\n"
    );
    for (number, line) in buffer.content.chunks(columns).enumerate() {
        let mut at = 0;
        while at < columns {
            let style = look(&line[at]);
            let run: Vec<_> = line[at..].iter().take_while(|cell| look(cell) == style).collect();
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            let (x, y) = (8.0 + at as f64 * WIDTH, 8 + number * HEIGHT);
            let (ink, paper, bold, dim) = style;
            let length = text.width() as f64 * WIDTH;
            if paper != PAPER {
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{length:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
                );
            }
            if !text.trim().is_empty() {
                let weight = if bold { " font-weight=\"bold\"" } else { "" };
                let opacity = if dim { " opacity=\"0.6\"" } else { "" };
                let _ = writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{}\" textLength=\"{length:.1}\" xml:space=\"preserve\" fill=\"{ink}\"{weight}{opacity}>{}</text>",
                    y + 13,
                    escaped(&text)
                );
            }
            at += run.len();
        }
    }
    svg + "</g>\n</svg>\n"
}

fn picture(name: &str, mut screen: Screen, keys: &str) {
    screen.ui.looks.palette = Palette::Dark;
    screen.press(keys);
    screen.refresh();
    is_current(&format!("pictures/{name}.svg"), &svg(screen.draw().buffer()));
}

#[test]
fn pictures() {
    picture("overview", with_findings(busy_server(100, 20)), "1");
    picture("tasks", busy_server(100, 18), "<Down><Down>");
    picture("task", orders(100, 24), "/id:20<Enter><Down><Enter>");
    picture("findings", with_findings(orders(100, 20)), "4");
    picture("runtime", busy_server(100, 16), "5");
    picture("ended", orders(100, 14), "6");
    picture("events", orders(100, 16), "7");
    picture("replay", played(100, 18), "2");
    picture("command", orders(100, 14), ":cancel 2");
}

fn keys_of(binding: &Binding) -> String {
    binding.labels().map(|label| format!("<kbd>{}</kbd>", escaped(&label))).collect::<Vec<_>>().join(" ")
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let columns = head.matches('|').count() - 1;
    let rows: Vec<_> = rows.collect();
    format!("{head}\n|{}\n{}\n", "---|".repeat(columns), rows.join("\n"))
}

/// The text with the table of that name, which stands between two marks, made anew.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&begin).expect(name);
    let (_, after) = rest.split_once(&end).expect(name);
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn the_tables_of_keys_commands_and_settings_are_the_programs_own() {
    let text = std::fs::read_to_string(docs("tui.md")).unwrap();
    let keys = KEYS.iter().map(|it| format!("| {} | {} |", keys_of(it), it.help));
    let commands = COMMANDS.iter().map(|it| {
        let usage = it.usage().replace('|', "\\|");
        let short: Vec<_> = it.short.iter().map(|short| format!("`:{short}`")).collect();
        format!("| `:{usage}` | {} | {} |", short.join(" "), it.help)
    });
    let settings = SETTINGS.iter().map(|it| format!("| `{}` | {} | {} |", it.key, it.values, it.help));
    let text = with_table(&text, "keys", &table("| Key | Does |", keys));
    let text = with_table(&text, "commands", &table("| Command | Short | Does |", commands));
    let text = with_table(&text, "settings", &table("| Key | Values | Does |", settings));
    is_current("tui.md", &text);
}

/// Everything between two marks of the text.
fn between<'a>(text: &'a str, begin: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split_once(end).map(|(inside, _)| inside))
}

#[test]
fn what_the_comparison_names_exists() {
    let text = std::fs::read_to_string(docs("tui.md")).unwrap();
    let (_, comparison) = text.split_once("## What others have").expect("the comparison");
    let labels: Vec<_> = KEYS.iter().flat_map(|it| it.labels().collect::<Vec<_>>()).collect();
    for key in between(comparison, "<kbd>", "</kbd>") {
        let key = key.replace("&lt;", "<").replace("&gt;", ">");
        assert!(labels.contains(&key), "there is no key {key}");
    }
    let cli = Cli::command();
    let mut named = 0;
    for word in comparison.split('`').skip(1).step_by(2) {
        if let Some(command) = word.strip_prefix(':') {
            let name = command.split_whitespace().next().unwrap_or_default();
            assert!(commands::named(name).is_some(), "there is no command :{name}");
            named += 1;
        }
        if let Some(command) = word.strip_prefix("taskscope ") {
            let mut words = command.split_whitespace();
            let name = words.next().unwrap_or_default();
            if name.contains("://") {
                continue;
            }
            let known = cli.find_subcommand(name).unwrap_or_else(|| panic!("there is no command {name}"));
            for option in words.filter_map(|word| word.strip_prefix("--")) {
                let option = option.split('=').next().unwrap_or_default();
                assert!(
                    known.get_arguments().any(|it| it.get_long() == Some(option)),
                    "{name} has no --{option}"
                );
            }
            named += 1;
        }
    }
    assert!(named > 20, "it names {named} commands only");
}
