//! The TUI: shows a live program, or a recording of one, and lets a person look around in it.
//!
//! What comes from outside is an [`Input`](input::Input); it becomes an [`Action`](action::Action), which
//! [`update`](update::update) lets alter the [`Ui`]; [`draw`](draw::draw) shows it. Only
//! [`app`] knows all of these, only [`outside`] the world around.

mod action;
mod app;
mod calls;
mod cell;
mod commands;
mod config;
mod desk;
mod draw;
mod events;
mod findings;
mod groups;
mod health;
mod history;
mod input;
mod keys;
mod layout;
mod links;
mod looks;
mod nearest;
mod outside;
mod picker;
mod resources;
mod screen;
mod scroll;
mod tasks;
mod terminal;
mod typing;
mod ui;
mod update;
mod view;
mod wanted;

#[cfg(test)]
mod tests;

use crate::clock;
use crate::exit::CommandError;
use crate::source::{Address, Live};
use anyhow::{Context as _, bail};
use app::{App, End, Took};
use config::Config;
use links::Links;
use looks::Looks;
use outside::{Outside, Programs as _};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::sync::mpsc::sync_channel;
use taskscope_model::Nanos;
use terminal::Frames;
pub(crate) use terminal::end_by;
use ui::Ui;

/// Names a file to which is written in the end how long each of the last frames took, and for how much of that our thread
/// had a processor, nanoseconds: for measuring.
const FRAME_TIMES: &str = "TASKSCOPE_FRAME_TIMES";
/// Inputs that wait to be handled. A program that tells faster than we can take it in has to wait.
const WAITING: usize = 64;

/// Runs it until the person leaves. `None`: begins with the list of live processes.
///
/// # Errors
/// There is no terminal, or the program cannot be attached to.
pub(crate) fn run(start: Option<Address>) -> anyhow::Result<()> {
    if let Some(signal) = show(start)? {
        end_by(signal);
    }
    Ok(())
}

/// The same, for a caller who has something to do before a signal ends us: gives that signal.
///
/// # Errors
/// There is no terminal, or the program cannot be attached to.
pub(crate) fn show(start: Option<Address>) -> anyhow::Result<Option<i32>> {
    let start =
        start.map(|address| Live::open(&address, links::WITHIN).map(|live| (address, live))).transpose()?;
    let end = on_screen(start)?;
    if terminal::has_panicked() {
        bail!("a thread of taskscope panicked: this is a bug");
    }
    Ok(if let End::Signal(signal) = end { Some(signal) } else { None })
}

fn on_screen(start: Option<(Address, Live)>) -> anyhow::Result<End> {
    let (sender, inputs) = sync_channel(WAITING);
    let frames = Frames::new().context("cannot use the terminal")?;
    let terminal = Terminal::new(CrosstermBackend::new(frames)).context("cannot use the terminal")?;
    let config = Config::read().map_err(|error| CommandError::WrongUse(error.to_string()))?;
    let looks = config.looks(Looks::of_environment(|name| std::env::var(name).ok()));
    let mut ui = Ui::new(terminal.size().context("cannot tell the terminal's size")?, looks);
    config.set_up(&mut ui);
    let mut links = Links::new(sender.clone());
    let link = match start {
        Some((address, live)) => {
            ui.begin_with(&address);
            Some(links.adopt(address, live))
        }
        None => {
            links.list(true);
            None
        }
    };
    let taken = terminal::take(config.mouse).context("cannot use the terminal")?;
    terminal::listen_for_signals(sender.clone()).context("cannot listen for signals")?;
    terminal::listen_for_keys(sender).context("cannot listen for keys")?;
    let (now, desk) = (Box::new(clock::monotonic), Box::new(desk::Here::new(config.editor)));
    let (programs, busy, is_there) = (Box::new(links), clock::of_thread as fn() -> Nanos, terminal::is_there);
    let mut outside = Outside { terminal, inputs, programs, desk, now, busy, is_there };
    let mut app = App::new(ui, link);
    let end = app.run(&mut outside);
    if let Some(path) = std::env::var_os(FRAME_TIMES) {
        let line = |took: Took| format!("{} {}\n", took.wall.0, took.busy.0);
        let times: String = app.frames().map(line).collect();
        std::fs::write(path, times).context("cannot write how long frames took")?;
    }
    // Before the rest is dropped, which would write to it again.
    drop(taken);
    end
}
