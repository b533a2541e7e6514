//! Real programs, the real monitor and a real terminal: what has to hold for somebody who types `taskscope`.

#[path = "end_to_end/agreement.rs"]
mod agreement;
#[path = "end_to_end/black_box.rs"]
mod black_box;
#[path = "end_to_end/blocked.rs"]
mod blocked;
#[path = "end_to_end/command_line.rs"]
mod command_line;
#[path = "end_to_end/commands.rs"]
mod commands;
#[path = "end_to_end/console.rs"]
mod console;
#[path = "end_to_end/console_agent.rs"]
mod console_agent;
#[path = "end_to_end/console_many.rs"]
mod console_many;
#[path = "end_to_end/console_servers.rs"]
mod console_servers;
#[path = "end_to_end/demo.rs"]
mod demo;
#[path = "end_to_end/discovery.rs"]
mod discovery;
#[path = "end_to_end/ends.rs"]
mod ends;
#[path = "end_to_end/errors.rs"]
mod errors;
#[path = "end_to_end/fates.rs"]
mod fates;
#[path = "end_to_end/findings.rs"]
mod findings;
#[path = "end_to_end/healthy.rs"]
mod healthy;
#[path = "end_to_end/held_up.rs"]
mod held_up;
#[path = "end_to_end/hooks.rs"]
mod hooks;
#[path = "end_to_end/hostile.rs"]
mod hostile;
#[path = "end_to_end/journeys.rs"]
mod journeys;
#[path = "end_to_end/kept_waiting.rs"]
mod kept_waiting;
#[path = "end_to_end/listing.rs"]
mod listing;
#[path = "end_to_end/outside.rs"]
mod outside;
#[path = "end_to_end/outside_hostile.rs"]
mod outside_hostile;
#[path = "end_to_end/outside_memory.rs"]
mod outside_memory;
#[path = "end_to_end/record.rs"]
mod record;
#[path = "end_to_end/replay.rs"]
mod replay;
#[path = "end_to_end/rights.rs"]
mod rights;
#[path = "end_to_end/run.rs"]
mod run;
#[path = "end_to_end/screens.rs"]
mod screens;
#[path = "end_to_end/tasks.rs"]
mod tasks;
#[path = "end_to_end/terminal.rs"]
mod terminal;
#[path = "end_to_end/vsock.rs"]
mod vsock;
#[path = "end_to_end/watchdog.rs"]
mod watchdog;
